// The review queue by keyboard, and without reloading. Everything it does is a form or a link of
// the page: a key presses a button, and what the server answers takes the place of what stood there.

const page = document.querySelector("#main");
const announcer = document.querySelector("[data-announce]");
const dialog = document.querySelector("[data-keys-dialog]");
const isSingle = document.querySelector("[data-single]") !== null;
const chosen = new Set();
let current = -1;
let isBusy = false;
let claiming = Promise.resolve(); // answers must not meet: what the server says is said once

const cases = () => [...document.querySelectorAll("[data-case]")];
const keysAreOn = () => localStorage.getItem("keys") !== "off";
const isTyping = (target) =>
  target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

// ---- The current case ---------------------------------------------------------------------------

function mark(index) {
  const all = cases();
  for (const [number, element] of all.entries()) element.toggleAttribute("data-current", number === index);
  current = index;
  return all[index];
}

function moveTo(index, { focus = true } = {}) {
  const all = cases();
  if (all.length === 0) return;
  const at = Math.max(0, Math.min(index, all.length - 1));
  const body = all[at].querySelector("[data-body]");
  for (const other of all) if (other !== all[at]) other.querySelector("[data-body]").open = false;
  body.open = true;
  mark(at);
  if (!focus) return;
  all[at].querySelector("h2 a").focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

// ---- Answers of the server take the place of what stood there -----------------------------------

function showMessages(answer) {
  document.querySelector("#main > .messages")?.remove();
  const said = answer.querySelector("#main > .messages");
  if (!said) return;
  page.prepend(said);
  said.removeAttribute("role"); // it is read from the announcer, which was there before
  if (announcer) announcer.textContent = said.textContent.replace(/\s+/g, " ").trim();
}

function swap(selector, answer) {
  const [old, fresh] = [document.querySelector(selector), answer.querySelector(selector)];
  if (old && fresh) old.replaceWith(fresh);
  return Boolean(old && fresh);
}

function showQueue(answer, id, { keepsPlace }) {
  const before = cases().findIndex((element) => element.dataset.case === id);
  swap("#review-tabs", answer);
  swap(".site-nav", answer);
  swap("#review-queue", answer);
  showChosen();
  const after = cases().findIndex((element) => element.dataset.case === id);
  if (cases().length === 0) {
    current = -1;
    document.querySelector("#review-queue h2")?.setAttribute("tabindex", "-1");
    document.querySelector("#review-queue h2")?.focus();
  } else moveTo(after >= 0 && keepsPlace ? after : before >= 0 ? before : current);
}

function show(answer, id, form) {
  showMessages(answer);
  if (answer.querySelector("#review-queue") && document.querySelector("#review-queue")) {
    showQueue(answer, id, { keepsPlace: true });
    return true;
  }
  if (!id || !swap(`#case-${id}`, answer)) return false;
  const index = cases().findIndex((element) => element.dataset.case === id);
  moveTo(index, { focus: false });
  const card = cases()[index];
  (card.querySelector(".error-summary") ?? card.querySelector("h2 a")).focus();
  return true;
}

async function send(form, button) {
  if (isBusy) return;
  isBusy = true;
  page.setAttribute("aria-busy", "true");
  try {
    await claiming;
    const id = form.closest("[data-case]")?.dataset.case ?? "";
    const body = new URLSearchParams(new FormData(form, button));
    const response = await fetch(form.getAttribute("action"), { method: "POST", body });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!show(answer, id, form)) location.assign(response.redirected ? response.url : location.href);
  } catch {
    form.removeAttribute("data-swap"); // no answer: let the browser try, and say what is wrong
    form.requestSubmit(button);
  } finally {
    isBusy = false;
    page.removeAttribute("aria-busy");
  }
}

page.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-swap]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
});

// ---- Claiming by acting -------------------------------------------------------------------------

async function claim(card, form) {
  const back = form.elements.next.value;
  const body = new FormData(form);
  body.set("next", card.querySelector("h2 a").pathname); // one case is drawn sooner than all
  const response = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(body) });
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = answer.querySelector(`#case-${card.dataset.case}`);
  const next = fresh?.querySelector("form[data-claims]");
  if (!next) return;
  next.elements.next.value = back;
  card.dataset.claim = fresh.dataset.claim;
  card.querySelector("header .meta").replaceWith(fresh.querySelector("header .meta"));
  form.replaceWith(next);
  if (fresh.dataset.claim === "other") showMessages(answer); // somebody was quicker
}

