// The comparing slider: original and painting in one frame, by pointer, touch and keyboard.

import { t } from "./text.js";

/** Make a `.compare` element work. Safe to call twice. */
export function enable(frame) {
  if (frame.dataset.enabled) return;
  frame.dataset.enabled = "yes";
  const range = frame.querySelector(".compare-range");
  const place = () => {
    frame.style.setProperty("--uncovered", `${range.value}%`);
    frame.dataset.uncovered = range.value;
    range.setAttribute("aria-valuetext", t("{photo} % photo, {painting} % painting", { photo: range.value, painting: 100 - range.value }));
  };
  range.addEventListener("input", place);
  place();
  followPointer(frame, range, place);
}

/** Fill the frame, and uncover half of the photo. Without one to show the painting stands alone. */
export function fill(frame, { before, after, alt }) {
  const painting = frame.querySelector(".compare-after");
  painting.src = after;
  painting.alt = alt;
  putBehind(frame, before, 50);
}

/** Give the painting in the frame its photo, or null, and uncover so many percent of it. */
export function putBehind(frame, before, uncovered) {
  const photo = frame.querySelector(".compare-before");
  frame.classList.toggle("is-single", !before);
  if (before) photo.src = before;
  else photo.removeAttribute("src");
  enable(frame);
  uncover(frame, uncovered);
}

/** Tell a place the shape of its pictures, so that nothing moves when they arrive. */
export function setRatio(place, width, height) {
  if (width > 0 && height > 0) place.style.setProperty("--ratio", String(width / height));
}

/** Put the line there. */
export function uncover(frame, percent) {
  const range = frame.querySelector(".compare-range");
  range.value = percent;
  range.dispatchEvent(new Event("input"));
}

/** The buttons that choose between the slider and side by side. */
export function enableViews(buttons, frame) {
  $(buttons).on("click", "[data-view]", (event) => {
    const view = event.currentTarget.dataset.view;
    frame.dataset.view = view;
    $(buttons).find("[data-view]").each((_, each) => {
      each.setAttribute("aria-pressed", String(each.dataset.view === view));
    });
  });
}

const HOLD_MILLISECONDS = 220;
const STILL_PIXELS = 8;

// Browsers differ in where a range can be grabbed, touch above all; so the whole frame is the handle.
// Whoever holds still sees the photo as long as they hold; whoever moves takes the line along.
function followPointer(frame, range, place) {
  let pressed = null; // {x, before, timer} while a pointer is down and has not moved
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    range.value = Math.round(100 * Math.min(1, Math.max(0, share)));
    place();
  };
  const show = (percent) => { range.value = percent; place(); };
  const release = () => {
    if (!pressed) return;
    clearTimeout(pressed.timer);
    if (pressed.isHeld) show(pressed.before);
    frame.classList.remove("is-held");
    pressed = null;
  };
  frame.addEventListener("pointerdown", (event) => {
    if (frame.dataset.view !== "slide" || frame.classList.contains("is-single") || event.button !== 0 || !event.isPrimary) return;
    frame.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true, focusVisible: false });
    pressed = { x: event.clientX, before: range.value, timer: 0, isHeld: false };
    pressed.timer = setTimeout(() => { pressed.isHeld = true; frame.classList.add("is-held"); show(100); }, HOLD_MILLISECONDS);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!frame.hasPointerCapture(event.pointerId)) return;
    if (pressed && !pressed.isHeld && Math.abs(event.clientX - pressed.x) > STILL_PIXELS) {
      clearTimeout(pressed.timer);
      pressed = null;
    }
    if (!pressed) follow(event);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) frame.addEventListener(end, release);
  frame.addEventListener("contextmenu", (event) => { if (frame.classList.contains("is-held")) event.preventDefault(); });
}
