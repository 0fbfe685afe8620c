// The feed: newest public pictures; new ones come by themselves without moving what one looks at.

import { announce } from "./announce.js";
import { cardOf, freshenTimes, update } from "./cards.js";
import * as notice from "./notice.js";
import { request } from "./server.js";
import { t } from "./text.js";

const ASK_SECONDS = 10; // while there are no live events
const CHECK_SECONDS = 60; // while there are

const gallery = document.getElementById("gallery");
const failure = document.getElementById("failure");
const newOnes = document.getElementById("new-ones");
const more = document.getElementById("more");

let waiting = []; // new jobs that are announced but not yet shown
let gap = null; // the page after those, while there may be more of them than one page
let next = null;
let source = null;
let timer = null;
let soon = null;

load();
$(newOnes).on("click", showWaiting);
$(more).on("click", loadMore);
$(gallery).on("keydown", walk);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
window.addEventListener("online", ask);
window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) { listen(); ask(); } });
setInterval(() => freshenTimes(gallery), 30_000);

async function load() {
  notice.clear(failure);
  try {
    const answer = await request("GET", gallery.dataset.address, { ifChanged: true });
    for (const job of answer.jobs) gallery.append(cardOf(job));
    next = answer.next;
    drawn();
    listen();
    askLater();
  } catch (error) {
    notice.showFailure(failure, error, { retry: load });
  }
}

async function loadMore() {
  more.disabled = true;
  try {
    const wanted = next;
    const answer = await request("GET", wanted);
    if (next === wanted) { // else the feed has started over meanwhile
      const fresh = answer.jobs.filter((job) => !cardFor(job.id)).map(cardOf);
      gallery.append(...fresh);
      next = answer.next;
      fresh[0]?.focus({ preventScroll: true });
      drawn();
    }
  } catch (error) {
    notice.showFailure(failure, error, { retry: loadMore });
  }
  more.disabled = false;
}

function drawn() {
  gallery.setAttribute("aria-busy", "false");
  const cards = [...gallery.children];
  // A feed without pictures is no feed to screen readers.
  $(gallery).attr(cards.length ? { role: "feed", "aria-label": t("Newest paintings") } : { role: null, "aria-label": null });
  const all = next ? -1 : cards.length; // -1: nobody knows yet
  cards.forEach((card, place) => $(card).attr({ "aria-posinset": place + 1, "aria-setsize": all }));
  document.getElementById("gallery-empty").hidden = gallery.children.length > 0;
  more.hidden = !next;
}

/** Page down and up go from picture to picture, as screen readers' users know it from other feeds. */
function walk(event) {
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  if (!step || event.target.type === "range") return; // the slider has these keys itself
  const cards = [...gallery.children];
  const card = cards[cards.indexOf(event.target.closest(".picture-card")) + step];
  if (!card) return;
  event.preventDefault();
  card.focus();
}

function cardFor(id) {
  return gallery.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

function listen() {
  if (!window.EventSource) return;
  source?.close();
  source = new EventSource(gallery.dataset.events);
  // A new picture, or one that was taken back; many changes at once are one question.
  source.addEventListener("job", () => {
    clearTimeout(soon);
    soon = setTimeout(ask, 150);
  });
}

function askLater() {
  clearTimeout(timer);
  const isLive = source?.readyState === EventSource.OPEN;
  timer = setTimeout(ask, 1000 * (isLive ? CHECK_SECONDS : ASK_SECONDS));
}

/** Ask for the first page; show or announce what is new, take away what is private again. */
async function ask() {
  try {
    const answer = await request("GET", gallery.dataset.address, { ifChanged: true });
    if (answer) merge(answer);
  } catch { /* the feed stays as it is; the next turn asks again */ }
  askLater();
}

function merge({ jobs, next: following }) {
  const ids = new Set(jobs.map((job) => job.id));
  takeAway(ids, !following);
  const last = jobs.findLastIndex((job) => cardFor(job.id));
  // After a long sleep all of the first page is news, and some of the next may be, too.
  gap = last < 0 ? following : null;
  waiting = waiting.filter((job) => ids.has(job.id));
  const known = new Set(waiting.map((job) => job.id));
  const fresh = [];
  jobs.forEach((job, place) => {
    const card = cardFor(job.id);
    if (card) update(card, job);
    // What follows the last known card moved up when another went away: not news.
    else if (!known.has(job.id) && (place < last || last < 0)) fresh.push(job);
  });
  waiting = [...fresh, ...waiting];
  offerWaiting(fresh.length);
}

/** Cards that should stand on the first page and do not have been taken back by their owners. */
function takeAway(ids, isWhole) {
  const cards = [...gallery.children];
  const last = isWhole ? cards.length : cards.findLastIndex((card) => ids.has(card.dataset.id));
  // -1: all of the first page is newer than the cards, which says nothing about them.
  for (const card of cards.slice(0, Math.max(0, last))) {
    if (!ids.has(card.dataset.id)) card.remove();
  }
  drawn();
}

function offerWaiting(added) {
  if (waiting.length === 0) { newOnes.hidden = true; return; }
  const words = newPictures();
  if (added > 0) announce(words);
  // At the top nothing can jump; further down, a button says that there is something.
  if (window.scrollY < 120 && !gallery.contains(document.activeElement)) { showWaiting(); return; }
  $(newOnes).find("span").text(words);
  newOnes.hidden = false;
}

function newPictures() {
  return gap ? t("Many new pictures") : t("New pictures: {count}", { count: waiting.length });
}

function showWaiting(event) {
  const cards = waiting.map((job) => cardOf(job));
  // The feed starts over, so that nothing is missing in its middle; older ones come back page by page.
  if (gap) { gallery.replaceChildren(); next = gap; gap = null; }
  for (const card of cards) card.classList.add("is-new");
  gallery.prepend(...cards);
  waiting = [];
  newOnes.hidden = true;
  drawn();
  if (!event) return;
  cards[0]?.focus({ preventScroll: true });
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollTo({ top: 0, behavior: calm ? "auto" : "smooth" });
}
