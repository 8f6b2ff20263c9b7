// The list of contents follows the reader: the entry of the section that is read has aria-current.
"use strict";

for (const list of document.querySelectorAll("[data-contents]")) {
  const links = new Map();
  for (const link of list.querySelectorAll("a[href^='#']")) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  const headings = [...links.keys()];
  const above = new Set();
  let current;

  // A line a fifth of the window down: the last heading above it is the one whose text is read.
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const isAbove = entry.isIntersecting || entry.boundingClientRect.top < 0;
        above[isAbove ? "add" : "delete"](entry.target);
      }
      mark(headings.findLast((heading) => above.has(heading)) ?? headings[0]);
    },
    { rootMargin: "0px 0px -80% 0px" },
  );

  function mark(heading) {
    if (heading === current || !heading) return;
    links.get(current)?.removeAttribute("aria-current");
    current = heading;
    const link = links.get(heading);
    link.setAttribute("aria-current", "location");
    keepInSight(link, list.closest("[data-follows]"));
  }

  // The box around the list scrolls, never the page.
  function keepInSight(link, box) {
    if (!box || box.scrollHeight <= box.clientHeight) return;
    const [inner, outer] = [link.getBoundingClientRect(), box.getBoundingClientRect()];
    if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 8;
    else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 8;
  }

  headings.forEach((heading) => observer.observe(heading));
}
