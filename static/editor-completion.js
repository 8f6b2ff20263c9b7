// Titles while one types: "[[" completes pages, "@[" resources, which become links to them.
// A combobox as ARIA 1.2 has it: the focus stays in the text, arrows choose, Enter or Tab takes,
// Escape closes.
"use strict";

const WAIT_MS = 150;
const COPIED = ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "tabSize", "padding", "borderWidth", "textIndent", "direction"];
const KINDS = [
  { type: "page", begun: /\[\[([^[\]\n|]{1,80})$/ },
  { type: "resource", begun: /(?<![\w@])@\[([^[\]\n]{1,80})$/ },
];

const template = document.querySelector("template[data-editor-tools]");

// What is begun before the caret: {type, typed, start}.
export function findBegun(before) {
  for (const { type, begun } of KINDS) {
    const found = begun.exec(before.slice(-100));
    if (found) return { type, typed: found[1], start: before.length - found[0].length };
  }
  return null;
}

// The Markdown of a link to what was chosen.
export function linkTo({ type, title, path }) {
  if (type === "page" && !/[[\]|]|#\S/.test(title)) return `[[${title}]]`;
  return `[${title.replace(/[\\[\]]/g, "\\$&")}](${path})`;
}

export async function findTitles(type, typed) {
  const query = new URLSearchParams({ q: typed, type });
  const answer = await fetch(`${template.dataset.suggest}?${query}`);
  if (!answer.ok) return [];
  const [, titles, , urls] = await answer.json();
  return titles.map((title, index) => ({ type, title, path: new URL(urls[index]).pathname }));
}

// Where the caret is, in pixels from the corner of what the text area shows.
function caretPlace(area) {
  const mirror = document.createElement("div");
  const style = getComputedStyle(area);
  for (const name of COPIED) mirror.style[name] = style[name];
  Object.assign(mirror.style, { position: "absolute", insetBlockStart: 0, visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", inlineSize: `${area.clientWidth}px` });
  mirror.textContent = area.value.slice(0, area.selectionEnd);
  const mark = document.createElement("span");
  mark.textContent = "\u200b";
  mirror.append(mark);
  document.body.append(mirror);
  const place = { left: mark.offsetLeft, top: mark.offsetTop - area.scrollTop, height: mark.offsetHeight };
  mirror.remove();
  return place;
}

class Completion {
  constructor(area, number) {
    this.area = area;
    this.list = document.createElement("ul");
    this.list.id = `suggested-titles-${number}`;
    this.list.className = "suggested";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", template.dataset.suggestions);
    this.list.hidden = true;
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    document.body.append(this.list, this.status);
    this.asked = 0;
    area.addEventListener("input", () => this.later());
    area.addEventListener("keydown", (event) => this.steer(event), { capture: true });
    area.addEventListener("blur", () => this.close());
    area.addEventListener("click", () => this.close());
    // The focus stays in the text.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(this.found[[...this.list.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  begun() {
    const { selectionStart, selectionEnd, value } = this.area;
    return selectionStart === selectionEnd ? findBegun(value.slice(0, selectionStart)) : null;
  }

  later() {
    clearTimeout(this.timer);
    if (!this.begun()) return this.close();
    this.timer = setTimeout(() => this.suggest(), WAIT_MS);
  }

  async suggest() {
    const begun = this.begun();
    const number = ++this.asked;
    if (!begun) return this.close();
    const found = await findTitles(begun.type, begun.typed).catch(() => []);
    if (number !== this.asked || document.activeElement !== this.area || !this.begun()) return;
    this.found = found;
    if (!found.length) {
      this.close();
      this.status.textContent = template.dataset.noSuggestions;
      return;
    }
    this.open();
  }

  open() {
    this.list.replaceChildren(
      ...this.found.map(({ title }, index) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${index}`;
        option.dir = "auto";
        option.setAttribute("role", "option");
        option.textContent = title;
        return option;
      }),
    );
    const place = caretPlace(this.area);
    this.list.hidden = false;
    const corner = this.area.getBoundingClientRect();
    const left = Math.max(0, Math.min(corner.left + place.left, innerWidth - this.list.offsetWidth - 8));
    this.list.style.left = `${scrollX + left}px`;
    this.list.style.top = `${scrollY + corner.top + place.top + place.height + 4}px`;
    this.area.setAttribute("role", "combobox");
    this.area.setAttribute("aria-autocomplete", "list");
    this.area.setAttribute("aria-expanded", "true");
    this.area.setAttribute("aria-controls", this.list.id);
    this.status.textContent = `${template.dataset.suggestions} ${this.found.length}`;
    this.choose(0);
  }

  choose(index) {
    this.index = (index + this.found.length) % this.found.length;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === this.index)));
    this.area.setAttribute("aria-activedescendant", this.list.children[this.index].id);
    this.list.children[this.index].scrollIntoView({ block: "nearest" });
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    if (!this.isOpen) return;
    this.list.hidden = true;
    this.status.textContent = "";
    for (const name of ["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"]) {
      this.area.removeAttribute(name);
    }
  }

  steer(event) {
    if (!this.isOpen || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowDown: () => this.choose(this.index + 1),
      ArrowUp: () => this.choose(this.index - 1),
      Enter: () => this.take(this.found[this.index]),
      Tab: () => this.take(this.found[this.index]),
      Escape: () => this.close(),
    }[event.key];
    if (!act || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  take(chosen) {
    const begun = this.begun();
    this.close();
    if (!begun) return;
    const end = this.area.selectionStart;
    const closing = /^\]{1,2}/.exec(this.area.value.slice(end))?.[0].length ?? 0;
    this.area.setSelectionRange(begun.start, end + closing);
    if (!document.execCommand("insertText", false, linkTo(chosen))) {
      this.area.setRangeText(linkTo(chosen), begun.start, end + closing, "end");
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

if (template) {
  [...document.querySelectorAll("textarea[data-prose]")].forEach((area, number) => new Completion(area, number));
}
