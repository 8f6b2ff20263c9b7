// Who looks at a watched page has seen what changed in it: its own form is sent along.

for (const form of document.querySelectorAll("form[data-seen]")) {
  fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true, redirect: "manual" }).then(
    () => form.querySelector("button").remove(),
    () => {},
  );
}
