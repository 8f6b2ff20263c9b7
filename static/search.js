// Titles that fit what is typed into a search box, in the browser's own list of suggestions: it is
// read out, and used by keyboard, as people know it.
"use strict";

const WAIT_MS = 150;

for (const box of document.querySelectorAll("input[data-search]")) {
  const list = document.createElement("datalist");
  list.id = "search-suggestions";
  box.after(list);
  box.setAttribute("list", list.id);
  let timer;
  let asked = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, WAIT_MS);
  });

  async function suggest() {
    const text = box.value.trim();
    const number = ++asked;
    if (text.length < 2) return list.replaceChildren();
    try {
      const answer = await fetch(`${box.dataset.search}?q=${encodeURIComponent(text)}`);
      if (!answer.ok || number !== asked) return;
      const [, titles] = await answer.json();
      list.replaceChildren(...titles.map((title) => new Option(title, title)));
    } catch {
      list.replaceChildren(); // no suggestions without a network; the box works on
    }
  }
}
