// The visitor's photo in every style, on the tiles of the strip, as soon as each is painted.

const strip = document.getElementById("strip");

const MOST_TIMES = 5; // that a server is asked which has no place
const USUAL_WAIT = 2; // seconds, where it does not say how long

let controller = null;

/** Show the upload of this id on the tiles; those that do not come stay as they are. */
export async function show(id) {
  stop();
  const { signal } = controller = new AbortController();
  strip.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(`/api/v1/uploads/${id}/tiles`, signal);
    if (answer.ok) await read(answer.body, put);
  } catch { /* the tiles show the styles, as before */ }
  if (!signal.aborted) strip.removeAttribute("aria-busy");
}

/** The server's answer; while it has no place, it is asked again when it says. */
async function ask(address, signal) {
  for (let times = 1; ; times++) {
    const answer = await fetch(address, { signal });
    if (answer.status !== 503 || times === MOST_TIMES) return answer;
    const seconds = Number(answer.headers.get("Retry-After")) || USUAL_WAIT;
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    signal.throwIfAborted();
  }
}

/** The styles' own pictures again. */
export function reset() {
  stop();
  for (const image of strip.querySelectorAll("img[data-preset]")) {
    image.src = image.dataset.preset;
    delete image.dataset.preset;
  }
}

function stop() {
  controller?.abort();
  strip.removeAttribute("aria-busy");
}

/** Calls `onTile` with each line of JSON as it comes. */
async function read(body, onTile) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? "";
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) onTile(JSON.parse(line));
    if (done) return;
  }
}

function put({ style, picture }) {
  const image = document.querySelector(`#style-${CSS.escape(style)} + label img`);
  if (!image) return;
  image.dataset.preset ??= image.getAttribute("src");
  image.src = picture;
}
