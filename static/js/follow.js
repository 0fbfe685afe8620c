// Follows one job: live events where they work, asking again where they do not.

import { request } from "./server.js";

const ASK_SECONDS = 2; // while there are no live events
const CHECK_SECONDS = 15; // while there are, in case one was lost
const FINAL = new Set(["done", "failed", "cancelled"]);

export function isFinal(job) {
  return FINAL.has(job.status);
}

/**
 * Calls `onJob(job)` at every change until the job has ended, `onLost(failure)` while the server
 * cannot be reached, and `onGone(failure)` when there is no such job (any more).
 * Returns {ask, stop}.
 */
export function follow(address, { onJob, onLost, onGone }) {
  let source = null;
  let timer = null;
  let version = -1;
  let ended = false;
  let asking = false;
  let missed = 0;

  function stop() {
    ended = true;
    clearTimeout(timer);
    source?.close();
  }

  function heard(job) {
    missed = 0;
    // An answer that was under way may be older than an event that overtook it.
    if (ended || job.version < version) return;
    version = job.version;
    if (isFinal(job)) stop();
    onJob(job);
  }

  async function ask() {
    clearTimeout(timer);
    if (ended || asking) return;
    asking = true;
    try {
      const job = await request("GET", address, { ifChanged: true });
      missed = 0;
      if (job) heard(job);
      else onJob(null); // reached, and nothing has changed
    } catch (failure) {
      if (failure.status === 404 || failure.status === 410) { stop(); onGone(failure); }
      else { missed += 1; onLost(failure, waitSeconds(failure)); }
      if (!ended) timer = setTimeout(ask, 1000 * waitSeconds(failure));
    } finally {
      asking = false;
    }
    if (!ended && missed === 0) timer = setTimeout(ask, 1000 * (isLive() ? CHECK_SECONDS : ASK_SECONDS));
  }

  function waitSeconds(failure) {
    return failure.retryAfterSeconds || Math.min(15, ASK_SECONDS * 2 ** Math.min(missed, 3));
  }

  function isLive() {
    return source?.readyState === EventSource.OPEN;
  }

  function listen() {
    if (ended || !window.EventSource) return;
    source = new EventSource(`${address}/events`);
    source.addEventListener("job", (event) => heard(JSON.parse(event.data)));
    source.addEventListener("open", () => { missed = 0; });
    // No stream was to be had, or it broke: ask now and keep asking; the browser may reconnect beside it.
    source.addEventListener("error", () => ask());
  }

  // After sleep or a lost connection, do not wait for the next turn.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("online", ask);
  window.addEventListener("offline", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { source?.close(); listen(); ask(); } });
  window.addEventListener("pagehide", () => source?.close());

  ask().then(listen);
  return { ask, stop };
}
