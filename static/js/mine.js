// My pictures: what this browser's owner painted; delete one, delete all.

import { announce } from "./announce.js";
import { cardOf, freshenTimes, update } from "./cards.js";
import { confirmed } from "./confirm.js";
import { isFinal } from "./follow.js";
import * as notice from "./notice.js";
import { request } from "./server.js";
import { t } from "./text.js";

const ASK_SECONDS = 3; // while something is being painted

const gallery = document.getElementById("gallery");
const failure = document.getElementById("failure");
const more = document.getElementById("more");
const all = document.getElementById("delete-all");

let next = null;
let timer = null;

load();
$(more).on("click", loadMore);
$(all).on("click", deleteAll);
$(gallery).on("click", ".card-delete", (event) => deleteOne(event.currentTarget.closest(".picture-card")));
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(() => freshenTimes(gallery), 30_000);

async function load() {
  notice.clear(failure);
  try {
    const answer = await request("GET", gallery.dataset.address);
    gallery.replaceChildren();
    show(answer);
  } catch (error) {
    notice.showFailure(failure, error, { retry: load });
  }
}

async function loadMore() {
  more.disabled = true;
  try {
    const first = gallery.children.length;
    show(await request("GET", next));
    gallery.children[first]?.focus({ preventScroll: true });
  } catch (error) {
    notice.showFailure(failure, error, { retry: loadMore });
  }
  more.disabled = false;
}

function cardFor(id) {
  return gallery.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

function show({ jobs, next: following }) {
  for (const job of jobs.filter(({ id }) => !cardFor(id))) {
    const card = cardOf(job);
    card.querySelector(".card-delete").hidden = false;
    gallery.append(card);
  }
  next = following;
  drawn();
  refreshLater();
}

function drawn() {
  gallery.setAttribute("aria-busy", "false");
  const isEmpty = gallery.children.length === 0;
  document.getElementById("gallery-empty").hidden = !isEmpty;
  all.hidden = isEmpty;
  more.hidden = !next;
}

function movingCards() {
  return [...gallery.children].filter((card) => !isFinal({ status: card.dataset.state }));
}

function refreshLater() {
  clearTimeout(timer);
  if (movingCards().length > 0) timer = setTimeout(refresh, 1000 * ASK_SECONDS);
}

async function refresh() {
  try {
    const { jobs } = await request("GET", gallery.dataset.address);
    for (const job of jobs) {
      const card = cardFor(job.id);
      if (card) update(card, job);
    }
    await refreshOlder(new Set(jobs.map((job) => job.id)));
  } catch { /* the list stays as it is */ }
  refreshLater();
}

/** What moves and is not on the first page is asked for by itself; one at a time, which is gentle to the server. */
async function refreshOlder(newest) {
  for (const card of movingCards().filter(({ dataset }) => !newest.has(dataset.id))) {
    try {
      const job = await request("GET", `${gallery.dataset.address}/${card.dataset.id}`, { ifChanged: true });
      if (job) update(card, job);
    } catch (error) {
      if (error.status !== 404 && error.status !== 410) continue; // it stays as it is
      card.remove(); // deleted elsewhere
      drawn();
    }
  }
}

async function deleteOne(card) {
  const title = card.getAttribute("aria-label");
  const yes = await confirmed({ title: t("Delete “{title}”?", { title }), text: t("Photo, style and painting are deleted for good."), yes: t("Delete") });
  if (!yes) return;
  await attempt(async () => {
    await request("DELETE", `${gallery.dataset.address}/${card.dataset.id}`);
    (card.nextElementSibling ?? card.previousElementSibling ?? document.getElementById("main")).focus({ preventScroll: true });
    card.remove();
    announce(t("Deleted: {name}.", { name: title }));
    drawn();
  });
}

async function deleteAll() {
  const yes = await confirmed({
    title: t("Delete all your pictures?"),
    text: t("Every photo, style and painting of this browser is deleted for good, also from the feed. What is being painted is cancelled."),
    yes: t("Delete all"),
    no: t("Keep them"),
  });
  if (!yes) return;
  await attempt(async () => {
    await request("DELETE", gallery.dataset.address);
    gallery.replaceChildren();
    next = null;
    announce(t("All your pictures are deleted."));
    drawn();
    document.getElementById("main").focus();
  });
}

async function attempt(action) {
  notice.clear(failure);
  try {
    await action();
  } catch (error) {
    notice.showFailure(failure, error, { retry: () => attempt(action) });
  }
}
