// Picture cards, for the feed and for my pictures.

import * as compare from "./compare.js";
import { styleName } from "./job-words.js";
import { swap } from "./swap.js";
import { t } from "./text.js";
import { relative } from "./words.js";

const STATES = { queued: t("Waiting"), running: t("Being painted"), failed: t("Failed"), cancelled: t("Cancelled") };

/** A new card for a job. */
export function cardOf(job) {
  const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
  card.dataset.id = job.id;
  compare.enable(card.querySelector(".compare"));
  update(card, job);
  return card;
}

/** Make a card say what its job says now. */
export function update(card, job) {
  if (card.dataset.version === String(job.version)) return;
  card.dataset.version = job.version;
  card.dataset.state = job.status;
  const title = job.style?.name ? t(job.style.name) : ownStyle(job);
  $(card).find(".card-title a").attr("href", job.urls.page).text(title);
  card.setAttribute("aria-label", title);
  $(card).find(".card-state").text(STATES[job.status] ?? "");
  const when = job.finished_at ?? job.created_at;
  $(card).find("time").attr("datetime", when).text(relative(when));
  card.querySelector(".card-shown").hidden = !(job.public && job.mine && job.status === "done");
  $(card).find(".card-delete").attr("aria-label", t("Delete: {name}", { name: title }));
  showPicture(card, job);
}

function ownStyle(job) {
  return job.mine ? t("In a style of your own") : t("In a style of their own");
}

/** Keep the words "5 minutes ago" true. */
export function freshenTimes(gallery) {
  $(gallery).find("time").each((_, time) => { $(time).text(relative(time.dateTime)); });
}

function showPicture(card, job) {
  const frame = card.querySelector(".compare");
  const waiting = card.querySelector(".card-waiting");
  const isDone = job.status === "done";
  const isMoving = job.status === "queued" || job.status === "running";
  frame.hidden = !isDone;
  waiting.hidden = !isMoving;
  const none = card.querySelector(".card-none");
  none.hidden = isDone || isMoving;
  if (!none.hidden && job.urls.content) none.querySelector("img").src = `${job.urls.content}?width=640`;
  if (isDone && frame.dataset.shows !== shows(job)) fillFrame(frame, job);
  if (isMoving) fillWaiting(waiting, job);
}

/** The photo beside the painting, or null: the feed shows its owner, too, what everybody sees. */
function photoOf(job) {
  const isForAll = document.getElementById("card").dataset.for === "everybody";
  return isForAll && !job.photo_shared ? null : job.urls.content;
}

function shows(job) {
  return `${job.urls.result} ${photoOf(job) ?? ""}`;
}

function fillFrame(frame, job) {
  frame.dataset.shows = shows(job);
  for (const image of frame.querySelectorAll("img")) image.loading = "lazy";
  if (job.width) frame.querySelector(".compare-after").setAttribute("width", job.width);
  if (job.height) frame.querySelector(".compare-after").setAttribute("height", job.height);
  frame.querySelector(".compare-range").setAttribute("aria-label", t("How much of the original photo is uncovered, {style}", { style: styleName(job) }));
  const small = `?width=${Math.min(640, job.width || 640)}`;
  const after = `${job.urls.result}${small}&format=webp`; // a PNG of this size has five times the bytes
  const photo = photoOf(job);
  const before = photo && photo + small;
  compare.fill(frame, { before, after, alt: t("A photo in the style {style}", { style: styleName(job) }) });
}

function fillWaiting(place, job) {
  const percent = Math.min(99, Math.floor(job.progress * 100));
  showStanding(place.querySelector("img"), job);
  const bar = place.querySelector(".progress");
  bar.setAttribute("aria-valuenow", String(percent));
  bar.firstElementChild.style.width = `${percent}%`;
}

/** The picture as it stands; the photo while there is none, or where it went before it could be fetched. */
async function showStanding(image, { urls }) {
  if (urls.preview && (await swap(image, urls.preview) || image.src)) return;
  if (urls.content) await swap(image, `${urls.content}?width=640`);
}
