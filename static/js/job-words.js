// What the page says about a job: title, sentence, facts.

import { duration, relative } from "./words.js";

/** {title, text} of a job's state. */
export function describe(job) {
  return (STATES[job.status] ?? STATES.queued)(job);
}

const STATES = {
  queued: (job) => ({
    title: "Waiting for a place",
    text: job.place_in_line > 1
      ? `Number ${job.place_in_line} in line. You can close this page; the painting goes on, and its address stays the same.`
      : "Next in line. You can close this page; the painting goes on, and its address stays the same.",
  }),
  running: () => ({
    title: "Being painted",
    text: "Watch it, or come back later: the address stays the same.",
  }),
  done: (job) => ({
    title: job.mine ? "Your painting is ready" : "The painting is ready",
    text: job.seconds ? `Painted in ${duration(job.seconds)}. Drag the line to see the photo.` : "Drag the line to see the photo.",
  }),
  failed: (job) => ({
    title: "It could not be painted",
    text: job.error?.message ?? "Something broke on our side.",
  }),
  cancelled: (job) => ({
    title: "Cancelled",
    text: job.mine ? "Nothing more is painted. You can start it again." : "Nothing more is painted.",
  }),
};

/** What the page says when there is no such job. */
export function describeMissing(failure) {
  // Deleted by its owner, or expired: the server says which of the two.
  if (failure.status === 410) return { title: "This painting is gone", text: failure.message };
  return {
    title: "There is no painting here",
    text: "The address may be mistyped, or the picture was deleted by its owner.",
  };
}

const OPTION_WORDS = {
  max_side: "Size painted",
  iterations: "Steps",
  style_weight: "Weight of the style",
  content_weight: "Weight of the photo",
  style_scale: "Size of the strokes",
  style_layers: "Weights of the style by scale",
  smoothness: "Smoothness",
  start: "Start from",
  seed: "Seed",
  strength: "Strength",
  preserve_colors: "Keeps the colours",
};

const START_WORDS = { content: "the photo", noise: "noise", fast: "the quick painting" };

/** [[term, description]] about a job: what it is. */
export function facts(job) {
  const rows = [["Style", styleName(job)]];
  if (job.width) rows.push(["Size", `${job.width} × ${job.height}`]);
  rows.push(["Painted", job.engine === "gatys" ? "Finest" : "Quick"]);
  if (job.expires_at) {
    const day = new Date(job.expires_at).toLocaleDateString([], { day: "numeric", month: "long" });
    rows.push(["Kept until", `${day}, ${relative(job.expires_at)}`]);
  }
  return rows;
}

/** [[term, description]] of the engine's settings, enough to paint the same picture again. */
export function settingsOf(job) {
  const rows = [];
  for (const [name, words] of Object.entries(OPTION_WORDS)) {
    const value = job.options?.[name];
    if (value === undefined || value === null) continue;
    if (typeof value === "boolean") rows.push([words, value ? "yes" : "no"]);
    else if (Array.isArray(value)) rows.push([words, value.join(" · ")]);
    else rows.push([words, START_WORDS[value] ?? String(value)]);
  }
  rows.push(["Engine version", job.engine_version]);
  return rows;
}

export function styleName(job) {
  return job.style?.name ?? (job.mine ? "a picture of your own" : "a picture of their own");
}
