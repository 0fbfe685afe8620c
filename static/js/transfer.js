// Has a photo painted: sends it where that is not done yet, waits for a place, and fetches the picture.

import { fit, toDataUrl } from "./picture.js";
import { Failure, send } from "./server.js";
import { t } from "./text.js";
import * as uploads from "./uploads.js";
import { size } from "./words.js";

const SCREEN_SIDE = 1024; // pixels of a painting that is looked at
const SCREEN_QUALITY = 80; // of its WebP: half the bytes of what is downloaded later
const STYLE_PIXELS = 2048 * 2048; // more of a style's picture than any engine reads
const TRIES = 4; // while every place is taken

/**
 * Resolves with the painting as a Blob, or with {job} of what is kept or finest. `isFull` paints every
 * pixel of the photo. `onStep(words, share | null)` hears what is going on; null means that nobody knows how long.
 * @param {any} how
 */
export async function transfer({ photo, style, settings, limits, isFull = false, signal, onStep = () => {} }) {
  onStep(t("Getting the photo ready…"), null);
  const chosen = await chosenStyle(style, limits, signal);
  for (let attempt = 1; ; attempt += 1) {
    const onShare = (share) => onStep(t("Sending the photo…"), share);
    const upload = await uploads.idOf(photo, isFull ? "full" : "screen", { limits, signal, onShare });
    const { mode, ...others } = settings;
    const body = { upload, ...chosen, engine: mode, ...others };
    if (!isFull) Object.assign(body, forScreen(photo));
    try {
      return await order(body, { signal, onStep });
    } catch (error) {
      await recover(error, { attempt, photo, signal, onStep });
    }
  }
}

/** What makes a painting quick to fetch; a photo that is small already is painted as it is. */
function forScreen(photo) {
  if (!uploads.hasFullSize(photo)) return {};
  const side = uploads.hasCopy(photo) ? {} : { longest_side: SCREEN_SIDE };
  return { ...side, format: "webp", quality: SCREEN_QUALITY };
}

function order(body, { signal, onStep }) {
  const isJob = body.as_job || body.engine !== "fast";
  onStep(isJob ? t("Waiting for a place…") : t("Painting…"), null);
  const onDownload = (share) => onStep(t("Fetching the painting…"), share);
  const accept = isJob ? "application/json" : "image/*";
  return send("POST", "/api/v1/transfers", { body, accept, signal, onDownload });
}

/** Ready for another attempt; rejects with the error when one would not help. */
async function recover(error, { attempt, photo, signal, onStep }) {
  if (attempt >= TRIES) throw error;
  if (error.code === "upload_not_found") uploads.forget(photo); // its time was up
  else if (error.code === "busy") {
    onStep(t("Waiting for a place…"), null);
    await rest(error.retryAfterSeconds || 1, signal);
  }
  else throw error;
}

function rest(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("Stopped", "AbortError"));
    });
  });
}

async function chosenStyle({ id, own }, limits, signal) {
  if (!own) return { style_id: id };
  // A style keeps its look when it is small; as text it takes a third more.
  const most = Math.min(limits.maxPictureBytes, limits.maxRequestBytes / 2);
  own.sent ??= await fit(own.file, own.image, {
    maxBytes: most,
    maxPixels: Math.min(limits.maxPixels, STYLE_PIXELS),
    signal,
  });
  if (own.sent) return { style: await toDataUrl(own.sent) };
  const { file } = own;
  throw new Failure({
    status: 413,
    code: "picture_too_large",
    message: t("The style picture is too large: {name} has {size}; the most we can send is {most}. As a JPEG it may be smaller.", { name: file.name, size: size(file.size), most: size(most) }),
    isAboutStyle: true,
  });
}
