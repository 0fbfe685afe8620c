// The photo on the stage, a new one or that of an earlier visit; after a reload, Back or a crash all is as it was.

import * as device from "./device.js";
import * as history from "./history.js";
import * as notice from "./notice.js";
import { paint, showResult } from "./painting.js";
import * as photos from "./photo.js";
import * as settings from "./settings.js";
import { drawActions, failed, failure, limits, now, remember, setState, studio } from "./studio.js";
import * as styles from "./styles.js";
import * as tiles from "./tiles.js";
import * as uploads from "./uploads.js";

/** A new photo: it is painted at once where a style is chosen. */
export async function photoChosen(chosen) {
  now.running?.abort();
  now.refining?.abort();
  if (now.photo) uploads.stop(now.photo);
  notice.clear(failure);
  usePhoto(chosen);
  photos.tell(chosen);
  remember();
  if (settings.chosen().mode === "fast" && styles.chosen()) paint();
}

/** Put a photo on the stage. */
function usePhoto(chosen) {
  now.photo = chosen;
  now.shown = null;
  photos.present(chosen);
  setState("photo");
  $("#result-caption").text("");
  tiles.reset();
  sendAhead(chosen);
}

/** Send the photo while a style is looked for, and show it in every style where this server paints that. */
async function sendAhead(chosen) {
  try {
    const id = await uploads.idOf(chosen, "screen", { limits });
    if (now.photo !== chosen) return;
    photos.tellNotes(chosen);
    remember();
    if (studio.dataset.tiles) await tiles.show(id);
  } catch (error) {
    if (now.photo === chosen && error.isAboutPicture) failed(error);
  }
}

/** After a reload, Back or a crash: all as it was. */
export async function bringBack() {
  await history.enable({ onChosen: showAgain, onCleared: forget });
  const asked = new URLSearchParams(window.location.search);
  if (asked.has("photo") && await takePhotoOf(asked.get("photo"))) return;
  if (asked.has("shared") && await photos.takeShared()) return;
  if (asked.has("sample") && photos.takeSample(asked.get("sample"))) return;
  const last = await device.session();
  if (!last || now.photo) return;
  if (last.settings) settings.restore(last.settings);
  if (last.style) await styles.restore(last.style);
  drawActions();
  const found = last.photo && await photos.prepared(last.photo.file);
  if (!found || now.photo) return;
  usePhoto(found);
  if (last.painting) await showAgain(last.painting);
}

/** A painting of the history, with its photo, style and settings. */
async function showAgain(id) {
  const kept = await device.painting(id);
  if (!kept) return;
  now.running?.abort();
  now.refining?.abort();
  notice.clear(failure);
  const source = await photoOf(kept);
  settings.restore(kept.settings);
  await styles.restore(kept.style);
  const order = { photo: source, style: styles.chosen(), settings: kept.settings, limits };
  await showResult({ id, order, picture: kept.picture, name: kept.name, page: kept.page, finer: kept.finer });
  history.mark(id);
  remember();
}

/** The photo of a job, to paint it in another style; whether it could be had. */
async function takePhotoOf(job) {
  window.history.replaceState(null, "", "/");
  const answer = await fetch(`/api/v1/jobs/${encodeURIComponent(job)}/content`).catch(() => null);
  if (!answer?.ok) return false;
  const blob = await answer.blob();
  const found = await photos.prepared(new File([blob], `photo.${blob.type.split("/")[1]}`, { type: blob.type }));
  if (!found) return false;
  photoChosen(found);
  return true;
}

async function photoOf(kept) {
  const stored = await device.photo(kept.photo);
  const { file } = now.photo ?? {};
  if (!stored || (file?.name === stored.file.name && file.size === stored.file.size)) return now.photo;
  const found = await photos.prepared(stored.file);
  usePhoto(found);
  return found;
}

function forget() {
  now.running?.abort();
  now.refining?.abort();
  if (now.photo) uploads.stop(now.photo);
  window.location.reload();
}
