// The toolbar above each text in Markdown, its shortcuts, and an address pasted over words as a link.
// The buttons are those of markdown-toolbar-element; without this file the text is typed as it is.
"use strict";

const WITH_CONTROL = { b: "md-bold", i: "md-italic", k: "md-link", e: "md-code" };
const WITH_SHIFT = { Digit2: "md-header", Digit7: "md-ordered-list", Digit8: "md-unordered-list", Period: "md-quote" };

const template = document.querySelector("template[data-editor-tools]");

// By the browser's own command, so that it can be undone.
function insert(area, text) {
  area.focus();
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function toolFor(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return undefined;
  return event.shiftKey ? WITH_SHIFT[event.code] : WITH_CONTROL[event.key.toLowerCase()];
}

// The link that an address pasted over ``words`` makes of them, if it does.
export function linkOver(words, event) {
  const pasted = event.clipboardData?.getData("text/plain").trim() ?? "";
  if (!/^https?:\/\/\S+$/.test(pasted) || !words || /[\n[\]]|^https?:/.test(words)) return "";
  return `[${words}](${pasted.replaceAll("(", "%28").replaceAll(")", "%29")})`;
}

for (const area of template ? document.querySelectorAll("textarea[data-prose]") : []) {
  const bar = document.importNode(template.content.firstElementChild, true);
  bar.querySelector("markdown-toolbar").setAttribute("for", area.id);
  if (!area.dataset.imageUpload) bar.querySelector("[data-image-button]").remove();
  area.before(bar);
  area.addEventListener("keydown", (event) => {
    const tool = toolFor(event);
    if (!tool) return;
    event.preventDefault();
    bar.querySelector(tool).click();
  });
  area.addEventListener("paste", (event) => {
    const link = linkOver(area.value.slice(area.selectionStart, area.selectionEnd), event);
    if (!link) return;
    event.preventDefault();
    insert(area, link);
  });
  bar.querySelector("[data-insert]").addEventListener("click", (event) => {
    const before = area.value.slice(0, area.selectionStart);
    const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    insert(area, gap + event.currentTarget.dataset.insert);
  });
}
