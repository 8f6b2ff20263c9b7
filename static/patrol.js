// Patrol with one key: whatever carries data-key is pressed by it, unless something is being typed.

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
  if (localStorage.getItem("keys") === "off") return; // turned off in the review queue
  if (isTyping(event.target) || !/^[a-z]$/.test(event.key)) return;
  const pressed = document.querySelector(`.patrol [data-key="${event.key}"]`);
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});
