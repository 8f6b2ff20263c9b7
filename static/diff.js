// From one difference to the next, by buttons and by the letters that stand on them.

const bar = document.querySelector("[data-differences]");
const rows = [...document.querySelectorAll(".diff [data-difference]")];
let at = -1;

function go(step) {
  if (at >= 0) rows[at].classList.remove("at");
  at = (at + step + rows.length) % rows.length;
  const row = rows[at];
  row.tabIndex = -1;
  row.classList.add("at");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
  const status = bar.querySelector("[data-at]");
  status.textContent = status.dataset.words.replace("{n}", at + 1).replace("{count}", rows.length);
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

if (bar && rows.length > 0) {
  bar.hidden = false;
  for (const button of bar.querySelectorAll("[data-go]")) {
    // The first step back goes to the last one.
    const step = () => go(button.dataset.go === "next" ? 1 : at < 0 ? 0 : -1);
    button.addEventListener("click", step);
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      if (localStorage.getItem("keys") === "off" || isTyping(event.target)) return;
      if (event.key !== button.dataset.letter) return;
      event.preventDefault();
      step();
    });
  }
}
