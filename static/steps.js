// Rows of a form that are moved, taken out, put back and added in place; without this file the same
// buttons send the form. A row is dragged by its legend, or moved from any of its fields by Alt and
// an arrow. What was taken out is still sent, marked, so that it can be put back until one saves.

const list = document.querySelector("[data-steps]");
const status = document.querySelector("[data-steps-status]");

const field = (row, name) => row.querySelector(`[name=step_${name}]`);
const isRemoved = (row) => field(row, "removed").value !== "";
const rows = () => [...list.querySelectorAll("[data-row]")];
const numberOf = (row) => rows().filter((one) => !isRemoved(one)).indexOf(row) + 1;

function renumber() {
  let number = 0;
  rows().forEach((row, index) => {
    const legend = row.querySelector("legend");
    if (!isRemoved(row)) number += 1;
    legend.textContent = isRemoved(row) ? legend.dataset.removed : legend.dataset.step.replace("0", number);
    legend.draggable = true;
    for (const box of row.querySelectorAll("[id^=step-]")) {
      const name = box.id.replace(/^step-\d+-/, "");
      box.parentElement.querySelector("label").htmlFor = box.id = `step-${index + 1}-${name}`;
    }
    for (const button of row.querySelectorAll("[data-move]")) {
      button.value = `${button.dataset.move}:${index + 1}`;
    }
  });
}

function changed() {
  renumber();
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

function say(words, number) {
  status.textContent = words.replace("0", number);
}

// Past those that were taken out: they are not there for who reads the list.
function move(row, direction) {
  const toward = direction === "up" ? "previousElementSibling" : "nextElementSibling";
  let other = row[toward];
  while (other && isRemoved(other)) other = other[toward];
  if (!other) return;
  other[direction === "up" ? "before" : "after"](row);
  changed();
  say(status.dataset.moved, numberOf(row));
}

function mark(row, removed) {
  field(row, "removed").value = removed ? "1" : "";
  row.classList.toggle("removed", removed);
  row.querySelector("[data-step-body]").hidden = removed;
  row.querySelector("[data-step-removed]").hidden = !removed;
}

function remove(row) {
  const names = ["title", "target", "text"].map((name) => field(row, name).value.trim().slice(0, 80));
  row.querySelector("[data-step-name]").textContent = names.find(Boolean) ?? "";
  mark(row, true);
  changed();
  say(status.dataset.removed);
  row.querySelector("[data-move=restore]").focus();
}

function restore(row) {
  mark(row, false);
  changed();
  say(status.dataset.restored, numberOf(row));
  field(row, "target").focus();
}

function add() {
  const row = list.lastElementChild.cloneNode(true);
  for (const box of row.querySelectorAll("input, textarea")) box.value = "";
  row.querySelector(".help")?.remove();
  mark(row, false);
  list.append(row);
  changed();
  field(row, "target").focus();
}

if (list) {
  renumber();
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-row]");
    if (button.dataset.move === "remove") return remove(row);
    if (button.dataset.move === "restore") return restore(row);
    move(row, button.dataset.move);
    button.focus();
  });
  document.querySelector("[data-add]").addEventListener("click", (event) => {
    event.preventDefault();
    add();
  });
  list.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const row = event.target.closest("[data-row]");
    if (!event.altKey || !direction || isRemoved(row)) return;
    event.preventDefault();
    move(row, direction);
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
