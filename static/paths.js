// How far somebody without an account is on a path: kept in this browser. Who signs in is asked
// whether to bring it along.

const path = document.querySelector("[data-path]");
const name = path && `perennial.path.${path.dataset.path}`;
const steps = path ? [...path.querySelectorAll("[data-step]")] : [];

function read() {
  try {
    const keys = JSON.parse(localStorage.getItem(name) ?? "[]");
    return new Set(Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : []);
  } catch {
    return new Set();
  }
}

function keep(done) {
  try {
    if (done.size) localStorage.setItem(name, JSON.stringify([...done]));
    else localStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing: what is ticked holds until the page is left.
  }
}

function duration(minutes) {
  const format = (value, unit) =>
    new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(value);
  if (minutes < 120) return format(minutes, "minute");
  const rest = minutes % 60;
  return format((minutes - rest) / 60, "hour") + (rest ? ` ${format(rest, "minute")}` : "");
}

function show(done) {
  const left = steps.filter((step) => !done.has(step.dataset.step));
  const count = steps.length - left.length;
  for (const step of steps) {
    const isDone = done.has(step.dataset.step);
    step.classList.toggle("done", isDone);
    step.querySelector("[data-check] input").checked = isDone;
  }
  const box = path.querySelector("[data-progress]");
  const put = (part, text) => {
    const place = box.querySelector(`[data-${part}]`);
    if (place) place.textContent = text;
  };
  box.querySelector("progress").value = count;
  put("done", count);
  put("percent", Math.floor((count * 100) / steps.length));
  put("left", duration(left.reduce((sum, step) => sum + Number(step.dataset.minutes), 0)));
  const next = box.querySelector("[data-next]");
  next.hidden = !count || !left.length;
  if (left.length) next.hash = left[0].id;
  box.querySelector("[data-reset]").hidden = !count;
}

function track() {
  let done = read();
  path.querySelector("[data-progress]").hidden = false;
  for (const label of path.querySelectorAll("[data-check]")) label.hidden = false;
  path.addEventListener("change", (event) => {
    const label = event.target.closest("[data-check]");
    if (!label) return;
    const key = label.closest("[data-step]").dataset.step;
    if (event.target.checked) done.add(key);
    else done.delete(key);
    keep(done);
    show(done);
  });
  path.querySelector("[data-reset]").addEventListener("click", () => {
    done = new Set();
    keep(done);
    show(done);
    steps[0].querySelector("input").focus();
  });
  show(done);
}

function offer() {
  const form = path.querySelector("[data-carry]");
  const known = steps.filter((step) => !step.classList.contains("done")).map((step) => step.dataset.step);
  const done = read();
  const missing = known.filter((key) => done.has(key));
  if (!missing.length) return;
  for (const key of missing) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "done", value: key });
    form.append(field);
  }
  form.addEventListener("submit", () => keep(new Set()));
  form.querySelector("[data-forget]").addEventListener("click", () => {
    keep(new Set());
    form.hidden = true;
  });
  form.hidden = false;
}

if (path) {
  if ("account" in path.dataset) offer();
  else track();
}
