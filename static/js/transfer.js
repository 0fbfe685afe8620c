// Sends photo and style to the server, with the progress of the upload.

import { fit, toDataUrl } from "./picture.js";
import { request } from "./server.js";

const ROOM_FOR_WORDS = 20_000; // bytes of the request that are no picture

/**
 * Resolves with {image, format, width, height, seconds} of the quick engine, or {job} of the finest.
 * `onStep(words, share | null)` hears what is going on; null means that nobody knows how long.
 */
export async function transfer({ photo, style, settings, limits, signal, onStep }) {
  onStep("Getting the photo ready…", null);
  const body = await bodyOf({ photo, style, settings, limits });
  onStep("Sending the photo…", 0);
  const onUpload = (share) => {
    if (share < 1) onStep("Sending the photo…", share);
    else onStep(settings.mode === "gatys" ? "Finding a place at the easel…" : "Painting…", null);
  };
  return request("POST", "/transfer", { body, signal, onUpload });
}

async function bodyOf({ photo, style, settings, limits }) {
  const ownText = style.own ? await toDataUrl(await fitStyle(style.own, limits)) : "";
  const room = Math.floor(((limits.maxRequestBytes - ROOM_FOR_WORDS - ownText.length) * 3) / 4);
  const content = await fit(photo.file, photo.image, {
    maxBytes: Math.min(limits.maxPictureBytes, room),
    maxPixels: limits.maxPixels,
  });
  const chosenStyle = style.own ? { custom_style: ownText } : { style: style.id, custom_style: 0 };
  return { image: await toDataUrl(content), ...chosenStyle, ...settings };
}

function fitStyle({ file, image }, limits) {
  // A style keeps its look when it is small; a third of the request leaves the rest to the photo.
  return fit(file, image, { maxBytes: Math.min(limits.maxPictureBytes, limits.maxRequestBytes / 4), maxPixels: limits.maxPixels });
}
