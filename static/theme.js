// Light, dark or the system's choice. Loaded in the head without defer: the page must not flash.
(() => {
  "use strict";
  const KEY = "perennial-theme";
  const root = document.documentElement;

  const read = () => {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // storage is forbidden here: the system's choice holds
    }
  };

  const write = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // storage is forbidden here: the choice holds for this page
    }
  };

  const apply = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };

  apply(read());
  addEventListener("storage", (event) => event.key === KEY && apply(read()));
  addEventListener("DOMContentLoaded", () => {
    for (const group of document.querySelectorAll("[data-theme-choices]")) group.hidden = false;
    apply(read());
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-theme-choice]");
      if (!button) return;
      write(button.dataset.themeChoice);
      apply(button.dataset.themeChoice);
    });
  });
})();
