// The text as the page will show it, beside what is typed: rendered by the server, the same HTML.
// The button "Preview" shows it once; with "Live preview" it follows. Without this file the button
// sends the form instead.
"use strict";

const KEY = "perennial-live-preview";
const WAIT_MS = 900;

const words = document.querySelector("template[data-editor-tools]")?.dataset ?? {};

const remembered = () => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is forbidden here
  }
};
const remember = (choice) => {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // storage is forbidden here: the choice holds for this page
  }
};

for (const area of document.querySelectorAll("textarea[data-prose]")) {
  const box = area.closest(".editor");
  const pane = box.querySelector("[data-preview-pane]");
  const target = pane.querySelector("[data-preview-target]");
  const note = pane.querySelector("[data-preview-note]");
  const toggle = box.querySelector("[data-live-preview]");
  const button = area.form.querySelector("button[value=preview]");
  let shown = null; // the text that the pane shows
  let timer;
  let running = null;

  const read = () => [area.value, area.form.elements.language?.value ?? ""];

  async function ask() {
    const [text, language] = read();
    const body = new FormData();
    body.set("body", text);
    if (language) body.set("language", language);
    // Of one part: which it is, so that what the rest of the page defines is known.
    for (const name of ["part", "base_revision"]) {
      const value = area.form.elements[name]?.value;
      if (value) body.set(name, value);
    }
    body.set("csrfmiddlewaretoken", area.form.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(box.dataset.preview, { method: "POST", body });
    const html = await answer.text();
    if (!answer.ok) throw new Error(answer.status === 413 ? html : (words.failed ?? ""));
    // Sanitised by the server: the page's own HTML.
    target.innerHTML = target.dataset.previewTarget === "inline" ? `<p>${html}</p>` : html;
    note.textContent = "";
    shown = JSON.stringify([text, language]);
    pane.hidden = false;
  }

  const isLive = () => toggle?.getAttribute("aria-pressed") === "true";

  // One request at a time; what was typed meanwhile is asked for afterwards.
  async function follow() {
    if (!isLive() || running || JSON.stringify(read()) === shown) return;
    running = ask();
    try {
      await running;
    } catch (error) {
      pane.hidden = false;
      note.textContent = error.message;
      return;
    } finally {
      running = null;
    }
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(follow, WAIT_MS);
  }

  function setLive(choice) {
    toggle.setAttribute("aria-pressed", String(choice));
    if (choice) follow();
    else pane.hidden = true;
  }

  area.addEventListener("input", later);
  area.form.elements.language?.addEventListener("change", later);
  toggle?.addEventListener("click", () => {
    remember(isLive() ? "off" : "on");
    setLive(!isLive());
  });
  button?.addEventListener("click", async (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    try {
      await ask();
      if (pane.getBoundingClientRect().top > innerHeight) pane.scrollIntoView();
    } catch {
      // What was refused comes back as words or as an error page: the form itself shows that best.
      button.form.requestSubmit(button);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  const isRoomy = matchMedia("(min-width: 64rem)").matches && !box.classList.contains("short");
  if (toggle && (remembered() ?? (isRoomy ? "on" : "off")) === "on" && isRoomy) setLive(true);
}
