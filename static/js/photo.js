// Step 1: the photo, by file picker, camera, drop or paste, shown upright.

import { announce } from "./announce.js";
import { setRatio } from "./compare.js";
import { looksLikePicture, read } from "./picture.js";
import { size } from "./words.js";

/** Calls `onChosen({file, image})` for a photo and `onRefused(file)` for what cannot be one. */
export function enable({ onChosen, onRefused }) {
  const stage = document.getElementById("stage");

  async function choose(file) {
    if (!file) return;
    const photo = await read(file);
    if (!photo) { onRefused(file); return; }
    present(photo);
    onChosen(photo);
  }

  for (const id of ["photo-file", "photo-camera"]) {
    $(`#${id}`).on("change", (event) => {
      choose(event.target.files[0]);
      event.target.value = ""; // choosing the same file again must count as a choice
    });
  }
  $("#photo-change, #result-photo").on("click", () => pick());
  acceptDrops(stage, choose);
  acceptPaste(choose);
}

/** Open the file picker. */
export function pick() {
  document.getElementById("photo-file").click();
}

function present({ file, image }) {
  const preview = document.getElementById("photo-preview");
  const note = document.getElementById("photo-note");
  preview.hidden = !image;
  note.hidden = Boolean(image);
  if (image) {
    preview.src = image.src;
    setRatio(document.getElementById("stage"), image.naturalWidth, image.naturalHeight);
  }
  else {
    preview.removeAttribute("src");
    $(note).find("p").text(`${file.name} is ready. This browser cannot show its format; we can paint it all the same.`);
  }
  const dimensions = image ? `${image.naturalWidth} × ${image.naturalHeight}, ` : "";
  $("#photo-caption").text(`${file.name || "Pasted picture"} (${dimensions}${size(file.size)})`);
  announce(`Photo chosen: ${file.name || "pasted picture"}. Next, choose a style.`);
}

function acceptDrops(stage, choose) {
  let depth = 0; // dragenter and dragleave also fire for the children
  const carriesFiles = (event) => event.originalEvent.dataTransfer?.types.includes("Files");
  const leave = () => { depth = 0; stage.classList.remove("is-dragged"); };
  $(document)
    .on("dragenter", (event) => {
      if (!carriesFiles(event)) return;
      depth += 1;
      stage.classList.add("is-dragged");
    })
    .on("dragleave", (event) => { if (carriesFiles(event) && --depth <= 0) leave(); })
    .on("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); })
    .on("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      leave();
      if (!event.target.closest(".style-own, .own-style")) choose(event.originalEvent.dataTransfer.files[0]);
    });
}

function acceptPaste(choose) {
  $(document).on("paste", (event) => {
    const files = event.originalEvent.clipboardData?.files ?? [];
    const picture = [...files].find(looksLikePicture);
    if (picture) choose(picture);
  });
}
