// What the page says of a job: its state, and the settings that paint the same picture again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, describeMissing, settingsOf } from "../../static/js/job-words.js";

test("every state has a title, and an unknown one waits", () => {
  const titles = ["queued", "running", "done", "failed", "cancelled"].map((status) => describe({ status, urls: {} }).title);
  assert.equal(new Set(titles).size, 5);
  assert.equal(describe({ status: "new" }).title, titles[0]);
});

test("nobody is told to drag to a photo that they do not see", () => {
  const text = (content) => describe({ status: "done", seconds: 2, urls: { content } }).text;
  assert.match(text("/content"), /Drag the line/);
  assert.doesNotMatch(text(null), /Drag/);
});

test("a failed job says what the server says", () => {
  assert.equal(describe({ status: "failed", error: { message: "No memory." } }).text, "No memory.");
});

test("what was deleted is told from what never was", () => {
  assert.equal(describeMissing({ status: 410, message: "It has expired." }).text, "It has expired.");
  assert.notEqual(describeMissing({ status: 404 }).title, describeMissing({ status: 410 }).title);
});

test("settings are words, whatever their kind", () => {
  const options = { iterations: 120, preserve_colors: true, style_layers: [1, 0.5], start: "noise", seed: null };
  const labels = { iterations: "Steps", style_layers: "Weights", start: "Start from", seed: "Seed", preserve_colors: "Colours" };
  const rows = settingsOf({ options, engine_version: "gatys-3" }, { labels, choices: { noise: "grain" } });
  assert.deepEqual(rows.slice(0, -1), [["Steps", "120"], ["Weights", "1 · 0.5"], ["Start from", "grain"], ["Colours", "yes"]]);
  assert.equal(rows.at(-1)[1], "gatys-3");
});
