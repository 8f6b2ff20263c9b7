// What is typed into an edit form is kept on the server as a draft, some seconds after one stops and
// when one leaves: <form data-drafts>. Nothing is kept before anything was changed.
"use strict";

const WAIT_MS = 4000;
const MAX_PARTING_BYTES = 60_000; // what browsers let a page send while it is left

const texts = (form) => JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string"));

for (const form of document.querySelectorAll("form[data-drafts]")) {
  const status = form.querySelector("[data-draft-status]");
  let kept = texts(form);
  let isSent = false;
  let timer;

  async function keep({ isParting = false } = {}) {
    const now = texts(form);
    if (isSent || now === kept || (isParting && now.length > MAX_PARTING_BYTES)) return;
    const body = new FormData(form);
    body.set("do", "draft");
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body, keepalive: isParting });
    if (!answer.ok) return later();
    kept = now;
    status.textContent = status.dataset.kept;
  }

  function later() {
    clearTimeout(timer);
    if (isSent) return;
    timer = setTimeout(() => keep().catch(later), WAIT_MS); // without a network it tries again
  }

  form.addEventListener("input", () => {
    status.textContent = "";
    later();
  });
  form.addEventListener("submit", () => {
    isSent = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => {
    isSent = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep({ isParting: true }).catch(() => {});
  });
}
