// Picture files in the browser: is it one, how large is it, make it fit, turn it into text.

const SHORTEST_SIDE = 16; // pixels; the server accepts no less
const HEIC = /\.(heic|heif)$/i;
const BEGINNINGS = /^(\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftyp)/s;

/** Whether a file can be a picture; the server has the last word. */
export function looksLikePicture(file) {
  return file.type.startsWith("image/") || HEIC.test(file.name || "");
}

/** {file, image}: image is null when this browser cannot show the format; null when it is no picture. */
export async function read(file) {
  if (!looksLikePicture(file)) return null;
  const image = await open(file);
  return image || (await beginsLikePicture(file)) ? { file, image } : null;
}

/** Whether a file that this browser cannot show may be a picture to the server. */
async function beginsLikePicture(file) {
  const bytes = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  return BEGINNINGS.test(String.fromCharCode(...bytes));
}

/** An <img> with the file in it, upright, or null when this browser cannot read the format. */
export async function open(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

/**
 * The file, or a smaller copy of it when it has more bytes or pixels than the server accepts; null
 * when this browser can make no copy that is small enough. Rejects with an AbortError when `signal` was used.
 */
export async function fit(file, image, { maxBytes, maxPixels, signal }) {
  // A picture that this browser cannot show has pixels that only the server can count.
  const pixels = image ? image.naturalWidth * image.naturalHeight : 0;
  if (file.size <= maxBytes && pixels <= maxPixels) return file;
  if (!image) return null;
  const longestSide = Math.max(image.naturalWidth, image.naturalHeight);
  for (let scale = Math.min(1, Math.sqrt(maxPixels / pixels)); ; scale *= 0.8) {
    const smaller = await redraw(image, scale, file.type);
    signal?.throwIfAborted();
    if (smaller.size <= maxBytes) return smaller;
    if (longestSide * scale <= SHORTEST_SIDE) return null; // the next would be no smaller
  }
}

/**
 * A picture for the screen: {width, height} of the file, and `screen`, a copy that is this long at most, or
 * the file itself where it is no longer. `screen` is null when this browser cannot read the format; null when it is no picture.
 */
export async function forScreen(file, longestSide) {
  if (!looksLikePicture(file)) return null;
  const size = await sizeOf(file);
  const none = { width: 0, height: 0, screen: null };
  if (!size) return (await beginsLikePicture(file)) ? none : null;
  try {
    return { ...size, screen: await reduced(file, size, longestSide) };
  } catch {
    return (await beginsLikePicture(file)) ? none : null; // damaged: the server says so in words
  }
}

/** Width and height as they are seen, from the head of the file; null for what this browser cannot read. */
function sizeOf(file) {
  const image = new Image();
  return new Promise((resolve) => {
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = URL.createObjectURL(file);
  }).finally(() => URL.revokeObjectURL(image.src));
}

/** Without an <img>, whose pixels would stay in memory: twelve million of them are 48 MB. */
async function reduced(file, { width, height }, longestSide) {
  const scale = longestSide / Math.max(width, height);
  if (scale >= 1) return file;
  const to = { resizeWidth: Math.round(width * scale), resizeHeight: Math.round(height * scale) };
  const bitmap = await createImageBitmap(file, { ...to, resizeQuality: "high", imageOrientation: "from-image" });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  // WebP keeps an alpha channel.
  const blob = await toFile(canvas, ["image/png", "image/webp"].includes(file.type) ? "image/webp" : "image/jpeg");
  canvas.width = canvas.height = 0; // its memory goes now
  return blob;
}

function toFile(canvas, type) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("No memory for it"))), type, 0.92);
  });
}

/** A picture of a blob, small, for a list: a square cut from its middle. */
export async function thumbnail(blob, side) {
  const bitmap = await createImageBitmap(blob);
  const shorter = Math.min(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const [left, top] = [(bitmap.width - shorter) / 2, (bitmap.height - shorter) / 2];
  canvas.getContext("2d").drawImage(bitmap, left, top, shorter, shorter, 0, 0, side, side);
  bitmap.close();
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.85); });
}

function redraw(image, scale, type) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(SHORTEST_SIDE, Math.floor(image.naturalWidth * scale));
  canvas.height = Math.max(SHORTEST_SIDE, Math.floor(image.naturalHeight * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const keeps = ["image/png", "image/webp"].includes(type) ? type : "image/jpeg";
  return toFile(canvas, keeps);
}

/** A blob as a data URL. */
export function toDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A data URL as a blob, without a request, which the content security policy would forbid. */
export function toBlob(dataUrl) {
  const [head, text] = dataUrl.split(",", 2);
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}
