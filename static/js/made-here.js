// What a picture that was painted here says of itself in its metadata: engine, style and settings.

const NEAR = 65_536; // bytes from either end of a file, where formats keep their metadata
const START = /\{"engine": "\w+", "engine_version"/;

/** {engine, options, style, …} of a picture that was painted here; null of any other. */
export async function howPainted(file) {
  for (const part of [file.slice(0, NEAR), file.slice(-NEAR)]) {
    const text = await part.text();
    const start = text.search(START);
    const made = start >= 0 && parsed(text, start);
    if (made?.options) return made;
  }
  return null;
}

/** The object that begins there; undefined when it is broken. */
function parsed(text, start) {
  let depth = 0;
  for (let end = start; end < text.length; end += 1) {
    if (text[end] === "{") depth += 1;
    if (text[end] === "}") depth -= 1;
    if (depth === 0) {
      try { return JSON.parse(text.slice(start, end + 1)); } catch { return undefined; }
    }
  }
  return undefined;
}
