// Sends photo and style to the server, with the progress of the upload.

import { fit, toDataUrl } from "./picture.js";
import { Failure, request } from "./server.js";
import { size } from "./words.js";

const ROOM_FOR_WORDS = 20_000; // bytes of the request that are no picture

/**
 * Resolves with {image, format, width, height, seconds} of the quick engine, or {job} of the finest.
 * `onStep(words, share | null)` hears what is going on; null means that nobody knows how long.
 */
export async function transfer({ photo, style, settings, limits, signal, onStep }) {
  onStep("Getting the photo ready…", null);
  const body = await bodyOf({ photo, style, settings, limits, signal });
  onStep("Sending the photo…", 0);
  const onUpload = (share) => {
    if (share < 1) onStep("Sending the photo…", share);
    else onStep(settings.mode === "gatys" ? "Finding a place at the easel…" : "Painting…", null);
  };
  return request("POST", "/transfer", { body, signal, onUpload });
}

async function bodyOf({ photo, style, settings, limits, signal }) {
  const ownText = style.own ? await toDataUrl(await fitStyle(style.own, limits, signal)) : "";
  const room = Math.floor(((limits.maxRequestBytes - ROOM_FOR_WORDS - ownText.length) * 3) / 4);
  const content = await fitted(photo, "photo", { maxBytes: room, limits, signal });
  const chosenStyle = style.own ? { custom_style: ownText } : { style: style.id, custom_style: 0 };
  return { image: await toDataUrl(content), ...chosenStyle, ...settings };
}

function fitStyle(own, limits, signal) {
  // A style keeps its look when it is small; a quarter of the request, which as text is a third,
  // leaves the rest to the photo. One that this browser cannot make smaller may have twice as much.
  const share = own.image ? 1 / 4 : 1 / 2;
  return fitted(own, "style picture", { maxBytes: limits.maxRequestBytes * share, limits, signal });
}

/** What can be sent of a picture; rejects with a `Failure` about it when that is more than there is room for. */
async function fitted({ file, image }, what, { maxBytes, limits, signal }) {
  const most = Math.min(limits.maxPictureBytes, maxBytes);
  const sent = await fit(file, image, { maxBytes: most, maxPixels: limits.maxPixels, signal });
  if (sent) return sent;
  throw new Failure({
    status: 413,
    code: "picture_too_large",
    message: `The ${what} is too large: ${file.name || "it"} has ${size(file.size)}; the most we can send of it is ${size(most)}. As a JPEG it may be smaller.`,
    isAboutStyle: what === "style picture",
  });
}
