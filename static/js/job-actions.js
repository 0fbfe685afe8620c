// What can be done with a job: download, share, cancel, show in the feed, run again, delete.

import { announce } from "./announce.js";
import { confirmed } from "./confirm.js";
import * as notice from "./notice.js";
import { offerShare } from "./result.js";
import { request } from "./server.js";
import { fillOptions, optionsIn } from "./settings.js";
import { t } from "./text.js";

const byId = (id) => document.getElementById(id);
const ALL = ["do-download", "do-retry", "do-share", "do-link", "do-cancel", "do-new", "do-other", "do-grid", "do-delete", "job-public", "job-photo-shared", "job-again"];

let job = null;
let filledFor = "";

/** Wire the buttons once. `show(job)` redraws the page. */
export function enable({ page, show }) {
  const address = page.dataset.job;
  const act = (method, path, body, then) => attempt(() => request(method, address + path, { body }).then(then));

  $("#do-cancel").on("click", () => act("POST", "/cancel", {}, (answer) => answer && show(answer.job ?? answer)));
  $("#do-retry").on("click", () => act("POST", "/again", {}, goTo));
  $("#again-form").on("submit", (event) => {
    event.preventDefault();
    const options = { ...job.options, ...optionsIn(event.target, { all: true }) };
    act("POST", "/again", { options }, (answer) => (answer.job.id === job.id ? sayUnchanged(event.target) : goTo(answer)));
  });
  const turn = (id, field, said) => $(id).on("change", async ({ target }) => {
    const wanted = target.checked;
    const worked = await act("PATCH", "", { [field]: wanted }, (answer) => { show(answer); announce(said(wanted)); });
    if (!worked) target.checked = !wanted;
  });
  turn("#do-public", "public", (isOn) => (isOn ? t("It is in the feed now.") : t("It is taken back: only you can see it.")));
  turn("#do-photo-shared", "photo_shared", photoHelp);
  $("#do-delete").on("click", async () => {
    const yes = await confirmed({ title: t("Delete this painting?"), text: t("Photo, style and painting are deleted for good, here and in the feed."), yes: t("Delete") });
    if (yes) act("DELETE", "", undefined, () => window.location.assign("/mine"));
  });
  $("#do-link").on("click", copyLink);
  offerShare(byId("do-share"), () => ({ title: t("My painting"), url: window.location.href }));
  byId("do-share").hidden = true;
}

/** Show what this state offers, and fill the fields. */
export function offer(current) {
  job = current;
  const isDone = job.status === "done";
  const isMoving = job.status === "queued" || job.status === "running";
  const offered = {
    "do-download": isDone,
    "do-grid": isDone && Boolean(job.urls.grid),
    "do-link": !job.withdrawn && !navigator.share,
    "do-share": isDone && !job.withdrawn && Boolean(navigator.share),
    "do-cancel": isMoving && job.mine,
    "do-retry": (job.status === "failed" || job.status === "cancelled") && job.mine,
    "do-new": !isMoving,
    "do-other": !isMoving && job.mine,
    "do-delete": !isMoving && job.mine,
    "job-public": job.mine && job.status !== "failed" && job.status !== "cancelled",
    "job-photo-shared": job.mine && job.status !== "failed" && job.status !== "cancelled",
    "job-again": !isMoving && job.mine && job.engine === "gatys",
  };
  for (const id of ALL) byId(id).hidden = !offered[id];
  byId("do-new").classList.replace("btn-primary", "btn-quiet");
  fill();
}

/** Nothing can be done with a job that is not there, but to begin another. */
export function offerNothing() {
  for (const id of ALL) byId(id).hidden = id !== "do-new";
  byId("do-new").classList.replace("btn-quiet", "btn-primary");
}

function fill() {
  $("#do-other").attr("href", `/?photo=${job.id}`);
  byId("do-public").checked = job.public;
  $("#public-help").text(feedHelp());
  byId("do-photo-shared").checked = job.photo_shared;
  $("#photo-shared-help").text(photoHelp(job.photo_shared));
  if (job.status === "done") {
    // The server names the files: photo-woodblock-wave.jpg.
    $("#do-download").attr({ href: `${job.urls.result}?download=1`, download: "" });
    $("#do-grid").attr({ href: `${job.urls.grid}?download=1`, download: "" });
  }
  if (filledFor !== job.id) { filledFor = job.id; fillOptions(byId("again-form"), job.options); }
}

function feedHelp() {
  if (job.public) return t("Everybody can see it there. Turn it off to take it back.");
  if (job.withdrawn) return t("Off: you took it back, so only you can see it; links to it open for nobody else.");
  return t("Off: only people with this link can see it.");
}

function photoHelp(isShared) {
  if (!isShared) return t("Off: others see the painting alone.");
  return t("Whoever sees the painting sees the photo, too, and a style picture of your own.");
}

/** Do it; show the failure with a way on. Resolves with whether it worked. */
async function attempt(action) {
  const place = byId("failure");
  notice.clear(place);
  try {
    await action();
    return true;
  } catch (failure) {
    notice.showFailure(place, failure, { retry: () => attempt(action) });
    return false;
  }
}

function goTo(answer) {
  const next = answer.job ?? answer;
  if (next.id === job.id) window.location.reload();
  else window.location.assign(next.urls.page);
}

/** The same settings give the same painting, which is here already. */
function sayUnchanged(form) {
  notice.show(byId("failure"), {
    title: t("That is this painting"),
    text: t("It has these settings already. Change one of them, or the seed, for another painting."),
    ways: [{ label: t("Change the seed"), primary: true, act: () => form.querySelector("[data-option=seed]").focus() }],
  });
  byId("failure").scrollIntoView({ block: "nearest" });
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(window.location.href);
    flash(t("Copied"));
    announce(t("The link is copied."));
  } catch {
    window.prompt(t("The link to this painting:"), window.location.href);
  }
}

function flash(words) {
  const place = byId("do-link").lastChild;
  const before = place.textContent;
  place.textContent = words;
  setTimeout(() => { place.textContent = before; }, 1500);
}
