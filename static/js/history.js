// The paintings of this device, small, to go back to: each brings its photo, style and settings with it.

import { announce } from "./announce.js";
import * as device from "./device.js";
import { thumbnail } from "./picture.js";
import { t } from "./text.js";

const SIDE = 144; // pixels of a small picture
const UNDO_SECONDS = 20;

const place = document.getElementById("history");
const list = place.querySelector(".history-pictures");
const undo = document.getElementById("history-undo");

/** @type {(id: any) => void} */
let choose = () => {};

/** Show what is kept; `onChosen(id)` is called for the one that is tapped. */
export async function enable({ onChosen, onCleared }) {
  choose = onChosen;
  $("#history-clear").on("click", async () => {
    await device.clear();
    list.replaceChildren();
    drawn();
    announce(t("Nothing is kept on this device any more."));
    onCleared();
  });
  for (const entry of await device.paintings()) list.append(item(entry));
  drawn();
}

/** Keep a painting, and show it first; resolves with its number, or null where nothing can be kept. */
export async function add(painting) {
  const thumb = await thumbnail(painting.picture, SIDE);
  const id = await device.keepPainting({ ...painting, thumb });
  if (id === null) return null;
  list.prepend(item({ id, thumb, name: painting.name }));
  while (list.children.length > 24) list.lastElementChild.remove();
  drawn();
  mark(id);
  return id;
}

/** Say which one is on the stage. */
export function mark(id) {
  for (const button of list.querySelectorAll(".history-picture")) {
    if (button.dataset.id === String(id)) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function item({ id, thumb, name }) {
  const url = URL.createObjectURL(thumb);
  const image = $("<img>").attr({ src: url, alt: "" }).on("load error", () => URL.revokeObjectURL(url));
  const show = $("<button type='button' class='history-picture'>")
    .attr({ "aria-label": t("Show again: {name}", { name }), title: name, "data-id": id })
    .append(image)
    .on("click", () => choose(id));
  const remove = $("<button type='button' class='history-remove'>")
    .attr({ "aria-label": t("Delete: {name}", { name }), title: t("Delete") })
    .text("×");
  const entry = $("<li>").append(show, remove);
  remove.on("click", () => take(entry, { id, thumb, name }));
  return entry[0];
}

/** Delete one, with a few seconds to take that back. */
async function take(entry, { id, thumb, name }) {
  const next = entry.next();
  const was = await device.removePainting(id);
  entry.remove();
  undo.hidden = !was;
  drawn();
  announce(t("Deleted: {name}.", { name }));
  if (!was) return;
  undo.focus();
  const timer = setTimeout(() => { undo.hidden = true; drawn(); }, UNDO_SECONDS * 1000);
  $(undo).off("click").on("click", async () => {
    clearTimeout(timer);
    undo.hidden = true;
    await device.restorePainting(id, was);
    list.insertBefore(item({ id, thumb, name }), next.parent().length ? next[0] : null);
    drawn();
  });
}

function drawn() {
  place.hidden = list.children.length === 0 && undo.hidden;
}
