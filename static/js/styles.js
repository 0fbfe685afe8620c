// The strip of presets, and the visitor's own style picture.

import { announce } from "./announce.js";
import { read } from "./picture.js";
import { isRightToLeft, t } from "./text.js";

const ONWARD = isRightToLeft ? -1 : 1; // which way the strip goes on

const STILL_PIXELS = 6; // a mouse that moves no more than that clicks

let own = null; // {file, image} of the visitor's own style picture

/** Calls `onChanged()` when a style is chosen, `onAgain()` when it is tapped once more, `onRefused(file)` for what is no picture. */
export function enable({ onChanged, onAgain, onRefused }) {
  const strip = document.getElementById("strip");
  const changed = () => { show(strip); onChanged(); };

  $(strip).on("change", "input[name=style]", changed);
  $(strip).on("keydown", "input[name=style]", (event) => jump(strip, event));
  $(strip).on("click", "label", (event) => {
    const radio = document.getElementById(event.currentTarget.htmlFor);
    if (radio.checked && radio.value) onAgain();
  });
  enableWheel(strip);
  enableDrag(strip);
  $("#strip-back").on("click", () => page(strip, -1));
  $("#strip-on").on("click", () => page(strip, 1));
  $("#style-random").on("click", () => surprise(strip, changed));
  $(strip).on("scroll", () => showEnds(strip));
  new ResizeObserver(() => showEnds(strip)).observe(strip);
  enableOwn({ changed, onRefused });
  show(strip);
}

/** The chosen style: {id, number, name, picture} of a preset, or {id: "", name, own: {file, image} | null}. */
export function chosen() {
  const radio = document.querySelector("#strip input[name=style]:checked");
  if (!radio) return null;
  const { name } = radio.dataset;
  return radio.value === "" ? { id: "", name, own } : { id: radio.value, name };
}

/** Choose a style that was chosen before: {id}, or {own: file} of a picture of one's own. */
export async function restore({ id, own: file }) {
  if (file) {
    own = await read(file);
    if (!own) return;
    showOwn();
  }
  const radio = document.getElementById(file ? "style-own" : `style-${id}`);
  if (!radio) return;
  radio.checked = true;
  show(document.getElementById("strip"));
}

/** Open the picker of the own style picture. */
export function pickOwn() {
  document.getElementById("own-file").click();
}

function behaviour() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

function page(strip, direction) {
  strip.scrollBy({ left: ONWARD * direction * strip.clientWidth * 0.85, behavior: behaviour() });
}

/** A wheel that only goes up and down moves the strip sideways, as long as there is more of it. */
function enableWheel(strip) {
  strip.addEventListener("wheel", (event) => {
    if (event.deltaX !== 0 || event.ctrlKey || event.shiftKey) return;
    const before = strip.scrollLeft;
    strip.scrollLeft += ONWARD * event.deltaY;
    if (strip.scrollLeft !== before) event.preventDefault();
  }, { passive: false });
}

/** A mouse drags the strip; what it is let go over is not chosen then. */
function enableDrag(strip) {
  let from = null; // {x, left, isMoved} while the button is down
  strip.addEventListener("dragstart", (event) => event.preventDefault());
  strip.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) from = { x: event.clientX, left: strip.scrollLeft, isMoved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const by = event.clientX - from.x;
    from.isMoved ||= Math.abs(by) > STILL_PIXELS;
    strip.classList.toggle("is-dragged", from.isMoved);
    if (from.isMoved) strip.scrollLeft = from.left - by;
  });
  window.addEventListener("pointerup", () => {
    const wasMoved = from?.isMoved;
    from = null;
    strip.classList.remove("is-dragged");
    if (!wasMoved) return;
    const refuse = (event) => { event.preventDefault(); event.stopPropagation(); };
    strip.addEventListener("click", refuse, { capture: true, once: true });
    setTimeout(() => strip.removeEventListener("click", refuse, true));
  });
}

function showEnds(strip) {
  const furthest = strip.scrollWidth - strip.clientWidth - 2;
  document.getElementById("strip-back").disabled = Math.abs(strip.scrollLeft) <= 2;
  document.getElementById("strip-on").disabled = Math.abs(strip.scrollLeft) >= furthest;
}

function bring(strip, tile) {
  const [place, frame] = [tile, strip].map((each) => each.getBoundingClientRect());
  strip.scrollBy({ left: place.left + place.width / 2 - frame.left - frame.width / 2, behavior: behaviour() });
}

function show(strip) {
  const style = chosen();
  $("#style-name").text(style?.name ?? "");
  document.getElementById("own-style").hidden = !style || style.id !== "";
  const tile = document.querySelector("#strip input:checked")?.parentElement;
  if (tile) bring(strip, tile);
}

// Arrow keys are the radio buttons' own; these reach the ends.
function jump(strip, event) {
  if (event.key !== "Home" && event.key !== "End") return;
  event.preventDefault();
  const radios = strip.querySelectorAll("input[name=style]");
  const radio = event.key === "Home" ? radios[0] : radios[radios.length - 1];
  radio.focus({ preventScroll: true });
  radio.click();
}

function surprise(strip, changed) {
  const others = [...strip.querySelectorAll("input[name=style]")].filter((each) => each.value && !each.checked);
  if (others.length === 0) return;
  const radio = others[Math.floor(Math.random() * others.length)];
  radio.checked = true;
  changed();
  announce(t("Style: {style}", { style: radio.dataset.name }));
}

function enableOwn({ changed, onRefused }) {
  const radio = document.getElementById("style-own");

  async function choose(file) {
    if (!file) return;
    const picture = await read(file);
    if (!picture) { onRefused(file); return; }
    own = picture;
    radio.checked = true;
    showOwn();
    changed();
    announce(t("Your own style: {name}", { name: file.name || t("Pasted picture") }));
  }

  $("#own-file").on("change", (event) => { choose(event.target.files[0]); event.target.value = ""; });
  // A tap on the empty tile asks for the picture at once; arrow keys only pass over it.
  $("label[for=style-own]").on("click", () => { if (!own) pickOwn(); });
  $(".style-own, .own-style")
    .on("dragover", (event) => event.preventDefault())
    .on("drop", (event) => { event.preventDefault(); choose(event.originalEvent.dataTransfer.files[0]); });
}

function showOwn() {
  const thumb = document.getElementById("own-thumb");
  thumb.hidden = !own.image;
  $(".own-empty").prop("hidden", Boolean(own.image));
  if (own.image) thumb.src = own.image.src;
  $("#own-words").text(own.image ? own.file.name : t("{name}: this browser cannot show it; we can use it all the same.", { name: own.file.name }));
  $("label[for=own-file]").contents().last()[0].textContent = t("Another style picture");
}
