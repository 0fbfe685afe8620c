// A photo goes up once, and paintings name its id: the copy for the screen first, the photo itself when its full size is wanted.

import { fit, open, release } from "./picture.js";
import { Failure, send } from "./server.js";
import { t } from "./text.js";
import { size } from "./words.js";

const ROOM = 10_000; // bytes of a request that are no picture

const SCREEN_SIDE = 1024; // pixels: the longest side of what is painted for the screen

/** Whether a photo is, or may be, larger than what is painted for the screen. */
export function hasFullSize({ width, height, screen }) {
  return screen === null || Math.max(width, height) > SCREEN_SIDE;
}

/** Whether there is a smaller copy of it for the screen. */
export function hasCopy({ file, screen }) {
  return screen !== null && screen !== file;
}

/**
 * The id of an upload: of the copy for the `screen`, or of the photo in `full`. The sending goes on when
 * `signal` is used, for others may wait for it, too; `onShare(share)` hears how much of it is sent.
 * @param {any} photo
 * @param {"screen" | "full"} which
 * @param {{ limits: any, signal?: AbortSignal, onShare?: (share: number) => void }} how
 */
export function idOf(photo, which, { limits, signal, onShare = () => {} }) {
  const kind = which === "screen" && hasCopy(photo) ? "screen" : "full";
  photo.sent[kind] ??= begin(photo, kind, limits);
  const sending = photo.sent[kind];
  sending.listeners.add(onShare);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => reject(new DOMException("Stopped", "AbortError")));
    sending.id.then(resolve, reject);
  }).finally(() => sending.listeners.delete(onShare));
}

/** An id that is known from an earlier visit. */
export function know(photo, kind, id) {
  photo.sent[kind] = { id: Promise.resolve(id), listeners: new Set() };
}

/** Send it again the next time. */
export function forget(photo) {
  photo.sent = {};
}

/** Stop sending; nobody waits for it any more. */
export function stop(photo) {
  for (const sending of Object.values(photo.sent)) sending.stop?.();
}

function begin(photo, kind, limits) {
  const controller = new AbortController();
  const sending = { listeners: new Set(), stop: () => controller.abort() };
  const onUpload = (share) => { for (const hears of sending.listeners) hears(share); };
  sending.id = post(photo, kind, { limits, signal: controller.signal, onUpload }).catch((error) => {
    if (photo.sent[kind] === sending) delete photo.sent[kind]; // the next one tries again
    throw error;
  });
  sending.id.catch(() => {}); // those who wait hear of it
  return sending;
}

async function post(photo, kind, { limits, signal, onUpload }) {
  const body = kind === "screen" ? photo.screen : await whole(photo, limits, signal);
  const { id, notes } = await send("POST", "/api/v1/uploads", { body, signal, onUpload });
  photo.notes = notes;
  return id;
}

/** The photo, or as much of it as the server accepts. */
async function whole(photo, limits, signal) {
  const most = Math.min(limits.maxPictureBytes, limits.maxRequestBytes - ROOM);
  const { file, width, height } = photo;
  if (file.size <= most && width * height <= limits.maxPixels) return file;
  const image = photo.screen ? await open(file) : null;
  try {
    const sent = await fit(file, image, { maxBytes: most, maxPixels: limits.maxPixels, signal });
    if (sent) return sent;
  } finally {
    if (image) release(image);
  }
  throw new Failure({
    status: 413,
    code: "picture_too_large",
    message: t("The photo is too large: {name} has {size}; the most we can send is {most}. As a JPEG it may be smaller.", { name: file.name, size: size(file.size), most: size(most) }),
  });
}
