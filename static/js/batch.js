// Several photos in one style: painted one after the other, in full size, and downloaded as one ZIP file.

import * as photos from "./photo.js";
import { whyNot } from "./picture.js";
import { asFile, save } from "./result.js";
import { t } from "./text.js";
import { transfer } from "./transfer.js";
import { explain } from "./words.js";
import { zipOf } from "./zip.js";

const byId = (id) => document.getElementById(id);

let running = null; // AbortController while they are painted

/** Offer to paint these files; `order()` gives {style, settings, limits}, or null when no style is chosen. */
export function begin(files, order) {
  running?.abort();
  byId("batch").hidden = false;
  byId("batch-left").replaceChildren();
  show({ canSave: false, isRunning: false });
  byId("batch-words").textContent = t("Photos: {count}. Find a style with the first, then paint them all.", { count: files.length });
  $("#batch-paint").off("click").on("click", () => { const chosen = order(); if (chosen) paintAll(files, chosen); });
  $("#batch-stop").off("click").on("click", () => running?.abort());
}

/** No batch any more. */
export function end() {
  running?.abort();
  byId("batch").hidden = true;
}

async function paintAll(files, order) {
  const mine = new AbortController();
  running = mine;
  const painted = [];
  byId("batch-left").replaceChildren();
  show({ canSave: false, isRunning: true });
  for (const file of files) {
    tell(painted.length, files.length);
    try {
      painted.push(await paintOne(file, order, mine.signal));
    } catch (error) {
      if (mine.signal.aborted) break;
      leftOut(file, error);
    }
  }
  if (running !== mine) return; // others were chosen meanwhile
  tell(painted.length, files.length);
  show({ canSave: painted.length > 0, isRunning: false });
  $("#batch-save").off("click").on("click", async () => save(new File([await zipOf(painted)], `${order.style.id || "paintings"}.zip`)));
}

async function paintOne(file, order, signal) {
  const photo = await photos.prepared(file);
  if (!photo) throw new Error(whyNot(file));
  try {
    const picture = await transfer({ ...order, photo, isFull: true, signal });
    return asFile(picture, file.name, order.style.id);
  } finally {
    if (photo.url) URL.revokeObjectURL(photo.url);
  }
}

function leftOut(file, error) {
  const reason = "status" in error ? explain(error).text : error.message;
  $("#batch-left").append($("<li>").text(t("{name} was left out: {reason}", { name: file.name, reason })));
}

function tell(done, count) {
  byId("batch-words").textContent = t("Painted: {done} of {count}", { done, count });
  byId("batch-progress").setAttribute("aria-valuenow", String(Math.floor((100 * done) / count)));
  /** @type {HTMLElement} */ (byId("batch-progress").firstElementChild).style.width = `${(100 * done) / count}%`;
}

function show({ canSave, isRunning }) {
  byId("batch-progress").hidden = !isRunning;
  byId("batch-stop").hidden = !isRunning;
  byId("batch-paint").hidden = isRunning;
  byId("batch-save").hidden = !canSave;
}
