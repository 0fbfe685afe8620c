// Light or dark before the first paint, and the button that changes it. Loaded in the head, not a module.
(function () {
  "use strict";

  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try { return localStorage.getItem("theme"); } catch { return null; }
  }

  function remember(theme) {
    try { localStorage.setItem("theme", theme); } catch { /* private windows may refuse */ }
  }

  function apply() {
    document.documentElement.dataset.bsTheme = chosen() || (system.matches ? "dark" : "light");
  }

  document.documentElement.classList.add("js");
  apply();
  system.addEventListener("change", apply);

  document.addEventListener("DOMContentLoaded", function () {
    document.getElementById("theme-button").addEventListener("click", function () {
      remember(document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark");
      apply();
    });
  });
})();
