// Who never chose a time zone is offered that of the browser; it is kept only with the form.

const select = document.querySelector("select[data-time-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (select && [...select.options].some((option) => option.value === here)) {
  select.form.addEventListener("focusin", () => (select.value = here), { once: true });
}
