// What a text can do once scripts run, where it says [data-reading] ([data-reading-words]: the words):
//   code has a button that copies it; the sign behind a heading copies its address
//   a footnote shows beside its number, on hover and focus, until Escape
//   animated pictures stand still for those who want no motion
//   what scrolls by itself can be reached by keyboard, and only while it scrolls
"use strict";

const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return false; // without https or permission: the address bar and the selection are left
  }
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = said));
  return true;
}

function addCopyButton(pre, words) {
  const box = document.createElement("div");
  box.className = "code-block";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    if (!(await copy(pre.textContent, words.copied))) return;
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy), 2000);
  });
  pre.replaceWith(box);
  box.append(pre, button);
}

function copyOnClick(anchor, words) {
  anchor.addEventListener("click", () => copy(anchor.href, words.linkCopied));
}

// A region has a name and a place in the order of tabs while there is something to scroll to.
const regions = new ResizeObserver((entries) => {
  for (const { target } of entries) settle(target);
});

function settle(box) {
  const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  for (const [name, value] of Object.entries({ tabindex: "0", role: "region", "aria-label": box.dataset.name })) {
    if (scrolls) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}

function watchScrolling(box, name) {
  box.dataset.name = box.getAttribute("aria-label") ?? name;
  settle(box);
  regions.observe(box);
  for (const child of box.children) regions.observe(child);
}

// One preview for all footnotes: it can be pointed at, stays until one leaves, and goes on Escape.
const preview = document.createElement("div");
preview.className = "footnote-preview prose";
preview.id = "footnote-preview";
preview.hidden = true;
let shownFor = null;
let timer;

function hide() {
  clearTimeout(timer);
  preview.hidden = true;
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
}

function hideSoon() {
  clearTimeout(timer);
  timer = setTimeout(hide, 250);
}

function show(reference) {
  clearTimeout(timer);
  const note = document.getElementById(decodeURIComponent(reference.hash.slice(1)));
  if (!note || shownFor === reference) return;
  hide();
  preview.replaceChildren(...[...note.childNodes].map((node) => node.cloneNode(true)));
  for (const back of preview.querySelectorAll(".footnote-backref")) back.remove();
  for (const named of preview.querySelectorAll("[id]")) named.removeAttribute("id");
  // What it holds is reached in the note itself: here it would be out of the order of tabs.
  for (const link of preview.querySelectorAll("a")) link.tabIndex = -1;
  preview.hidden = false;
  place(reference.getBoundingClientRect());
  reference.setAttribute("aria-describedby", preview.id);
  shownFor = reference;
}

function place(at) {
  const { offsetWidth: width, offsetHeight: height } = preview;
  const room = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(at.left - 16, room - width - 8));
  const isAbove = at.bottom + height + 8 > innerHeight && at.top > height + 8;
  preview.style.left = `${left + scrollX}px`;
  preview.style.top = `${(isAbove ? at.top - height - 6 : at.bottom + 6) + scrollY}px`;
}

function previewFootnote(reference) {
  reference.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(reference));
  reference.addEventListener("focus", () => reference.matches(":focus-visible") && show(reference));
  reference.addEventListener("pointerleave", hideSoon);
  reference.addEventListener("blur", hideSoon);
  reference.addEventListener("click", hide);
}

// Who wants no motion sees the first frame of an animation, and plays it if they like.
function still(image, words) {
  const box = document.createElement("span");
  const canvas = document.createElement("canvas");
  const button = document.createElement("button");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", image.alt);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  box.className = "stilled";
  button.type = "button";
  button.className = "button";
  button.textContent = words.play;
  button.addEventListener("click", () => box.replaceWith(image));
  image.replaceWith(box);
  box.append(canvas, button);
}

function stillAnimation(image, words) {
  if (image.complete && image.naturalWidth) still(image, words);
  else image.addEventListener("load", () => still(image, words), { once: true });
}

preview.addEventListener("pointerenter", () => clearTimeout(timer));
preview.addEventListener("pointerleave", hideSoon);
addEventListener("keydown", (event) => event.key === "Escape" && hide());

for (const text of document.querySelectorAll("[data-reading]")) {
  const words = document.querySelector("[data-reading-words]").dataset;
  text.querySelectorAll("pre:has(> code)").forEach((pre) => addCopyButton(pre, words));
  text.querySelectorAll(".heading-anchor").forEach((anchor) => copyOnClick(anchor, words));
  text.querySelectorAll("[role=doc-noteref]").forEach(previewFootnote);
  text.querySelectorAll(".table-scroll").forEach((box) => watchScrolling(box, ""));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    text.querySelectorAll("img[src$='.gif']").forEach((image) => stillAnimation(image, words));
  }
  text.querySelectorAll("pre").forEach((box) => watchScrolling(box, words.code));
}
document.body.append(status, preview);
