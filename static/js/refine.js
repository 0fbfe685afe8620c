// Goes on from a quick painting: a job that paints it finer, shown as it comes, until it is good.

import { follow, isFinal } from "./follow.js";
import { Failure, request, send } from "./server.js";
import { transfer } from "./transfer.js";

const QUICK_SIDE = 640; // pixels a side that a painting is refined at in some seconds
const FINE_SIDE = 1024; // and where there is time
const STEPS = 120; // of the optimiser; in some seconds there may be fewer

/** Whether a quick painting can go on, where there is the engine for it: one that is half photograph would become all painting. */
export function isPossible({ settings }) {
  return Boolean(document.getElementById("mode-gatys")) && settings.mode === "fast" && (settings.options.strength ?? 1) === 1;
}

/** Whether bytes are dear, or slow to come: then only a press of a button paints on. The previews of once have a megabyte. */
export function isLineSlow() {
  const { saveData = false, effectiveType = "4g" } = /** @type {any} */ (navigator).connection ?? {};
  return saveData || effectiveType !== "4g";
}

/** What is asked of the finest engine: to go on from the quick painting, for so many seconds; 0 until it is done. */
export function finer({ options, preserve_colors }, { seconds, largestSide }) {
  const { boldness, style_scale } = options;
  const max_side = Math.min(largestSide, seconds ? QUICK_SIDE : FINE_SIDE);
  return { mode: "gatys", preserve_colors, options: { boldness, style_scale, max_side, start: "fast", iterations: STEPS, seconds } };
}

/**
 * Paint on, as `settings` from `finer` say. Resolves with the picture, or null where others wait and `isPatient` is
 * not set; rejects as `transfer` does. `onPreview(address, share)` hears how far it is; `onJob({finish})` is given
 * the way to end it with the picture as it stands.
 * @param {any} order
 * @param {any} how
 */
export async function refine(order, { settings, isFull = false, isPatient = false, signal, onPreview = () => {}, onJob = () => {}, onStep = () => {} }) {
  // Not stopped with the rest: a job that nobody knows of could not be deleted.
  const ordering = transfer({ ...order, settings, isFull, onStep });
  try {
    const { job } = await Promise.race([ordering, stopped(signal)]);
    if (!isPatient && job.place_in_line > 1) return null;
    onJob({ finish: () => request("POST", `${job.urls.self}/finish`, { body: {} }).catch(() => {}) });
    const done = await Promise.race([ended(job.urls.self, { signal, onPreview }), stopped(signal)]);
    return await send("GET", done.urls.result, { accept: "image/*", signal });
  } finally {
    // The picture is here, or not wanted; the job was only the way to it.
    ordering.then(({ job }) => request("DELETE", job.urls.self)).catch(() => {});
  }
}

/** Rejects when `signal` is used. */
function stopped(signal) {
  return new Promise((_, reject) => {
    const stop = () => reject(new DOMException("Stopped", "AbortError"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
}

/** The job, once it is done. */
function ended(address, { signal, onPreview }) {
  return new Promise((resolve, reject) => {
    const following = follow(address, {
      onJob(job) {
        if (!job) return;
        if (!isFinal(job)) onPreview(job.urls.preview, job.progress);
        else if (job.status === "done") resolve(job);
        else reject(new Failure({ message: job.error?.message, code: job.error?.code }));
      },
      onLost() {},
      onGone: reject,
    });
    signal?.addEventListener("abort", following.stop);
  });
}
