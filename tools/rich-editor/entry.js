// What static/editor-rich.js uses of CodeMirror; `npm ci && npm run build` makes the bundle.
export { minimalSetup } from "codemirror";
export { EditorView, keymap } from "@codemirror/view";
export { EditorSelection } from "@codemirror/state";
export { autocompletion } from "@codemirror/autocomplete";
export { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
export { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
export { tags } from "@lezer/highlight";
export { markdown, markdownLanguage } from "@codemirror/lang-markdown";
