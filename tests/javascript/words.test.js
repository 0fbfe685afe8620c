// What the page says of numbers, sizes and times.

import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, relative, size } from "../../static/js/words.js";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const after = (seconds) => new Date(NOW + 1000 * seconds).toISOString();

test("a duration has at most two units, and is never nothing", () => {
  assert.equal(duration(0.2), "1 s");
  assert.equal(duration(8.4), "8 s");
  assert.equal(duration(125), "2 min 5 s");
  assert.equal(duration(4200), "1 h 10 min");
});

test("a size is told in kB below a megabyte", () => {
  assert.equal(size(10), "1 kB");
  assert.equal(size(250_400), "250 kB");
  assert.equal(size(2_340_000), "2.3 MB");
});

test("what is past is no older than it is, and of days hardly begun all are left", () => {
  assert.equal(relative(after(-30), NOW), "just now");
  assert.equal(relative(after(30), NOW), "in a moment");
  assert.equal(relative(after(-119), NOW), "1 minute ago");
  assert.equal(relative(after(6.9 * 86_400), NOW), "in 7 days");
});
