// A finished painting: download in full size with the right name and type, share where the browser can.

import { announce } from "./announce.js";
import { t } from "./text.js";
import { transfer } from "./transfer.js";
import { hasFullSize } from "./uploads.js";
import { fileName } from "./words.js";

/** A picture as a file with a good name. */
export function asFile(blob, photoName, styleName) {
  const name = fileName(photoName, styleName || "my-style", blob.type.split("/")[1]);
  return new File([blob], name, { type: blob.type });
}

/**
 * The painting in the size of its photo, painted now where that was not done yet; rejects with a `Failure`.
 * The last one is kept, so that downloading, sharing and downloading again paint it once.
 */
export async function inFull(painting, { signal, onStep }) {
  if (painting.full) return painting.full;
  const { order } = painting;
  const blob = hasFullSize(order.photo) ? await transfer({ ...order, isFull: true, signal, onStep }) : painting.picture;
  painting.full = asFile(blob, order.photo.file.name, order.style.id);
  return painting.full;
}

/** Photo and painting side by side, as one file, in the size that is seen. */
export async function beforeAndAfter({ order, picture }) {
  const [before, after] = await Promise.all([order.photo.screen, picture].map((blob) => createImageBitmap(blob)));
  const width = Math.round((before.width * after.height) / before.height);
  const gap = Math.ceil(after.width / 50);
  const canvas = Object.assign(document.createElement("canvas"), { width: width + gap + after.width, height: after.height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(before, 0, 0, width, after.height);
  context.drawImage(after, width + gap, 0);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.92); });
  return asFile(blob, order.photo.file.name, `${order.style.id || "my-style"}-before-after`);
}

/** Have the browser save a file. */
export function save(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Show the share button where this browser can share `data()`; the answer may be a promise. */
export function offerShare(button, data, canShare = Boolean(navigator.share)) {
  button.hidden = !canShare;
  $(button).off("click").on("click", async () => {
    try {
      const shared = await data();
      if (shared) await navigator.share(shared);
    } catch (error) {
      if (error.name === "NotAllowedError") announce(t("It is ready now: press Share once more."));
      else if (error.name !== "AbortError") announce(t("Sharing did not work; download it instead."));
    }
  });
}

/** Whether this browser can share a picture like this one. */
export function canShareFile(blob) {
  return Boolean(navigator.canShare?.({ files: [new File([blob], "painting", { type: blob.type })] }));
}
