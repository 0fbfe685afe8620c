// Asks before something that cannot be undone.

import { t } from "./text.js";

/** Resolves with true when the person said yes. */
export function confirmed({ title, text, yes, no = t("Keep it") }) {
  const dialog = document.getElementById("confirm");
  $("#confirm-title").text(title);
  $("#confirm-text").text(text);
  $("#confirm-yes").text(yes);
  $("#confirm-no").text(no);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
