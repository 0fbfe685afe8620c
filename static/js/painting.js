// Paints the photo on the stage, goes on from there, and hands the painting out: downloaded, shared, kept.

import { announce } from "./announce.js";
import * as compare from "./compare.js";
import * as device from "./device.js";
import * as history from "./history.js";
import * as keeping from "./keep.js";
import * as notice from "./notice.js";
import * as painted from "./painted.js";
import * as photos from "./photo.js";
import { finer, isLineSlow, isPossible, refine } from "./refine.js";
import * as results from "./result.js";
import * as settings from "./settings.js";
import { busily, drawActions, failed, failure, frame, limits, now, onStep, remember, reveal, setState, stage, studio } from "./studio.js";
import * as styles from "./styles.js";
import { t } from "./text.js";
import { transfer } from "./transfer.js";
import * as uploads from "./uploads.js";

const canvas = /** @type {HTMLCanvasElement} */ (frame.querySelector(".compare-after"));
const COARSE_SHARE = 0.3; // of refining, after which the picture has its size

/** What is still missing before a painting, as a notice, or null. */
export function missing(style) {
  if (!now.photo) {
    return { title: t("Which photo?"), text: t("Choose or take a photo first."), ways: [{ label: t("Choose a photo"), act: photos.pick, primary: true }] };
  }
  if (!style || (style.id === "" && !style.own)) {
    return { title: t("Which style?"), text: t("Choose one of the styles, or a picture of your own."), ways: [{ label: t("Choose the style picture"), act: styles.pickOwn, primary: true }] };
  }
  return null;
}

/** Paint the photo in the chosen style; the finest, as a job with a page of its own. */
export async function paint() {
  const style = styles.chosen();
  const lack = missing(style);
  if (lack) {
    if (settings.chosen().mode === "gatys") { notice.show(failure, lack); reveal(failure); }
    return;
  }
  if (!settings.areValid()) return;
  const order = { photo: now.photo, style: { ...style }, settings: settings.chosen(), limits };
  const isFull = order.settings.mode !== "fast"; // what is painted for a page of its own has the photo's size
  await busily(paint, async (signal) => {
    const answer = await transfer({ ...order, isFull, signal, onStep });
    if (answer.job) window.location.assign(answer.job.urls.page);
    else await finished(answer, order);
  });
}

async function finished(picture, order) {
  if (order.photo !== now.photo) return;
  const painting = { picture, order, name: order.style.name };
  await showResult(painting);
  announce(t("Your painting is ready"));
  if (document.activeElement?.id === "transfer") frame.querySelector(".compare-range").focus({ preventScroll: true });
  const { photo: source, style } = order;
  const stored = await device.keepPhoto(source);
  painting.id = await history.add({
    picture, name: painting.name, photo: stored, style: { id: style.id, own: style.own?.file }, settings: order.settings,
  });
  remember();
  const seconds = Number(studio.dataset.refineSeconds);
  if (now.shown === painting && seconds > 0 && !document.hidden && !isLineSlow()) goOn(painting, seconds);
}

/** Refine the painting on the stage, for so many seconds; for 0 until it is done or somebody finds it good. */
export async function goOn(painting, seconds) {
  if (!isPossible(painting.order)) return;
  now.refining?.abort();
  const mine = new AbortController();
  now.refining = mine;
  const largestSide = Number(studio.dataset.gatysMaxSide);
  const settings = finer(painting.order.settings, { seconds, largestSide });
  const isAsked = seconds === 0;
  const coarse = painting.finer ? COARSE_SHARE : 0; // what begins anew is at first less than what is there
  showRefining(0);
  try {
    const onPreview = (address, share) => { if (now.refining === mine) showRefining(share, share >= coarse ? address : null); };
    const onJob = ({ finish }) => { $("#refining-good").off("click").on("click", finish); };
    const picture = await refine(painting.order, { settings, isPatient: isAsked, signal: mine.signal, onPreview, onJob });
    if (now.refining === mine && picture) await refined(painting, picture, settings);
  } catch (error) {
    if (now.shown === painting) painted.show(canvas, painting.picture); // as it was
    if (isAsked && !mine.signal.aborted) failed(error, () => goOn(painting, 0)); // nobody asked for the others
  } finally {
    if (now.refining === mine) { now.refining = null; document.getElementById("refining").hidden = true; drawActions(); }
  }
}

function showRefining(share, address = null) {
  document.getElementById("refining").hidden = false;
  document.getElementById("result-finer").hidden = true;
  document.getElementById("refining-share").style.width = `${Math.round(100 * share)}%`;
  if (address) painted.show(canvas, address);
}

/** The painting is the finer one from now on: on the stage, in the history, for downloads. */
async function refined(painting, picture, settings) {
  Object.assign(painting, { picture, finer: settings, full: null });
  await painted.show(canvas, picture);
  await device.changePainting(painting.id, { picture, finer: settings });
  announce(t("Your painting is finer now."));
}

/** Put a painting into the frame. */
export async function showResult(painting) {
  const { order, name, picture } = painting;
  now.shown = painting;
  await painted.show(canvas, picture);
  if (now.shown !== painting) return;
  canvas.setAttribute("aria-label", t("Your photo in the style {style}", { style: name }));
  compare.putBehind(frame, order.photo.url, 0);
  compare.setRatio(stage, canvas.width, canvas.height);
  setState("result");
  keeping.offer(painting);
  const { width, height } = order.photo;
  const isSmaller = width > 0 && uploads.hasFullSize(order.photo);
  const seen = t("{style}, {size} on the screen.", { style: name, size: `${canvas.width} × ${canvas.height}` });
  const full = isSmaller ? sizeWords(width, height) : "";
  $("#result-caption").text([seen, full, ...(order.photo.notes ?? [])].filter(Boolean).join(" "));
}

/** What the photo has in the end: the server takes no more pixels than it says. */
function sizeWords(width, height) {
  const scale = Math.min(1, Math.sqrt(limits.maxPixels / (width * height)));
  const size = `${Math.floor(width * scale)} × ${Math.floor(height * scale)}`;
  if (scale === 1) return t("It is downloaded in {size}.", { size });
  return t("It is downloaded in {size}: made smaller than your photo ({full}), which has more pixels than we take.", { size, full: `${width} × ${height}` });
}

/** Save it in full size. */
export function download() {
  const painting = now.shown;
  busily(download, async (signal) => results.save(await results.inFull(painting, { signal, onStep })));
}

/** What is shared; nothing when it could not be painted. */
export async function share() {
  const painting = now.shown;
  let file = null;
  await busily(() => document.getElementById("result-share").click(), async (signal) => {
    file = await results.inFull(painting, { signal, onStep });
  });
  return file && { files: [file], title: t("A photo in the style {style}", { style: painting.name }) };
}

/** Give it a page on the server. */
export function keep() {
  const painting = now.shown;
  busily(keep, async (signal) => {
    await keeping.keep(painting, { signal, onStep });
    device.changePainting(painting.id, { page: painting.page });
    if (now.shown !== painting) return;
    keeping.offer(painting);
    keeping.focus();
  });
}

/** Photo and painting side by side, or one above the other. */
export function showSides() {
  const isSides = frame.dataset.view !== "sides";
  frame.dataset.view = isSides ? "sides" : "slide";
  document.getElementById("result-sides").setAttribute("aria-pressed", String(isSides));
}
