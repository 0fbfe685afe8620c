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
    return { mode, public: $("#public").prop("checked"), options: optionsIn(document.querySelector("[data-for=gatys]")) };
  }
  const options = {};
  for (const slider of sliders()) options[slider.dataset.slider] = valueAt(slider);
  return { mode, preserve_colors: $("#keep-colors").prop("checked"), options };
}

/** Put settings that `chosen` gave back into the fields. */
export function restore(settings) {
  const radio = document.getElementById(`mode-${settings.mode}`);
  if (!radio) return;
  radio.checked = true;
  if (settings.mode === "gatys") fillOptions(document.querySelector("[data-for=gatys]"), settings.options);
  else {
    $("#keep-colors").prop("checked", Boolean(settings.preserve_colors));
    for (const slider of sliders()) place(slider, settings.options?.[slider.dataset.slider]);
  }
  show();
}

/** The strength in words, for the one line that says what is chosen. */
export function spoken() {
  return sliders().filter((slider) => slider.value !== slider.defaultValue)
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

function sliders() {
  return [...document.querySelectorAll("[data-slider]")];
}

function show() {
  const { mode } = chosen();
  $("[data-for]").each((_, part) => { part.hidden = part.dataset.for !== mode; });
  for (const slider of sliders()) {
    $(`#${slider.id}-value`).text(words(slider));
    slider.setAttribute("aria-valuetext", slider.dataset.scale === "percent" ? t("{count} percent", { count: slider.value }) : t("{factor} times", { factor: valueAt(slider) }));
  }
}

/** A slider's value for the engine: a share, or a factor of which two steps double it (0.5, 0.7, 1, 1.4, 2 …). */
function valueAt(slider) {
  return slider.dataset.scale === "percent" ? Number(slider.value) / 100 : Number((2 ** (slider.value / 2)).toFixed(1));
}

function place(slider, value) {
  if (typeof value !== "number") return;
  slider.value = String(Math.round(slider.dataset.scale === "percent" ? 100 * value : 2 * Math.log2(value)));
}

function words(slider) {
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
