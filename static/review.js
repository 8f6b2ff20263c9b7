// Keys for the review queue: j and k move, Enter opens, digits press the decision of that number.

const cases = [...document.querySelectorAll("[data-case]")];
const hint = document.querySelector("[data-keys]");
let current = -1;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function moveTo(index) {
  if (index < 0 || index >= cases.length) return;
  cases[current]?.removeAttribute("data-current");
  current = index;
  const chosen = cases[current];
  chosen.setAttribute("data-current", "");
  chosen.scrollIntoView({ block: "nearest" });
  chosen.querySelector("h2 a")?.focus({ preventScroll: true });
}

function press(key) {
  const chosen = cases[current];
  const button = chosen?.querySelector(`button[data-key="${key}"]`);
  if (!button) return false;
  const address = chosen.querySelector('input[name="new_url"]');
  if (button.value === "replace" && address && address.value.trim() === "") {
    address.focus(); // it cannot be done without an address
  } else {
    button.click();
  }
  return true;
}

function handle(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  if (isTyping(event.target)) return;
  if (event.key === "j") moveTo(current + 1);
  else if (event.key === "k") moveTo(current - 1);
  else if (!/^[1-9]$/.test(event.key) || !press(event.key)) return;
  event.preventDefault();
}

if (cases.length > 0) {
  if (hint) hint.hidden = false;
  for (const [index, element] of cases.entries()) {
    element.addEventListener("focusin", () => {
      if (index === current) return;
      cases[current]?.removeAttribute("data-current");
      current = index;
      element.setAttribute("data-current", "");
    });
  }
  if (cases.length === 1) moveTo(0);
  document.addEventListener("keydown", handle);
}
