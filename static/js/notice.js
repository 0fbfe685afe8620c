// Shows what went wrong and the ways on, as buttons; counts down where the server said when to ask again.

import { t } from "./text.js";
import { explain } from "./words.js";

const timers = new WeakMap();

/** Take the notice away. */
export function clear(place) {
  clearInterval(timers.get(place));
  place.hidden = true;
  place.replaceChildren();
}

/** Show a title, a sentence and buttons: [{label, act, primary}]. */
export function show(place, { title, text, ways = [] }) {
  clear(place);
  const heading = $("<p class='notice-title'>").text(title);
  const sentence = $("<p class='notice-text'>").text(text);
  const row = $("<div class='actions'>");
  for (const { label, act, primary } of ways) {
    $("<button type='button' class='btn'>")
      .addClass(primary ? "btn-primary" : "btn-quiet")
      .text(label)
      .on("click", () => { clear(place); act(); })
      .appendTo(row);
  }
  $(place).append(heading, sentence, row);
  place.hidden = false;
  return { sentence: sentence[0] };
}

/** Show a `Failure`; when it may work later, `retry` runs by itself at the end of a countdown. */
export function showFailure(place, failure, { retry, ways = [] }) {
  const { title, text } = explain(failure);
  const retryWay = { label: t("Try again"), act: retry, primary: true };
  const waits = failure.retryAfterSeconds > 0 && failure.mayWorkLater;
  const stop = waits ? [{ label: t("Don’t wait"), act: () => {} }] : [];
  const { sentence } = show(place, { title, text, ways: [retryWay, ...ways, ...stop] });
  if (waits) countDown(place, sentence, text, failure.retryAfterSeconds, retry);
}

function countDown(place, sentence, text, seconds, retry) {
  // The words that tick are hidden from screen readers, which would read every second of them.
  const ticking = $("<span aria-hidden='true'>");
  const first = $("<span class='visually-hidden'>").text(` ${t("Trying again in {seconds} s.", { seconds })}`);
  $(sentence).append(first, ticking);
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    ticking.text(` ${t("Trying again in {seconds} s.", { seconds: Math.max(left, 0) })}`);
    if (left > 0) return;
    clear(place);
    retry();
  };
  tick();
  timers.set(place, setInterval(tick, 250));
}
