// The rich editor, for who switches it on: CodeMirror in the place of the text area, which it keeps
// in step, so that saving, preview and drafts work as without it. It is loaded when it is wanted.
"use strict";

const KEY = "perennial-rich-editor";
const own = document.querySelector("script[data-rich]");
const MARKS = { "md-bold": "**", "md-italic": "_", "md-code": "`" };
const PREFIXES = { "md-header": "## ", "md-unordered-list": "- ", "md-ordered-list": "1. ", "md-quote": "> " };
const KEYS = { "Mod-b": "md-bold", "Mod-i": "md-italic", "Mod-k": "md-link", "Mod-e": "md-code", "Mod-Shift-2": "md-header", "Mod-Shift-7": "md-ordered-list", "Mod-Shift-8": "md-unordered-list", "Mod-Shift-.": "md-quote" };

const remembered = () => {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false; // storage is forbidden here
  }
};
const remember = (choice) => {
  try {
    localStorage.setItem(KEY, choice ? "on" : "off");
  } catch {
    // storage is forbidden here: the choice holds for this page
  }
};

// What a tool of the toolbar does to the selection.
function apply({ EditorSelection }, view, tool) {
  const { state } = view;
  const change = state.changeByRange((range) => {
    const text = state.sliceDoc(range.from, range.to);
    if (tool in MARKS || tool === "md-link") {
      const [before, after] = tool === "md-link" ? ["[", "](https://)"] : [MARKS[tool], MARKS[tool]];
      const anchor = range.from + before.length;
      const chosen = tool === "md-link" && text ? EditorSelection.range(anchor + text.length + 2, anchor + text.length + 10) : EditorSelection.range(anchor, anchor + text.length);
      return { changes: { from: range.from, to: range.to, insert: before + text + after }, range: chosen };
    }
    const prefix = PREFIXES[tool];
    const first = state.doc.lineAt(range.from).number;
    const last = state.doc.lineAt(range.to).number;
    const changes = [];
    for (let number = first; number <= last; number += 1) {
      const insert = tool === "md-ordered-list" ? `${number - first + 1}. ` : prefix;
      changes.push({ from: state.doc.line(number).from, insert });
    }
    return { changes, range: EditorSelection.cursor(range.to + prefix.length * changes.length) };
  });
  view.dispatch(state.update(change, { scrollIntoView: true, userEvent: "input" }));
  view.focus();
  return true;
}

function insert(view, from, to, text) {
  const end = Math.min(to, view.state.doc.length);
  const start = Math.min(from, end);
  view.dispatch({ changes: { from: start, to: end, insert: text }, selection: { anchor: start + text.length }, scrollIntoView: true, userEvent: "input" });
  view.focus();
}

function insertBlock(view, text) {
  const { from, to } = view.state.selection.main;
  const before = view.state.sliceDoc(Math.max(0, from - 2), from);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  insert(view, from, to, gap + text);
}

// The rich editor as a place that pictures are written into (static/images.js).
function writeInto(view, { asBlock }, url) {
  return {
    url,
    at(event) {
      const dropped = event && view.posAtCoords({ x: event.clientX, y: event.clientY });
      const { from, to } = view.state.selection.main;
      return typeof dropped === "number" ? [dropped, dropped] : [from, to];
    },
    insert: ([from, to], markdown) => insert(view, from, to, asBlock(view.state.sliceDoc(Math.max(0, from - 2), from), markdown)),
    focus: () => view.focus(),
  };
}

// "[[" and "@[" as in the plain text area, in CodeMirror's own list.
function completeTitles({ findBegun, findTitles, linkTo }) {
  return async (context) => {
    const from = Math.max(context.state.doc.lineAt(context.pos).from, context.pos - 100);
    const before = context.state.sliceDoc(from, context.pos);
    const begun = findBegun(before);
    if (!begun) return null;
    const found = await findTitles(begun.type, begun.typed).catch(() => []);
    const options = found.map((one) => ({
      label: one.title,
      apply(view, _completion, start, end) {
        const closing = /^\]{1,2}/.exec(view.state.sliceDoc(end, end + 2))?.[0].length ?? 0;
        view.dispatch({ changes: { from: start, to: end + closing, insert: linkTo(one) }, selection: { anchor: start + linkTo(one).length }, userEvent: "input.complete" });
      },
    }));
    return { from: from + begun.start, options, filter: false };
  };
}

function highlight({ HighlightStyle, syntaxHighlighting, tags }) {
  return syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.heading, fontWeight: "700" },
      { tag: tags.strong, fontWeight: "700" },
      { tag: tags.emphasis, fontStyle: "italic" },
      { tag: tags.strikethrough, textDecoration: "line-through" },
      { tag: [tags.link, tags.url], color: "var(--accent)" },
      { tag: tags.monospace, background: "var(--sunken)" },
      { tag: [tags.quote, tags.processingInstruction, tags.meta], color: "var(--ink-soft)" },
    ]),
  );
}

