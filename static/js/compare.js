// The comparing slider: original and painting in one frame, by pointer, touch and keyboard.

/** Make a `.compare` element work. Safe to call twice. */
export function enable(frame) {
  if (frame.dataset.enabled) return;
  frame.dataset.enabled = "yes";
  const range = frame.querySelector(".compare-range");
  const place = () => {
    frame.style.setProperty("--uncovered", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} % photo, ${100 - range.value} % painting`);
  };
  range.addEventListener("input", place);
  place();
  followPointer(frame, range, place);
}

/** Fill the frame, and show it half and half. */
export function fill(frame, { before, after, alt }) {
  const photo = frame.querySelector(".compare-before");
  if (before) photo.src = before;
  else photo.removeAttribute("src");
  const painting = frame.querySelector(".compare-after");
  painting.src = after;
  if (alt) painting.alt = alt;
  enable(frame);
  reset(frame);
  return painting.decode().catch(() => {});
}

/** Tell a place the shape of its pictures, so that nothing moves when they arrive. */
export function setRatio(place, width, height) {
  if (width > 0 && height > 0) place.style.setProperty("--ratio", String(width / height));
}

/** The line back to the middle. */
export function reset(frame) {
  const range = frame.querySelector(".compare-range");
  range.value = 50;
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

// Browsers differ in where a range can be grabbed, touch above all; so the whole frame is the handle.
function followPointer(frame, range, place) {
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    range.value = Math.round(100 * Math.min(1, Math.max(0, share)));
    place();
  };
  frame.addEventListener("pointerdown", (event) => {
    if (frame.dataset.view !== "slide" || event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true, focusVisible: false });
    follow(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) follow(event);
  });
}
