// The preview button of a page's form without leaving the page: the text is rendered by the server,
// exactly as the page will show it. Without this file the button sends the form instead.
"use strict";

for (const form of document.querySelectorAll("form[data-preview]")) {
  const pane = form.querySelector("[data-preview-pane]");
  const target = pane?.querySelector(".prose");
  const button = form.querySelector("button[value=preview]");
  if (!target || !button) continue;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const body = new FormData();
    body.set("body", form.elements.body.value);
    body.set("language", form.elements.language.value);
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body });
      const text = await answer.text();
      // What was refused comes back as words or as an error page: the form itself shows that best.
      if (!answer.ok) throw new Error(String(answer.status));
      target.innerHTML = text; // sanitised by the server: the page's own HTML
      pane.hidden = false;
      if (pane.getBoundingClientRect().top > innerHeight) pane.scrollIntoView();
    } catch {
      button.form.requestSubmit(button);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
