// Pictures dropped on or pasted into a text: <textarea data-image-upload="/images/upload/">, and the
// rich editor in its place. The form for uploading opens in a dialog with the file in it, for its
// words have to be written; what it answers, the Markdown, goes where the picture was dropped, or
// where the caret was. A button [data-image-button] opens it as well. Without scripts the form has a
// page of its own.
//
// A place to write is {url, at(event), insert(place, markdown), focus()}: a place is [start, end].
"use strict";

const TYPES = /^image\/(png|jpeg|webp|gif|svg\+xml)$/;

const words = document.querySelector("template[data-editor-tools]")?.dataset ?? {};

for (const box of document.querySelectorAll("textarea[data-image-upload]")) {
  const text = writeInto(box);
  box.addEventListener("dragover", accept);
  box.addEventListener("drop", (event) => take(event, text));
  box.addEventListener("paste", (event) => take(event, text));
  for (const button of box.form?.querySelectorAll("[data-image-button]") ?? []) {
    button.addEventListener("click", () => upload(text, text.at(), null));
  }
}

// A text area as a place to write.
function writeInto(box) {
  return {
    url: box.dataset.imageUpload,
    at(event) {
      const caret = event && document.caretPositionFromPoint?.(event.clientX, event.clientY);
      if (caret?.offsetNode === box) return [caret.offset, caret.offset];
      return [box.selectionStart, box.selectionEnd];
    },
    insert([start, end], markdown) {
      const text = asBlock(box.value.slice(0, start), markdown);
      box.focus();
      box.setSelectionRange(start, end);
      // As if it were typed, so that it can be undone.
      if (document.execCommand("insertText", false, text)) return;
      box.setRangeText(text, start, end, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    focus: () => box.focus(),
  };
}

// What makes ``markdown`` a paragraph of its own behind the text ``before`` it.
export function asBlock(before, markdown) {
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  return `${gap}${markdown}\n\n`;
}

export function accept(event) {
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
}

// Whether what was dropped or pasted was taken: files, one after the other.
export function take(event, text) {
  const isDropped = event.type === "drop";
  const data = isDropped ? event.dataTransfer : event.clipboardData;
  // A table copied from a spreadsheet comes as a picture too: its text is what is meant.
  if (!data?.files.length || data.types.includes("text/plain")) return false;
  event.preventDefault(); // or the browser would leave the page to show the file
  const pictures = [...data.files].filter(({ type }) => TYPES.test(type));
  uploadAll(text, text.at(isDropped ? event : undefined), pictures);
  return true;
}

async function uploadAll(text, place, pictures) {
  if (!pictures.length) return say(text, words.noPicture);
  for (const file of pictures) {
    if (!(await upload(text, place, file))) return;
    place = text.at();
  }
}

// Whether a picture was put into the text; not, where the dialog was left.
export async function upload(text, place, file) {
  const { dialog, closed } = makeDialog(text);
  let markdown = "";
  try {
    show(await fetchPage(text.url), file);
  } catch {
    tell(dialog, words.notSent);
  }
  dialog.showModal();
  dialog.querySelector("[name=alt]")?.focus();
  await closed;
  return markdown !== "";

  function show(page, held) {
    // The form itself, or why there is none: whatever the page says.
    const form = page.querySelector("[data-image-form]");
    const heading = page.querySelector("h1");
    if (form && heading) form.prepend(heading);
    dialog.setAttribute("aria-label", heading?.textContent ?? "");
    dialog.replaceChildren(document.importNode(form ?? page.querySelector("main"), true));
    const shown = dialog.querySelector("[data-image-form]");
    if (!shown) return addClose(dialog);
    if (held) {
      const files = new DataTransfer();
      files.items.add(held);
      shown.querySelector("[type=file]").files = files.files;
    }
    shown.addEventListener("submit", (event) => send(event, shown));
    shown.querySelector("[data-cancel]").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
    dialog.querySelector("[aria-invalid=true], [name=alt]")?.focus();
  }

  async function send(event, form) {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    try {
      const body = new FormData(form);
      const [held] = form.querySelector("[type=file]").files;
      const page = await fetchPage(form.action, { method: "POST", body });
      const made = page.querySelector("[data-image-markdown]");
      if (!made) return show(page, held);
      markdown = made.getAttribute("value");
      dialog.close(); // first: nothing outside of an open one takes the focus, and what is inserted
      text.insert(place, markdown);
    } catch {
      tell(form, words.notSent); // what was typed is still there, to be sent again
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

async function fetchPage(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-image-form], [data-image-markdown], main")) throw new Error(answer.status);
  return page;
}

function makeDialog(text) {
  const dialog = document.createElement("dialog");
  document.body.append(dialog);
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      text.focus();
      resolve();
    });
  });
  return { dialog, closed };
}

function say(text, sentence) {
  const { dialog } = makeDialog(text);
  tell(dialog, sentence);
  dialog.showModal();
}

// An error above a form, or in a dialog that has none.
function tell(box, sentence) {
  box.querySelector("[data-image-error]")?.remove();
  const note = document.createElement("p");
  note.className = "notice bad";
  note.dataset.imageError = "";
  note.setAttribute("role", "alert");
  note.textContent = sentence;
  box.prepend(note);
  if (box.localName === "dialog") addClose(box);
}

function addClose(dialog) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = words.close;
  button.addEventListener("click", () => dialog.close());
  dialog.append(button);
}
