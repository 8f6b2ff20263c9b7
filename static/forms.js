// Two behaviours of forms, by attribute:
//   <form data-guard>                    asks before leaving with changes that were not saved
//   <form data-guard data-guard-dirty>   … which it has from the start (a preview, a conflict)
//   .error-summary                       takes the focus, so that it is read first
"use strict";

const snapshot = (form) => JSON.stringify([...new FormData(form)].filter(([, v]) => typeof v === "string"));

for (const form of document.querySelectorAll("form[data-guard]")) {
  // A form that came back with errors or a conflict holds text that is not saved yet.
  let saved = form.querySelector("[aria-invalid=true]") || "guardDirty" in form.dataset ? "" : snapshot(form);
  form.addEventListener("submit", () => {
    saved = null;
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && saved === null) saved = "";
  });
  addEventListener("beforeunload", (event) => {
    if (saved !== null && saved !== snapshot(form)) event.preventDefault();
  });
}

document.querySelector(".error-summary")?.focus();
