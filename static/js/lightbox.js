// The painting as large as the screen; a click or tap shows each of its pixels, pinching works as everywhere.

import { t } from "./text.js";

const dialog = document.getElementById("lightbox");
const image = document.getElementById("lightbox-image");

/** `painting()` says what is shown. */
export function enable(painting) {
  $("#result-large").on("click", () => {
    const { picture, name } = painting();
    image.src = URL.createObjectURL(picture);
    image.alt = t("Your photo in the style {style}", { style: name });
    dialog.classList.remove("is-close");
    dialog.showModal();
  });
  $(image).on("click", () => dialog.classList.toggle("is-close"));
  dialog.addEventListener("close", () => {
    URL.revokeObjectURL(image.src);
    document.getElementById("result-large").focus();
  });
}
