// Step 3: quick or finest, and the few settings of each.

/** Calls `onChanged()` whenever a setting changes. */
export function enable({ onChanged }) {
  const show = () => {
    const { mode } = chosen();
    $("[data-for]").each((_, part) => { part.hidden = part.dataset.for !== mode; });
    say("strength", `${$("#strength").val()} %`, `${$("#strength").val()} percent`);
    say("stroke-size", `× ${strokeScale()}`, `${strokeScale()} times`);
  };
  $(".studio-settings").on("input change", () => { show(); onChanged(); });
  show();
}

/** What the settings say: {mode, strength, preserve_colors, public, options}. */
export function chosen() {
  const mode = $("input[name=mode]:checked").val() || "fast";
  if (mode === "gatys") {
    return { mode, public: $("#public").prop("checked"), options: optionsIn(document.querySelector("[data-for=gatys]")) };
  }
  return {
    mode,
    strength: Number($("#strength").val()) / 100,
    preserve_colors: $("#keep-colors").prop("checked"),
    options: { style_scale: strokeScale() },
  };
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

/** Two steps of the slider double the size: 0.5, 0.7, 1, 1.4, 2, 2.8, 4. */
function strokeScale() {
  return Number((2 ** ($("#stroke-size").val() / 2)).toFixed(1));
}

/** What a slider stands at, beside it and for those who listen. */
function say(id, text, spoken) {
  $(`#${id}-value`).text(text);
  document.getElementById(id).setAttribute("aria-valuetext", spoken);
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
