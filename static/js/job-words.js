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
    title: "Your painting is ready",
    text: job.seconds ? `Painted in ${duration(job.seconds)}. Drag the line to see the photo.` : "Drag the line to see the photo.",
  }),
  failed: (job) => ({
    title: "It could not be painted",
    text: job.error?.message ?? "Something broke on our side.",
  }),
  cancelled: () => ({ title: "Cancelled", text: "Nothing more is painted. You can start it again." }),
  expired: () => ({
    title: "This painting has expired",
    text: "Pictures are kept for a few days only. Paint it again from your photo.",
  }),
};

/** What the page says when there is no such job. */
export function describeMissing(failure) {
  if (failure.status === 410) return STATES.expired();
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
  smoothness: "Smoothness",
  start: "Start from",
  seed: "Seed",
  strength: "Strength",
  preserve_colors: "Keeps the colours",
};

/** [[term, description]] about a job: its style, size, settings and dates. */
export function facts(job) {
  const rows = [["Style", styleName(job)]];
  if (job.width) rows.push(["Size", `${job.width} × ${job.height}`]);
  rows.push(["Engine", job.engine === "gatys" ? "Finest" : "Quick"]);
  for (const [name, words] of Object.entries(OPTION_WORDS)) {
    const value = job.options?.[name];
    if (value === undefined || value === null || value === false) continue;
    rows.push([words, value === true ? "yes" : String(value)]);
  }
  if (job.expires_at) rows.push(["Kept until", `${new Date(job.expires_at).toLocaleDateString([], { day: "numeric", month: "long" })}, ${relative(job.expires_at)}`]);
  return rows;
}

export function styleName(job) {
  return job.style?.name ?? "a picture of your own";
}
