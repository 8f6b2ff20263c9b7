// Following a notification marks it as read: its own form is sent along while the page changes.

for (const link of document.querySelectorAll("a[data-reads]")) {
  const send = () => {
    const form = link.closest("li").querySelector("form");
    if (!form) return;
    fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true, redirect: "manual" });
  };
  link.addEventListener("click", send);
  link.addEventListener("auxclick", (event) => event.button === 1 && send());
}
