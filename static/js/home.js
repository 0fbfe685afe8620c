// The home page: choose a photo, tap a style, and it is painted; everything stays until it is deleted.

import { announce } from "./announce.js";
import * as batch from "./batch.js";
import * as compare from "./compare.js";
import * as device from "./device.js";
import * as history from "./history.js";
import * as install from "./install.js";
import * as keeping from "./keep.js";
import * as lightbox from "./lightbox.js";
import * as notice from "./notice.js";
import * as photos from "./photo.js";
import { whyNot } from "./picture.js";
import { finer, isLineSlow, isPossible, refine } from "./refine.js";
import * as results from "./result.js";
import * as settings from "./settings.js";
import * as styles from "./styles.js";
import { t } from "./text.js";
import * as tiles from "./tiles.js";
import { swap } from "./swap.js";
import { transfer } from "./transfer.js";
import * as uploads from "./uploads.js";
import { explain } from "./words.js";

const studio = document.getElementById("studio");
const stage = document.getElementById("stage");
const frame = stage.querySelector(".compare");
const failure = document.getElementById("failure");
const limits = {
  maxPictureBytes: Number(studio.dataset.maxPictureBytes),
  maxRequestBytes: Number(studio.dataset.maxRequestBytes),
  maxPixels: Number(studio.dataset.maxPixels),
};
const COARSE_SHARE = 0.3; // of refining, after which the picture has its size

let photo = null;
let running = null; // AbortController of what is under way
let refining = null; // and of the painting that goes on
let shown = null; // the painting in the frame

photos.enable({ onChosen: photoChosen, onRefused: (file) => refuse(file, photos.pick), onMore: severalChosen, onOurs: settingsBack });
styles.enable({ onChanged: choiceMade, onAgain: choiceMade, onRefused: (file) => refuse(file, styles.pickOwn) });
settings.enable({ onChanged: drawActions, onReleased: choiceMade });
lightbox.enable(() => shown);
install.enable();
$("#transfer").on("click", paint);
$("#painting-stop").on("click", () => running?.abort());
$("#result-keep").on("click", keep);
$("#result-finer").on("click", () => goOn(shown, 0));
$("#result-download").on("click", download);
$("#result-sides").on("click", showSides);
$("#result-both").on("click", async () => results.save(await results.beforeAndAfter(shown)));
results.offerShare(document.getElementById("result-share"), share);
// Browsers disagree on whether Enter opens a file picker; here it does.
$("input[type=file]").on("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  event.target.click();
});
drawActions();
performance.mark("usable");
bringBack();
// Only once somebody does something: it would be in the way of the first look.
window.addEventListener("pointerdown", () => { navigator.serviceWorker?.register("/sw.js").catch(() => {}); }, { once: true });

// What is on the stage -------------------------------------------------------------------------

function setState(state) {
  stage.dataset.state = state;
  studio.dataset.step = state;
  $("#result-sides, #result-large").prop("hidden", state !== "result");
  $("#result-words").prop("hidden", state !== "result");
  drawActions();
}

function drawActions() {
  const { mode } = settings.chosen();
  const isResult = stage.dataset.state === "result";
  const style = styles.chosen();
  document.getElementById("batch-paint").disabled = mode === "gatys";
  document.getElementById("result-both").hidden = !shown?.order.photo.url;
  document.getElementById("transfer").hidden = mode !== "gatys";
  document.getElementById("result-tools").hidden = !isResult || mode === "gatys";
  document.getElementById("result-finer").hidden = !isResult || Boolean(refining) || Boolean(running) || !isPossible(shown.order);
  document.getElementById("result-share").hidden = !(shown && results.canShareFile(shown.picture));
  const hint = photo ? (mode === "gatys" ? t("The finest takes a while.") : t("Tap a style.")) : t("Choose a photo to begin.");
  $("#action-hint").text(hint).prop("hidden", isResult && mode !== "gatys");
  $("#style-name").text([style?.name, mode === "gatys" ? t("Finest") : settings.spoken()].filter(Boolean).join(", "));
}

function setBusy(isBusy) {
  if (isBusy) document.getElementById("result-finer").hidden = true;
  document.getElementById("painting").hidden = !isBusy;
  stage.toggleAttribute("data-busy", isBusy);
  for (const id of ["transfer", "result-download", "result-keep", "result-share"]) document.getElementById(id).disabled = isBusy;
}

function onStep(words, share) {
  const bar = document.getElementById("painting-progress");
  const place = document.getElementById("painting-words");
  place.textContent = share ? `${words} ${Math.floor(share * 100)} %` : words;
  bar.classList.toggle("is-unknown", share === null);
  bar.firstElementChild.style.width = share === null ? "" : `${share * 100}%`;
  if (share === null) { bar.removeAttribute("aria-valuenow"); announce(words); }
  else bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
}

// Choices --------------------------------------------------------------------------------------

