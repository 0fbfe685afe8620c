// The photo, by file picker, camera, drop or paste, shown upright.

import { announce } from "./announce.js";
import { setRatio } from "./compare.js";
import { howPainted } from "./made-here.js";
import { forScreen, looksLikePicture, read, reduced, release } from "./picture.js";
import { t } from "./text.js";
import * as webcam from "./webcam.js";
import { size } from "./words.js";

export const SCREEN_SIDE = 1024; // pixels: what is painted while one looks for a style

/** @type {(file: File) => void} */
let choosePhoto = () => {};

/**
 * Calls `onChosen(photo)` with {file, width, height, screen, url} `onRefused(file)` for what cannot be a
 * photo, `onOurs(made, take)` for what was painted here,
 * and then `onMore(files)` with all that was chosen at once. `screen` is the copy for the screen; it and `url` are null when this browser cannot show the format.
 */
export function enable({ onChosen, onRefused, onMore, onOurs }) {
  const stage = document.getElementById("stage");

  async function chooseAll(files) {
    await choose(files[0]);
    onMore(files);
  }

  async function choose(file) {
    if (!file) return;
    const made = await howPainted(file);
    if (made) onOurs(made, () => take(file));
    else await take(file);
  }

  async function take(file) {
    const photo = await prepared(file);
    if (!photo) { onRefused(file); return; }
    onChosen(photo);
  }

  for (const id of ["photo-file", "photo-camera"]) {
    $(`#${id}`).on("change", (event) => {
      chooseAll([...event.target.files]);
      event.target.value = ""; // choosing the same file again must count as a choice
    });
  }
  choosePhoto = choose;
  $(".sample").on("click", async ({ currentTarget: { dataset } }) => {
    const answer = await fetch(dataset.photo).catch(() => null);
    if (answer?.ok) choose(new File([await answer.blob()], dataset.name, { type: "image/webp" }));
  });
  $("#photo-change").on("click", () => pick());
  webcam.enable(choose);
  acceptDrops(stage, chooseAll);
  acceptPaste(choose);
}

/** A file as a photo; null when it is none. */
export async function prepared(file) {
  const lean = await reduced(file, SCREEN_SIDE);
  if (lean) return { file, ...lean, url: URL.createObjectURL(lean.screen), sent: {} };
  const picture = await read(file);
  if (!picture) return null;
  const { image } = picture;
  if (!image) return { file, width: 0, height: 0, screen: null, url: null, sent: {} };
  const { naturalWidth: width, naturalHeight: height } = image;
  const screen = await forScreen(file, image, SCREEN_SIDE);
  release(image);
  return { file, width, height, screen, url: URL.createObjectURL(screen), sent: {} };
}

/** Choose one of the photographs to try; whether there is one of that name. */
export function takeSample(name) {
  window.history.replaceState(null, "", "/");
  const button = document.querySelector(`.sample[data-name="${CSS.escape(name)}.webp"]`);
  button?.click();
  return Boolean(button);
}

/** Choose the photo that another app shared; whether there is one. The service worker put it aside. */
export async function takeShared() {
  window.history.replaceState(null, "", "/");
  const shared = await caches.open("shared");
  const answer = await shared.match("/shared-photo");
  if (!answer) return false;
  await shared.delete("/shared-photo");
  const name = decodeURIComponent(answer.headers.get("X-Name") ?? "");
  choosePhoto(new File([await answer.blob()], name || "photo", { type: answer.headers.get("Content-Type") ?? "" }));
  return true;
}

/** Open the file picker. */
export function pick() {
  document.getElementById("photo-file").click();
}

/** Put a photo on the stage. */
export function present({ file, width, height, url }) {
  const preview = document.getElementById("photo-preview");
  const note = document.getElementById("photo-note");
  preview.hidden = !url;
  note.hidden = Boolean(url);
  if (url) {
    preview.src = url;
    setRatio(document.getElementById("stage"), width, height);
  }
  else {
    preview.removeAttribute("src");
    $(note).find("p").text(t("{name} is ready. This browser cannot show its format; we can paint it all the same.", { name: file.name }));
  }
  const dimensions = url ? `${width} × ${height}, ` : "";
  $("#photo-caption").text(`${file.name || t("Pasted picture")} (${dimensions}${size(file.size)})`);
}

/** Say what the server found of the photo: that its file was cut off, for one. */
export function tellNotes({ notes = [] }) {
  $("#photo-caption").append(notes.map((note) => ` ${note}`));
}

/** Say that a photo was chosen, to those who listen. */
export function tell({ file }) {
  announce(t("Photo chosen: {name}. Next, choose a style.", { name: file.name || t("Pasted picture") }));
}

function acceptDrops(stage, chooseAll) {
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
      if (event.target.closest(".style-own, .own-style")) return;
      chooseAll([...event.originalEvent.dataTransfer.files]);
    });
}

function acceptPaste(choose) {
  $(document).on("paste", (event) => {
    const files = event.originalEvent.clipboardData?.files ?? [];
    const picture = [...files].find(looksLikePicture);
    if (picture) choose(picture);
  });
}
