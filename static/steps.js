// Rows of a form that are moved, taken out and added in place; without this file the same buttons
// send the form. A row is dragged by its legend, or moved from any of its fields by Alt and an arrow.

const list = document.querySelector("[data-steps]");

function renumber() {
  list.querySelectorAll("[data-row]").forEach((row, index) => {
    const number = index + 1;
    const legend = row.querySelector("legend");
    legend.textContent = legend.textContent.replace(/\d+/, number);
    legend.draggable = true;
    for (const field of row.querySelectorAll("[id^=step-]")) {
      const name = field.id.replace(/^step-\d+-/, "");
      field.parentElement.querySelector("label").htmlFor = field.id = `step-${number}-${name}`;
    }
    for (const button of row.querySelectorAll("[data-move]")) {
      button.value = `${button.dataset.move}:${number}`;
    }
  });
}

function changed() {
  renumber();
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

function move(row, direction) {
  const other = direction === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  other[direction === "up" ? "before" : "after"](row);
  changed();
}

function empty(row) {
  for (const field of row.querySelectorAll("input, textarea")) field.value = "";
  row.querySelector(".help")?.remove();
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (next) row.remove();
  else empty(row);
  changed();
  (next ?? row).querySelector("[name=step_target]").focus();
}

function add() {
  const row = list.lastElementChild.cloneNode(true);
  empty(row);
  list.append(row);
  changed();
  row.querySelector("[name=step_target]").focus();
}

if (list) {
  renumber();
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-row]");
    if (button.dataset.move === "remove") return remove(row);
    move(row, button.dataset.move);
    button.focus();
  });
  document.querySelector("[data-add]").addEventListener("click", (event) => {
    event.preventDefault();
    add();
  });
  list.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!event.altKey || !direction) return;
    event.preventDefault();
    move(event.target.closest("[data-row]"), direction);
    event.target.focus();
  });
  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-row]");
    if (dragged) dragged.dataset.dragged = "";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-row]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    delete dragged.dataset.dragged;
    dragged = null;
    changed();
  });
}
