// Pictures dropped on or pasted into a text: <textarea data-image-upload="/images/upload/">.
// The form for uploading opens in a dialog with the file in it, for its words have to be written;
// what it answers, the Markdown, goes where the caret was. A button beside the box opens it as well,
// where one has [data-image-button]. Without scripts the form has a page of its own.
"use strict";

const TYPES = /^image\/(png|jpeg|webp|gif|svg\+xml)$/;

for (const box of document.querySelectorAll("textarea[data-image-upload]")) {
  box.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  box.addEventListener("drop", (event) => take(event, event.dataTransfer));
  box.addEventListener("paste", (event) => take(event, event.clipboardData));
  for (const button of box.form?.querySelectorAll("[data-image-button]") ?? []) {
    button.addEventListener("click", () => open(box, null));
  }
}

function take(event, data) {
  const file = [...data.files].find(({ type }) => TYPES.test(type));
  // A table copied from a spreadsheet comes as a picture too: its text is what is meant.
  if (!file || data.types.includes("text/plain")) return;
  event.preventDefault();
  open(event.currentTarget, file);
}

async function fetchPage(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function open(box, file) {
  const place = [box.selectionStart, box.selectionEnd]; // other things take the focus meanwhile
  const dialog = document.createElement("dialog");
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    box.focus();
  });
  show(await fetchPage(box.dataset.imageUpload), file);
  dialog.showModal();

  function show(page, held) {
    // The form itself, or why there is none: whatever the page says.
    const form = page.querySelector("[data-image-form]");
    const content = form ?? page.querySelector("main");
    if (form) form.prepend(page.querySelector("h1"));
    dialog.replaceChildren(document.importNode(content, true));
    const shown = dialog.querySelector("[data-image-form]");
    if (!shown) return;
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
    const body = new FormData(form);
    const [held] = form.querySelector("[type=file]").files;
    const page = await fetchPage(form.action, { method: "POST", body });
    const made = page.querySelector("[data-image-markdown]");
    if (!made) return show(page, held);
    dialog.close(); // first: nothing outside of an open one takes the focus, and what is inserted
    insert(box, place, made.getAttribute("value"));
  }
}

// As if it were typed, so that it can be undone.
function insert(box, [start, end], markdown) {
  const before = box.value.slice(0, start);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  box.focus();
  box.setSelectionRange(start, end);
  const text = `${gap}${markdown}\n\n`;
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
