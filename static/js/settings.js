// Quick or finest, and the few settings of each.

import { language, t } from "./text.js";

/** Calls `onChanged()` whenever a setting moves, and `onReleased()` once it stays. */
export function enable({ onChanged, onReleased }) {
  $(".studio-settings").on("input", () => { show(); onChanged(); });
  $(".studio-settings").on("change", () => { show(); onChanged(); onReleased(); });
  show();
}

/** What the settings say: {mode, preserve_colors, public, options}. */
export function chosen() {
  const mode = $("input[name=mode]:checked").val() || "fast";
  if (mode === "gatys") {
    const place = document.querySelector("[data-for=gatys]");
    return { mode, public: $("#public").prop("checked"), options: { ...slid(mode), ...optionsIn(place) } };
  }
  return { mode, preserve_colors: $("#keep-colors").prop("checked"), options: slid(mode) };
}

/** Put settings that `chosen` gave back into the fields. */
export function restore(settings) {
  const radio = document.getElementById(`mode-${settings.mode}`);
  if (!radio) return;
  radio.checked = true;
  if (settings.mode === "gatys") fillOptions(document.querySelector("[data-for=gatys]"), settings.options);
  else $("#keep-colors").prop("checked", Boolean(settings.preserve_colors));
  for (const slider of sliders(settings.mode)) place(slider, settings.options?.[slider.dataset.slider]);
  show();
}

/** The strength in words, for the one line that says what is chosen. */
export function spoken() {
  return sliders("fast").filter((slider) => slider.value !== slider.defaultValue)
    .map((slider) => `${labelOf(slider)} ${words(slider)}`).join(", ");
}

/** Whether every field that counts has a value that it can have; shows the first that has not. */
export function areValid() {
  const wrong = document.querySelector("[data-for]:not([hidden]) [data-option]:invalid");
  if (!wrong) return true;
  wrong.closest("details").open = true;
  wrong.reportValidity();
  return false;
}

/** The engine options in the fields of `place`; without `all`, those at the engine's defaults are left out. */
export function optionsIn(place, { all = false } = {}) {
  const options = {};
  for (const field of place.querySelectorAll("[data-option]")) {
    if (field.value === "" || (!all && isUnchanged(field))) continue;
    options[field.dataset.option] = valueOf(field);
  }
  return options;
}

/** Put known options into the fields of `place`. */
export function fillOptions(place, options) {
  for (const field of place.querySelectorAll("[data-option]")) {
    const value = options?.[field.dataset.option];
    if (value === undefined || value === null) continue;
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = String(value);
  }
}

function sliders(mode) {
  return [...document.querySelectorAll(`[data-for=${mode}] [data-slider]`)];
}

/** What the sliders of an engine say. */
function slid(mode) {
  return Object.fromEntries(sliders(mode).map((slider) => [slider.dataset.slider, valueAt(slider)]));
}

function show() {
  const { mode } = chosen();
  $("[data-for]").each((_, part) => { part.hidden = part.dataset.for !== mode; });
  for (const slider of sliders(mode)) {
    $(`#${slider.id}-value`).text(words(slider));
    slider.setAttribute("aria-valuetext", aloud(slider));
  }
}

/** A slider's value for the engine: a size, a share, or a factor of which two steps double it (0.5, 0.7, 1, 1.4, 2 …). */
function valueAt(slider) {
  if (slider.dataset.scale === "choices") return sizes(slider)[slider.value];
  return slider.dataset.scale === "percent" ? Number(slider.value) / 100 : Number((2 ** (slider.value / 2)).toFixed(1));
}

function place(slider, value) {
  if (typeof value !== "number") return;
  if (slider.dataset.scale === "choices") { slider.value = String(sizes(slider).findLastIndex((size) => size <= value)); return; }
  slider.value = String(Math.round(slider.dataset.scale === "percent" ? 100 * value : 2 * Math.log2(value)));
}

function sizes(slider) {
  return slider.dataset.choices.split(" ").map(Number);
}

/** A slider's value as it is read aloud. */
function aloud(slider) {
  if (slider.dataset.scale === "percent") return t("{count} percent", { count: slider.value });
  return slider.dataset.scale === "choices" ? words(slider) : t("{factor} times", { factor: valueAt(slider) });
}

function words(slider) {
  if (slider.dataset.scale === "choices") return t("{count} pixels", { count: valueAt(slider) });
  return slider.dataset.scale === "percent" ? `${slider.value} %` : `× ${valueAt(slider)}`;
}

function labelOf(slider) {
  return document.querySelector(`label[for=${slider.id}]`).textContent.toLocaleLowerCase(language);
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  return field.dataset.kind === "text" ? field.value : Number(field.value);
}

function isUnchanged(field) {
  if (field.type === "checkbox") return field.checked === field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((each) => each.defaultSelected && each.selected);
  return field.value === field.defaultValue;
}
