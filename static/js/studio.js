// The one screen of the home page: what is on its stage and under way, and how that is said.

import { announce } from "./announce.js";
import * as device from "./device.js";
import * as notice from "./notice.js";
import * as photos from "./photo.js";
import { isPossible } from "./refine.js";
import * as results from "./result.js";
import * as settings from "./settings.js";
import * as styles from "./styles.js";
import { t } from "./text.js";
import { explain } from "./words.js";

export const studio = document.getElementById("studio");
export const stage = document.getElementById("stage");
export const frame = stage.querySelector(".compare");
export const failure = document.getElementById("failure");
export const limits = {
  maxPictureBytes: Number(studio.dataset.maxPictureBytes),
  maxRequestBytes: Number(studio.dataset.maxRequestBytes),
  maxPixels: Number(studio.dataset.maxPixels),
};

/** The photo, the painting in the frame, and the AbortControllers of what is painted and of what is refined. */
export const now = { photo: null, shown: null, running: null, refining: null };

/** The stage is "empty", or has a "photo" or a "result". */
export function setState(state) {
  stage.dataset.state = state;
  studio.dataset.step = state;
  $("#result-sides, #result-large").prop("hidden", state !== "result");
  $("#result-words").prop("hidden", state !== "result");
  drawActions();
}

/** What can be done now, as the choices and the stage say. */
export function drawActions() {
  const { mode } = settings.chosen();
  const isResult = stage.dataset.state === "result";
  const style = styles.chosen();
  document.getElementById("batch-paint").disabled = mode === "gatys";
  document.getElementById("result-both").hidden = !now.shown?.order.photo.url;
  document.getElementById("transfer").hidden = mode !== "gatys";
  document.getElementById("result-tools").hidden = !isResult || mode === "gatys";
  document.getElementById("result-finer").hidden = !isResult || Boolean(now.refining) || Boolean(now.running) || !isPossible(now.shown.order);
  document.getElementById("result-share").hidden = !(now.shown && results.canShareFile(now.shown.picture));
  const hint = now.photo ? (mode === "gatys" ? t("The finest takes a while.") : t("Tap a style.")) : t("Choose a photo to begin.");
  $("#action-hint").text(hint).prop("hidden", isResult && mode !== "gatys");
  $("#style-name").text([style?.name, mode === "gatys" ? t("Finest") : settings.spoken()].filter(Boolean).join(", "));
}

function setBusy(isBusy) {
  if (isBusy) document.getElementById("result-finer").hidden = true;
  document.getElementById("painting").hidden = !isBusy;
  stage.toggleAttribute("data-busy", isBusy);
  for (const id of ["transfer", "result-download", "result-keep", "result-share"]) document.getElementById(id).disabled = isBusy;
}

/** Tell how far it is; null where nobody knows. */
export function onStep(words, share) {
  const bar = document.getElementById("painting-progress");
  const place = document.getElementById("painting-words");
  place.textContent = share ? `${words} ${Math.floor(share * 100)} %` : words;
  bar.classList.toggle("is-unknown", share === null);
  bar.firstElementChild.style.width = share === null ? "" : `${share * 100}%`;
  if (share === null) { bar.removeAttribute("aria-valuenow"); announce(words); }
  else bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
}

/** Do what takes a moment, with words, a way to stop, and what went wrong; one thing at a time. */
export async function busily(again, act) {
  now.running?.abort();
  now.refining?.abort();
  const mine = new AbortController();
  now.running = mine;
  notice.clear(failure);
  setBusy(true);
  try {
    await act(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) announce(t("Stopped."));
    else if (now.running === mine) failed(error, again);
  } finally {
    if (now.running === mine) { now.running = null; setBusy(false); drawActions(); }
  }
}

/** Say what went wrong; `again` is the way on, but for a picture that does not work. */
export function failed(error, again = null) {
  if (error.isAboutPicture) notice.show(failure, { ...explain(error), ways: otherPictures(error) });
  else notice.showFailure(failure, error, { retry: again });
  reveal(failure);
}

/** The ways on from a picture that does not work: the same again would not, either. */
function otherPictures({ isAboutStyle }) {
  const ways = [{ label: t("Choose another photo"), act: photos.pick, primary: !isAboutStyle }];
  if (styles.chosen()?.own) ways.push({ label: t("Choose another style picture"), act: styles.pickOwn, primary: isAboutStyle });
  return isAboutStyle ? ways.reverse() : ways;
}

/** Scroll to what is out of sight. */
export function reveal(element) {
  const box = element.getBoundingClientRect();
  if (box.top >= 0 && box.bottom <= window.innerHeight) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: box.height > window.innerHeight ? "start" : "center", behavior: calm ? "auto" : "smooth" });
}

/** Keep the choices on this device. */
export async function remember() {
  const style = styles.chosen();
  device.keepSession({
    photo: now.photo && await device.keepPhoto(now.photo),
    style: style && { id: style.id, own: style.own?.file },
    settings: settings.chosen(),
    painting: now.shown?.id ?? null,
  });
}
