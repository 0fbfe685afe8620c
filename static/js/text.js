// The page's language: English sentences are the keys of the catalogue that a translated page brings along.

const root = globalThis.document?.documentElement;
const brought = globalThis.document?.getElementById("catalogue");
const catalogue = brought ? JSON.parse(brought.textContent) : {};

/** The language of the page, as browsers' own formats want it: "en", "ar" … */
export const language = root?.lang || "en";

/** The same with digits that are the same everywhere on the page. */
export const locale = `${language}-u-nu-latn`;

export const isRightToLeft = root?.dir === "rtl";

/** The sentence in the page's language, with these values for its {names}. */
export function t(sentence, values = {}) {
  const words = catalogue[sentence] || sentence;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? isolated(String(values[name])) : whole));
}

/** A value keeps its own direction within a sentence that is read from right to left: a file's name, "120 × 160". */
function isolated(value) {
  return isRightToLeft ? `\u2068${value}\u2069` : value;
}
