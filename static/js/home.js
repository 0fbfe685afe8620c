// The home page: photo, style, settings, transfer, result.

import { announce } from "./announce.js";
import * as compare from "./compare.js";
import * as keeping from "./keep.js";
import * as notice from "./notice.js";
import * as photos from "./photo.js";
import * as results from "./result.js";
import * as settings from "./settings.js";
import * as styles from "./styles.js";
import { transfer } from "./transfer.js";
import * as wall from "./wall.js";
import { duration, explain } from "./words.js";

const studio = document.getElementById("studio");
const stage = document.getElementById("stage");
const failure = document.getElementById("failure");
const limits = {
  maxPictureBytes: Number(studio.dataset.maxPictureBytes),
  maxRequestBytes: Number(studio.dataset.maxRequestBytes),
  maxPixels: Number(studio.dataset.maxPixels),
};

let photo = null;
let running = null; // AbortController of the transfer that is under way
let shown = null; // the painting in the frame

photos.enable({ onChosen: photoChosen, onRefused: (file) => refuse(file, photos.pick) });
styles.enable({ onChanged: choicesChanged, onRefused: (file) => refuse(file, styles.pickOwn) });
settings.enable({ onChanged: choicesChanged });
compare.enableViews(document.querySelector(".compare-views"), stage.querySelector(".compare"));
$("#transfer").on("click", start);
// Browsers disagree on whether Enter opens a file picker; here it does.
$("input[type=file]").on("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  event.target.click();
});
$("#result-keep").on("click", keep);
$("#painting-stop").on("click", () => running?.abort());
window.addEventListener("pageshow", (event) => { if (event.persisted) setState(photo ? "photo" : "empty"); });
choicesChanged();
performance.mark("usable");

function setState(state) {
  stage.dataset.state = state;
  document.getElementById("painting").hidden = state !== "painting";
  document.getElementById("photo-tools").hidden = state !== "photo";
  document.getElementById("result-tools").hidden = state !== "result";
  document.getElementById("transfer").disabled = state === "painting";
}

function photoChosen(chosen) {
  running?.abort();
  photo = chosen;
  notice.clear(failure);
  setState("photo");
  choicesChanged();
}

function refuse(file, pick) {
  const what = file.size > 0 ? "is not a picture that we know" : "is empty";
  notice.show(failure, {
    title: "That is no picture",
    text: `${file.name} ${what}. JPEG, PNG, WebP, GIF and HEIC work.`,
    ways: [{ label: "Choose another file", act: pick, primary: true }],
  });
  reveal(failure);
}

function choicesChanged() {
  const style = styles.chosen();
  const { mode, strength } = settings.chosen();
  const thumb = document.getElementById("transfer-thumb");
  thumb.hidden = !style?.picture;
  if (style?.picture) thumb.src = style.picture;
  const how = mode === "gatys" ? "finest" : `${Math.round(strength * 100)} %`;
  $("#transfer-words").text(style ? `${style.name}, ${how}` : "");
}

/** What is still missing before a transfer, as a notice, or null. */
function missing(style) {
  if (!photo) {
    return { title: "Which photo?", text: "Choose or take a photo first.", ways: [{ label: "Choose a photo", act: photos.pick, primary: true }] };
  }
  if (!style || (style.id === "" && !style.own)) {
    return { title: "Which style?", text: "Choose one of the styles, or a picture of your own.", ways: [{ label: "Choose the style picture", act: styles.pickOwn, primary: true }] };
  }
  return null;
}

async function start() {
  const style = styles.chosen();
  const lack = missing(style);
  if (lack) { notice.show(failure, lack); reveal(failure); return; }
  if (!settings.areValid()) return;
  notice.clear(failure);
  setState("painting");
  reveal(stage);
  const order = { photo, style, settings: settings.chosen(), limits };
  running = new AbortController();
  const { signal } = running;
  try {
    const answer = await transfer({ ...order, signal, onStep });
    if (answer.job) { window.location.assign(answer.job.urls.page); return; }
    await finished(answer, order);
  } catch (error) {
    if (signal.aborted) stopped(signal);
    else failed(error);
  }
}

async function keep() {
  const painting = shown;
  notice.clear(failure);
  try {
    await keeping.keep(painting);
  } catch (error) {
    notice.showFailure(failure, error, { retry: keep });
    reveal(failure);
    return;
  }
  if (shown !== painting) return;
  keeping.offer(painting);
  keeping.focus();
}

function onStep(words, share) {
  const bar = document.getElementById("painting-progress");
  $("#painting-words").text(share ? `${words} ${Math.floor(share * 100)} %` : words);
  bar.classList.toggle("is-unknown", share === null);
  bar.firstElementChild.style.width = share === null ? "" : `${share * 100}%`;
  if (share === null) { bar.removeAttribute("aria-valuenow"); announce(words); }
  else bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
}

async function finished(answer, order) {
  const { photo: source, style } = order;
  const { file, url } = results.asFile(answer, source.file.name, style.id || "my-style");
  const painting = { file, url, name: style.name, source, answer, order };
  await showResult(painting);
  wall.hang(painting, showResult);
  announce("Your painting is ready.");
  stage.querySelector(".compare-range").focus({ preventScroll: true });
  reveal(stage);
}

async function showResult(painting) {
  const { source, answer, name } = painting;
  shown = painting;
  const frame = stage.querySelector(".compare");
  // Without a preview of the photo (HEIC), the painting stands alone.
  frame.classList.toggle("is-single", !source.image);
  compare.setRatio(stage, answer.width, answer.height);
  const alt = `Your photo in the style ${name}`;
  await compare.fill(frame, { before: source.image?.src, after: painting.url, alt });
  notice.clear(failure);
  setState("result");
  keeping.offer(painting);
  results.offerDownload(document.getElementById("result-download"), painting);
  const shares = () => ({ files: [painting.file], title: alt });
  results.offerShare(document.getElementById("result-share"), shares, results.canShareFile(painting.file));
  const took = answer.seconds ? `, painted in ${answer.seconds < 1 ? "under a second" : duration(answer.seconds)}` : "";
  $("#result-caption").text(`${name}, ${answer.width} × ${answer.height}${took}`);
}

function stopped() {
  if (stage.dataset.state === "painting") setState("photo");
  announce("Stopped.");
}

function failed(error) {
  setState("photo");
  if (error.isAboutPicture) notice.show(failure, { ...explain(error), ways: otherPictures(error) });
  else notice.showFailure(failure, error, { retry: start });
  reveal(failure);
}

/** The ways on from a picture that does not work: the same again would not, either. */
function otherPictures({ isAboutStyle }) {
  const ways = [{ label: "Choose another photo", act: photos.pick, primary: !isAboutStyle }];
  if (styles.chosen().own) ways.push({ label: "Choose another style picture", act: styles.pickOwn, primary: isAboutStyle });
  return isAboutStyle ? ways.reverse() : ways;
}

function reveal(element) {
  const box = element.getBoundingClientRect();
  if (box.top >= 0 && box.bottom <= window.innerHeight) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: box.height > window.innerHeight ? "start" : "center", behavior: calm ? "auto" : "smooth" });
}