class RichEditor {
  constructor(area, toggle) {
    this.area = area;
    this.bar = toggle.closest(".editor-bar");
    this.toggle = toggle;
    this.host = document.createElement("div");
    this.host.className = "rich-editor";
    this.host.hidden = true;
    area.before(this.host);
    // What other scripts put into the text area stands in the rich editor as well.
    area.addEventListener("input", () => this.isOn && this.takeOver());
    toggle.addEventListener("click", () => this.set(toggle.getAttribute("aria-pressed") !== "true", true));
    // Before the toolbar's own element hears of it, which knows only the text area.
    this.bar.addEventListener("click", (event) => this.use(event), { capture: true });
  }

  get isOn() {
    return !this.host.hidden;
  }

  async set(choice, isChosen) {
    this.toggle.setAttribute("aria-pressed", String(choice));
    if (isChosen) remember(choice);
    if (!choice) return this.leave();
    this.toggle.setAttribute("aria-busy", "true");
    try {
      const names = [own.dataset.rich, own.dataset.completion, own.dataset.tools, own.dataset.images];
      this.enter(await Promise.all(names.map((name) => import(name))), isChosen);
    } catch {
      this.toggle.setAttribute("aria-pressed", "false"); // without a network the text area does
    } finally {
      this.toggle.removeAttribute("aria-busy");
    }
  }

  enter([cm, completion, tools, images], hasFocus) {
    this.cm = cm;
    this.images = images;
    const label = this.area.labels[0]?.firstChild?.textContent.trim() ?? "";
    const described = this.area.getAttribute("aria-describedby");
    const shortcuts = Object.entries(KEYS).map(([key, tool]) => ({ key, run: (view) => apply(cm, view, tool) }));
    this.view = new cm.EditorView({
      doc: this.area.value,
      parent: this.host,
      extensions: [
        cm.EditorView.cspNonce.of(own.nonce),
        cm.keymap.of([...shortcuts, ...cm.searchKeymap]),
        cm.minimalSetup,
        cm.markdown({ base: cm.markdownLanguage }),
        highlight(cm),
        cm.search({ top: true }),
        cm.autocompletion({ override: [completeTitles(completion)] }),
        cm.EditorView.lineWrapping,
        cm.EditorView.contentAttributes.of({ "aria-label": label, dir: "auto", spellcheck: "true", ...(described && { "aria-describedby": described }) }),
        cm.EditorView.domEventHandlers({
          dragover: (event) => this.takesPictures && images.accept(event),
          drop: (event) => this.takesPictures && images.take(event, this.pictures),
          paste: (event, view) => this.paste(event, view, tools),
        }),
        cm.EditorView.updateListener.of((update) => update.docChanged && this.keepInStep()),
      ],
    });
    this.pictures = writeInto(this.view, images, this.area.dataset.imageUpload);
    this.host.hidden = false;
    this.area.hidden = true;
    if (hasFocus) this.view.focus();
  }

  leave() {
    if (!this.isOn) return;
    const { from, to } = this.view.state.selection.main;
    this.view.destroy();
    this.host.replaceChildren();
    this.host.hidden = true;
    this.area.hidden = false;
    this.area.focus();
    this.area.setSelectionRange(from, to);
  }

  get takesPictures() {
    return Boolean(this.area.dataset.imageUpload);
  }

  paste(event, view, { linkOver }) {
    if (this.takesPictures && this.images.take(event, this.pictures)) return true;
    const { from, to } = view.state.selection.main;
    const link = linkOver(view.state.sliceDoc(from, to), event);
    if (!link) return false;
    event.preventDefault();
    insert(view, from, to, link);
    return true;
  }

  keepInStep() {
    this.area.value = this.view.state.doc.toString();
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  takeOver() {
    const { doc } = this.view.state;
    if (doc.toString() === this.area.value) return;
    this.view.dispatch({ changes: { from: 0, to: doc.length, insert: this.area.value } });
  }

  use(event) {
    const tool = event.target.closest("markdown-toolbar > *");
    if (!this.isOn || !tool) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if ("imageButton" in tool.dataset) this.images.upload(this.pictures, this.pictures.at(), null);
    else if (tool.dataset.insert) insertBlock(this.view, tool.dataset.insert);
    else apply(this.cm, this.view, tool.localName);
  }
}

for (const area of document.querySelectorAll("textarea[data-prose]")) {
  const toggle = area.closest(".editor").querySelector("[data-rich-editor]");
  if (!toggle) continue;
  const editor = new RichEditor(area, toggle);
  if (remembered()) editor.set(true, false);
}
