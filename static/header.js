// The header: an open menu closes on Escape and on a click elsewhere; "/" goes to the search box, or
// to the filter of a page that has one ([data-slash]), unless shortcuts were turned off (review.js).
"use strict";

for (const menu of document.querySelectorAll("details[data-menu]")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("[data-slash]") ?? document.querySelector("[data-search]");
  if (!box || localStorage.getItem("keys") === "off") return;
  event.preventDefault();
  const closed = box.closest("details:not([open])");
  if (closed) closed.open = true;
  box.focus();
});