async function photoChosen(chosen) {
  running?.abort();
  refining?.abort();
  if (photo) uploads.stop(photo);
  notice.clear(failure);
  usePhoto(chosen);
  photos.tell(chosen);
  remember();
  if (settings.chosen().mode === "fast" && styles.chosen()) paint();
}

/** Put a photo on the stage. */
function usePhoto(chosen) {
  photo = chosen;
  shown = null;
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
    if (photo !== chosen) return;
    photos.tellNotes(chosen);
    remember();
    if (studio.dataset.tiles) await tiles.show(id);
  } catch (error) {
    if (photo === chosen && error.isAboutPicture) failed(error);
  }
}

function choiceMade() {
  drawActions();
  remember();
  if (photo && settings.chosen().mode === "fast" && styles.chosen()) paint();
}

function refuse(file, pick) {
  notice.show(failure, {
    title: t("That is no picture"),
    text: whyNot(file),
    ways: [{ label: t("Choose another file"), act: pick, primary: true }],
  });
  reveal(failure);
}

/** A picture that was painted here: how it was painted comes back, and the photo stays. */
async function settingsBack(made, choose) {
  settings.restore({ mode: made.engine, preserve_colors: made.options.preserve_colors, options: made.options });
  if (made.style) await styles.restore({ id: made.style, own: null });
  choiceMade();
  notice.show(failure, {
    title: styles.chosen()?.name ?? t("Adjust"),
    text: t("This picture was painted here: its style and settings are back. Choose its photo to paint it again."),
    ways: [
      { label: t("Choose a photo"), act: photos.pick, primary: true },
      { label: t("Paint this picture itself"), act: choose },
    ],
  });
  reveal(failure);
}

/** The first of several photos is on the stage; all of them can be painted. One ends what several began. */
function severalChosen(files) {
  if (files.length < 2) batch.end();
  else batch.begin(files, orderOfAll);
}

/** How several photos are painted, quickly; null while a style is missing, which is said. */
function orderOfAll() {
  const lack = missing(styles.chosen());
  if (lack) { notice.show(failure, lack); reveal(failure); return null; }
  return { style: { ...styles.chosen() }, settings: settings.chosen(), limits };
}

/** What is still missing before a painting, as a notice, or null. */
function missing(style) {
  if (!photo) {
    return { title: t("Which photo?"), text: t("Choose or take a photo first."), ways: [{ label: t("Choose a photo"), act: photos.pick, primary: true }] };
  }
  if (!style || (style.id === "" && !style.own)) {
    return { title: t("Which style?"), text: t("Choose one of the styles, or a picture of your own."), ways: [{ label: t("Choose the style picture"), act: styles.pickOwn, primary: true }] };
  }
  return null;
}

// Painting -------------------------------------------------------------------------------------

async function paint() {
  const style = styles.chosen();
  const lack = missing(style);
  if (lack) {
    if (settings.chosen().mode === "gatys") { notice.show(failure, lack); reveal(failure); }
    return;
  }
  if (!settings.areValid()) return;
  const order = { photo, style: { ...style }, settings: settings.chosen(), limits };
  const isFull = order.settings.mode !== "fast"; // what is painted for a page of its own has the photo's size
  await busily(paint, async (signal) => {
    const answer = await transfer({ ...order, isFull, signal, onStep });
    if (answer.job) window.location.assign(answer.job.urls.page);
    else await finished(answer, order);
  });
}

/** Do what takes a moment, with words, a way to stop, and what went wrong; one thing at a time. */
async function busily(again, act) {
  running?.abort();
  refining?.abort();
  const mine = new AbortController();
  running = mine;
  notice.clear(failure);
  setBusy(true);
  try {
    await act(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) announce(t("Stopped."));
    else if (running === mine) failed(error, again);
  } finally {
    if (running === mine) { running = null; setBusy(false); drawActions(); }
  }
}

async function finished(picture, order) {
  if (order.photo !== photo) return;
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
  if (shown === painting && seconds > 0 && !document.hidden && !isLineSlow()) goOn(painting, seconds);
}

/** Refine the painting on the stage, for so many seconds; for 0 until it is done or somebody finds it good. */
async function goOn(painting, seconds) {
  if (!isPossible(painting.order)) return;
  refining?.abort();
  const mine = new AbortController();
  refining = mine;
  const largestSide = Number(studio.dataset.gatysMaxSide);
  const settings = finer(painting.order.settings, { seconds, largestSide });
  const isAsked = seconds === 0;
  const coarse = painting.finer ? COARSE_SHARE : 0; // what begins anew is at first less than what is there
  showRefining(0);
  try {
    const onPreview = (address, share) => { if (refining === mine) showRefining(share, share >= coarse ? address : null); };
    const onJob = ({ finish }) => { $("#refining-good").off("click").on("click", finish); };
    const picture = await refine(painting.order, { settings, isPatient: isAsked, signal: mine.signal, onPreview, onJob });
    if (refining === mine && picture) await refined(painting, picture, settings);
  } catch (error) {
    if (shown === painting) swap(frame.querySelector(".compare-after"), painting.address); // as it was
    if (isAsked && !mine.signal.aborted) failed(error, () => goOn(painting, 0)); // nobody asked for the others
  } finally {
    if (refining === mine) { refining = null; document.getElementById("refining").hidden = true; drawActions(); }
  }
}

