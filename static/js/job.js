// The page of one job: follows it and offers what can be done in its state.

import * as actions from "./job-actions.js";
import { announce } from "./announce.js";
import * as compare from "./compare.js";
import { follow, isFinal } from "./follow.js";
import { describe, describeMissing, facts, settingsOf, stageWords, styleName } from "./job-words.js";
import { empty, swap } from "./swap.js";
import { t } from "./text.js";
import { timeLeft } from "./words.js";

const page = document.getElementById("job");
const frame = page.querySelector(".compare");
const byId = (id) => document.getElementById(id);

let lastStatus = "";
let lastQuarter = 0;
let etaTimer = null;

compare.enableViews(page.querySelector(".compare-views"), frame);
actions.enable({ page, show });
const following = follow(page.dataset.job, {
  onJob: (job) => { found(); if (job) show(job); },
  onLost: lost,
  onGone: showMissing,
});
byId("job-lost").addEventListener("click", (event) => { if (event.target.closest("button")) following.ask(); });

function show(job) {
  page.dataset.state = job.status;
  const { title, text } = describe(job);
  setText("job-title", title);
  setText("job-text", text);
  document.title = job.status === "running" ? `${percentOf(job)} % · Stylekit` : `${title} · Stylekit`;
  showProgress(job);
  showPictures(job);
  showFacts(job);
  actions.offer(job);
  if (job.status !== lastStatus) changed(job, title);
}

function changed(job, title) {
  const wasWatching = lastStatus !== "";
  lastStatus = job.status;
  if (wasWatching) announce(`${title}. ${describe(job).text}`);
}

/** Whole percent, and never 100 before the picture can be fetched. */
function percentOf(job) {
  return job.status === "done" ? 100 : Math.min(99, Math.floor(job.progress * 100));
}

function showProgress(job) {
  const part = byId("job-progress");
  part.hidden = isFinal(job);
  if (part.hidden) { clearInterval(etaTimer); return; }
  const percent = percentOf(job);
  const bar = part.querySelector(".progress");
  bar.classList.toggle("is-unknown", job.status === "queued");
  bar.firstElementChild.style.width = job.status === "queued" ? "" : `${percent}%`;
  if (job.status === "queued") bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", String(percent));
  bar.setAttribute("aria-valuetext", job.status === "queued" ? t("Waiting") : t("{count} percent", { count: percent }));
  setText("job-percent", job.status === "queued" ? "" : `${percent} %`);
  setText("job-stage-words", stageWords(job.stage));
  announceQuarters(job, percent);
  countEta(job.status === "running" ? job.eta_seconds : null);
}

/** Screen readers hear of every quarter, not of every percent. */
function announceQuarters(job, percent) {
  const quarter = job.status === "running" ? Math.floor(percent / 25) : 0;
  if (quarter > lastQuarter) announce(t("{count} percent painted", { count: percent }));
  lastQuarter = quarter;
}

function countEta(seconds) {
  clearInterval(etaTimer);
  const since = Date.now();
  const tick = () => setText("job-eta", seconds === null ? "" : timeLeft(Math.max(0, seconds - (Date.now() - since) / 1000)));
  tick();
  if (seconds !== null) etaTimer = setInterval(tick, 1000);
}

function showPictures(job) {
  const isDone = job.status === "done";
  compare.setRatio(byId("canvas"), job.width, job.height);
  showOnCanvas("job-photo", job.urls.content);
  showOnCanvas("job-preview", isFinal(job) ? null : job.urls.preview);
  byId("job-live").hidden = job.status !== "running";
  byId("job-views").hidden = !isDone || !job.urls.content;
  byId("job-result").hidden = !isDone;
  byId("job-photo").hidden = isDone || !job.urls.content;
  const shows = `${job.urls.result} ${job.urls.content ?? ""}`;
  if (isDone && frame.dataset.shows !== shows) {
    frame.dataset.shows = shows;
    compare.fill(frame, { before: job.urls.content, after: job.urls.result, alt: t("A photo in the style {style}", { style: styleName(job) }) });
  }
}

async function showOnCanvas(id, address) {
  if (!address) { empty(byId(id)); return; }
  const shown = await swap(byId(id), address);
  if (shown) compare.setRatio(byId("canvas"), shown.naturalWidth, shown.naturalHeight);
}

function showFacts(job) {
  byId("job-facts").hidden = false;
  byId("job-settings").hidden = false;
  fillList(byId("job-facts"), facts(job));
  fillList(page.querySelector("#job-settings dl"), settingsOf(job, JSON.parse(page.dataset.optionWords)));
}

function fillList(list, rows) {
  const said = JSON.stringify(rows);
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  $(list).empty();
  for (const [term, words] of rows) {
    $(list).append($("<div>").append($("<dt>").text(term), $("<dd>").text(words)));
  }
}

function showMissing(failure) {
  found();
  page.dataset.state = "missing";
  const { title, text } = describeMissing(failure);
  setText("job-title", title);
  setText("job-text", text);
  document.title = `${title} · Stylekit`;
  for (const id of ["job-progress", "job-views", "job-facts", "job-settings", "job-result", "job-photo", "job-preview", "job-live"]) byId(id).hidden = true;
  actions.offerNothing();
  announce(`${title}. ${text}`);
}

function lost(failure) {
  countEta(null); // nobody knows while the server is away
  const place = byId("job-lost");
  const words = failure.status === 0
    ? t("Connection lost. The painting goes on without you; this page looks again every few seconds.")
    : t("The server is busy. The painting goes on; this page looks again every few seconds.");
  if (place.hidden) {
    const button = $("<button type='button' class='btn btn-quiet btn-sm'>").text(t("Look now"));
    $(place).empty().append($("<span>").text(words), button);
  }
  place.hidden = false;
}

function found() {
  const place = byId("job-lost");
  if (!place.hidden) announce(t("Connected again."));
  place.hidden = true;
}

/** Change text only when it differs, so that screen readers and selections are left in peace. */
function setText(id, words) {
  const place = byId(id);
  if (place.textContent !== words) place.textContent = words;
}