function claimQuietly(card) {
  const form = card.querySelector("form[data-claims]");
  if (!form || card.dataset.claim !== "") return;
  card.dataset.claim = "mine";
  claiming = claim(card, form).catch(() => {}); // a courtesy: without it nothing is lost
}

page.addEventListener("input", (event) => {
  const card = event.target.closest(".decision")?.closest("[data-case]");
  if (card) claimQuietly(card);
});

// ---- Choosing some ------------------------------------------------------------------------------

function showChosen() {
  const picks = [...document.querySelectorAll("[data-pick]")];
  for (const pick of picks) pick.checked = chosen.has(pick.value);
  const bar = document.querySelector("#bulk");
  if (!bar) return;
  const count = picks.filter((pick) => pick.checked).length;
  bar.hidden = count === 0;
  bar.querySelector("[data-chosen]").textContent = count;
}

page.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  if (!pick) return;
  if (pick.checked) chosen.add(pick.value);
  else chosen.delete(pick.value);
  showChosen();
});

// ---- Keys ---------------------------------------------------------------------------------------

function press(card, key) {
  const button = card?.querySelector(`.decision button[data-key="${key}"]`);
  if (!button) return;
  const address = card.querySelector('input[name="new_url"], input[name="new_host"]');
  const needed = button.form.elements[button.dataset.needs];
  const mayDecide = card.querySelector('[name="takes_over"]:not(:checked):not([type=hidden])');
  if (mayDecide) mayDecide.focus(); // somebody else is looking at it: to be meant
  else if (button.value === "replace" && address && address.value.trim() === "") address.focus();
  else if (needed && needed.value.trim() === "") {
    button.form.dataset.pending = key; // Ctrl+Enter in the field presses it
    needed.focus();
  } else button.click();
}

function open(card, key) {
  const drawer = card?.querySelector(`[data-opens="${key}"]`);
  if (!drawer) return;
  drawer.open = true;
  drawer.querySelector("form :is(button, textarea, select, input:not([type=hidden]))").focus();
}

const KEYS = {
  j: () => moveTo(current + 1),
  k: () => moveTo(current - 1),
  u: () => document.querySelector("[data-undo] button")?.click(),
  c: (card) => card?.querySelector('form[data-claims] button')?.click(),
  x: (card) => card?.querySelector("[data-pick]")?.click(),
  d: (card) => card?.querySelector("a[data-diff]")?.click(),
  e: (card) => (card?.querySelector('[data-proposal]:has([name="proposal"]:checked) [data-key="e"]') ?? card?.querySelector('[data-key="e"]'))?.click(),
  b: () => document.querySelector('#bulk:not([hidden]) button')?.click(),
  "?": () => dialog.showModal(),
};
for (const key of "sapn") KEYS[key] = (card) => open(card, key);
for (const key of "123456789") KEYS[key] = (card) => press(card, key);

function pressPending(event) {
  const form = event.target.closest(".decision");
  const key = form?.dataset.pending;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !key || isBusy) return false;
  event.preventDefault();
  form.querySelector(`button[data-key="${key}"]`)?.click();
  return true;
}

function handle(event) {
  if (pressPending(event)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
  if (dialog.open) return;
  if (event.key === "Escape" && event.target.closest("[data-case]")) {
    const drawer = event.target.closest("[data-opens]");
    if (drawer) drawer.open = false;
    moveTo(current);
    return;
  }
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  const action = KEYS[event.key];
  if (!action || isTyping(event.target) || !keysAreOn()) return;
  event.preventDefault();
  if (!isBusy) action(cases()[current]);
}

// ---- Help, and turning the keys off (WCAG 2.1.4) --------------------------------------------------

function showHints() {
  const hints = document.querySelector("[data-keys]");
  hints.hidden = false;
  hints.querySelector("[data-keys-on]").hidden = !keysAreOn();
  hints.querySelector("[data-keys-off]").hidden = keysAreOn();
}

for (const button of document.querySelectorAll("[data-keys-toggle]"))
  button.addEventListener("click", () => {
    if (keysAreOn()) localStorage.setItem("keys", "off");
    else localStorage.removeItem("keys");
    dialog.close();
    showHints();
  });
document.querySelector("[data-keys-help]").addEventListener("click", () => dialog.showModal());
document.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());
document.addEventListener("keydown", handle);
page.addEventListener("focusin", (event) => {
  const card = event.target.closest("[data-case]");
  if (card) mark(cases().indexOf(card));
});
showHints();
showChosen();
if (cases().length > 0) moveTo(0, { focus: false });
if (isSingle && cases()[0].querySelector("form[data-claims]")) claimQuietly(cases()[0]);