function showRefining(share, address = null) {
  document.getElementById("refining").hidden = false;
  document.getElementById("result-finer").hidden = true;
  document.getElementById("refining-share").style.width = `${Math.round(100 * share)}%`;
  if (address) swap(frame.querySelector(".compare-after"), address);
}

/** The painting is the finer one from now on: on the stage, in the history, for downloads. */
async function refined(painting, picture, settings) {
  Object.assign(painting, { picture, finer: settings, full: null });
  URL.revokeObjectURL(painting.address);
  painting.address = URL.createObjectURL(picture);
  await swap(frame.querySelector(".compare-after"), painting.address);
  await device.changePainting(painting.id, { picture, finer: settings });
  announce(t("Your painting is finer now."));
}

async function showResult(painting) {
  const { order, name, picture } = painting;
  if (shown?.address) URL.revokeObjectURL(shown.address);
  shown = painting;
  painting.address = URL.createObjectURL(picture);
  const alt = t("Your photo in the style {style}", { style: name });
  await compare.fill(frame, { before: order.photo.url, after: painting.address, alt, uncovered: 0 });
  const image = frame.querySelector(".compare-after");
  compare.setRatio(stage, image.naturalWidth, image.naturalHeight);
  setState("result");
  keeping.offer(painting);
  const { width, height } = order.photo;
  const isSmaller = width > 0 && uploads.hasFullSize(order.photo);
  const seen = t("{style}, {size} on the screen.", { style: name, size: `${image.naturalWidth} × ${image.naturalHeight}` });
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

function download() {
  const painting = shown;
  busily(download, async (signal) => results.save(await results.inFull(painting, { signal, onStep })));
}

/** What is shared; nothing when it could not be painted. */
async function share() {
  const painting = shown;
  let file = null;
  await busily(() => document.getElementById("result-share").click(), async (signal) => {
    file = await results.inFull(painting, { signal, onStep });
  });
  return file && { files: [file], title: t("A photo in the style {style}", { style: painting.name }) };
}

function keep() {
  const painting = shown;
  busily(keep, async (signal) => {
    await keeping.keep(painting, { signal, onStep });
    device.changePainting(painting.id, { page: painting.page });
    if (shown !== painting) return;
    keeping.offer(painting);
    keeping.focus();
  });
}

function showSides() {
  const isSides = frame.dataset.view !== "sides";
  frame.dataset.view = isSides ? "sides" : "slide";
  document.getElementById("result-sides").setAttribute("aria-pressed", String(isSides));
}

function failed(error, again = paint) {
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

function reveal(element) {
  const box = element.getBoundingClientRect();
  if (box.top >= 0 && box.bottom <= window.innerHeight) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: box.height > window.innerHeight ? "start" : "center", behavior: calm ? "auto" : "smooth" });
}

// What this device keeps -----------------------------------------------------------------------

async function remember() {
  const style = styles.chosen();
  device.keepSession({
    photo: photo && await device.keepPhoto(photo),
    style: style && { id: style.id, own: style.own?.file },
    settings: settings.chosen(),
    painting: shown?.id ?? null,
  });
}

/** After a reload, Back or a crash: all as it was. */
async function bringBack() {
  await history.enable({ onChosen: showAgain, onCleared: forget });
  const asked = new URLSearchParams(window.location.search);
  if (asked.has("photo") && await takePhotoOf(asked.get("photo"))) return;
  if (asked.has("shared") && await photos.takeShared()) return;
  if (asked.has("sample") && photos.takeSample(asked.get("sample"))) return;
  const last = await device.session();
  if (!last || photo) return;
  if (last.settings) settings.restore(last.settings);
  if (last.style) await styles.restore(last.style);
  drawActions();
  const found = last.photo && await photos.prepared(last.photo.file);
  if (!found || photo) return;
  usePhoto(found);
  if (last.painting) await showAgain(last.painting);
}

/** A painting of the history, with its photo, style and settings. */
async function showAgain(id) {
  const kept = await device.painting(id);
  if (!kept) return;
  running?.abort();
  refining?.abort();
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
  const { file } = photo ?? {};
  if (!stored || (file?.name === stored.file.name && file.size === stored.file.size)) return photo;
  const found = await photos.prepared(stored.file);
  usePhoto(found);
  return found;
}

function forget() {
  running?.abort();
  refining?.abort();
  if (photo) uploads.stop(photo);
  window.location.reload();
}
