// Columns of a table in a text can be sorted: [data-reading] table with a head and two rows or more.
// Numbers sort as numbers; a cell without text stays below. A third press brings the first order back.
"use strict";

const NUMBER = /^[^\p{L}\d+−-]{0,3}([+−-]?\d[\d.,   ']*)/u;
const ORDERS = { none: "ascending", ascending: "descending", descending: "none" };

// "1,234.5" and "1.234,5" alike: the last sign of two is the decimal one; of one, where not three
// digits follow it or another of its kind. A version such as 2.9.1 is no number.
function readNumber(text) {
  const found = /^\d{4}-\d{2}/.test(text) ? null : NUMBER.exec(text); // a date sorts as its text
  if (!found) return null;
  let digits = found[1].replaceAll("−", "-").replace(/[   ']/g, "").replace(/[.,]$/, "");
  const last = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  if (last >= 0) {
    const sign = digits[last];
    const groups = digits.split(sign).slice(1);
    if (groups.length > 1 && !groups.every((group) => group.length === 3)) return null;
    const isGrouping = groups.length > 1 || (sign === "," && /^\d{3}$/.test(digits.slice(last + 1)) && !digits.includes("."));
    digits = isGrouping
      ? digits.replace(/[.,]/g, "")
      : digits.slice(0, last).replace(/[.,]/g, "") + "." + digits.slice(last + 1);
  }
  const number = Number(digits);
  return Number.isNaN(number) ? null : number;
}

function makeSortable(table) {
  const head = table.tHead?.rows[0];
  const body = table.tBodies[0];
  if (!head || !body || body.rows.length < 2) return;
  const first = [...body.rows];
  const collator = new Intl.Collator(table.closest("[lang]")?.lang || undefined, { numeric: true });

  [...head.cells].forEach((cell, column) => {
    if (!cell.textContent.trim() || cell.querySelector("a, button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    cell.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(cell, column));
  });

  function sort(cell, column) {
    const order = ORDERS[cell.getAttribute("aria-sort")];
    for (const other of head.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    cell.setAttribute("aria-sort", order);
    body.append(...(order === "none" ? first : sorted(column, order === "ascending" ? 1 : -1)));
  }

  function sorted(column, direction) {
    const keyed = first.map((row) => {
      const text = read(row.cells[column]);
      return { row, text, number: readNumber(text) };
    });
    const filled = keyed.filter(({ text }) => text);
    const isNumeric = filled.every(({ number }) => number !== null);
    const compare = (a, b) => (isNumeric ? a.number - b.number : collator.compare(a.text, b.text));
    filled.sort((a, b) => direction * compare(a, b));
    return [...filled, ...keyed.filter(({ text }) => !text)].map(({ row }) => row);
  }

  // What is said of a source is not what the cell says.
  function read(cell) {
    if (!cell) return "";
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(".health, .footnote-ref").forEach((mark) => mark.remove());
    return copy.textContent.trim();
  }
}

document.querySelectorAll("[data-reading] .table-scroll > table").forEach(makeSortable);
