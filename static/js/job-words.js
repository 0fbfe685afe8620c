// What the page says about a job: title, sentence, facts.

import { locale, t } from "./text.js";
import { duration, relative } from "./words.js";

/** {title, text} of a job's state. */
export function describe(job) {
  return (STATES[job.status] ?? STATES.queued)(job);
}

const STATES = {
  queued: (job) => ({
    title: t("Waiting for a place"),
    text: job.place_in_line > 1
      ? t("Number {place} in line. You can close this page; the painting goes on, and its address stays the same.", { place: job.place_in_line })
      : t("Next in line. You can close this page; the painting goes on, and its address stays the same."),
  }),
  running: () => ({
    title: t("Being painted"),
    text: t("Watch it, or come back later: the address stays the same."),
  }),
  done: (job) => ({
    title: job.mine ? t("Your painting is ready") : t("The painting is ready"),
    text: doneText(job),
  }),
  failed: (job) => ({
    title: t("It could not be painted"),
    text: job.error?.message ?? t("Something broke on our side"),
  }),
  cancelled: (job) => ({
    title: t("Cancelled"),
    text: job.mine ? t("Nothing more is painted. You can start it again.") : t("Nothing more is painted."),
  }),
};

/** What the page says when there is no such job. */
export function describeMissing(failure) {
  // Deleted by its owner, or expired: the server says which of the two.
  if (failure.status === 410) return { title: t("This painting is gone"), text: failure.message };
  return {
    title: t("There is no painting here"),
    text: t("The address may be mistyped, or the picture was deleted by its owner."),
  };
}

/** [[term, description]] about a job: what it is. */
export function facts(job) {
  const rows = [[t("Style"), styleName(job)]];
  if (job.width) rows.push([t("Size"), `${job.width} × ${job.height}`]);
  rows.push([t("Engine"), job.engine === "gatys" ? t("Finest") : t("Quick")]);
  if (job.expires_at) {
    const day = new Date(job.expires_at).toLocaleDateString(locale, { day: "numeric", month: "long" });
    rows.push([t("Kept until"), `${day}, ${relative(job.expires_at)}`]);
  }
  return rows;
}

/**
 * [[term, description]] of the engine's settings, enough to paint the same picture again.
 *
 * `words` are the server's: {labels: {option: label}, choices: {value: word}}.
 */
export function settingsOf(job, words) {
  const rows = [];
  for (const [name, label] of Object.entries(words.labels)) {
    const value = job.options?.[name];
    if (value === undefined || value === null) continue;
    if (typeof value === "boolean") rows.push([label, value ? t("yes") : t("no")]);
    else if (Array.isArray(value)) rows.push([label, value.join(" · ")]);
    else rows.push([label, words.choices[value] ?? String(value)]);
  }
  rows.push([t("Engine version"), job.engine_version]);
  return rows;
}

export function styleName(job) {
  return job.style?.name ? t(job.style.name) : ownPicture(job);
}

function ownPicture(job) {
  return job.mine ? t("a picture of your own") : t("a picture of their own");
}

function doneText({ seconds, urls }) {
  const painted = seconds ? t("Painted in {time}.", { time: duration(seconds) }) : "";
  const drag = urls.content ? t("Drag the line to see the photo.") : "";
  return [painted, drag].filter(Boolean).join(" ");
}

/** What a running job is at, in the page's language. */
export function stageWords(stage) {
  const [, now, last] = /^(\d+) of (\d+) px$/.exec(stage ?? "") ?? [];
  return now ? t("{now} of {last} pixels", { now, last }) : (STAGES[stage] ?? stage ?? "");
}

const STAGES = {
  "reading the pictures": t("reading the pictures"),
  "reading the style": t("reading the style"),
  painting: t("painting"),
  storing: t("storing"),
};
