// Picture files in the browser: is it one, how large is it, make it fit, turn it into text.

import { drawTurned, leftToTurn } from "./orientation.js";
import { t } from "./text.js";

const SHORTEST_SIDE = 16; // pixels; the server accepts no less
const LONGEST_WEBP = 16_383; // pixels that the format can hold
// eslint-disable-next-line no-control-regex -- files begin with bytes, not with letters
const BEGINNINGS = /^(\xff\xd8\xff|\x89PNG|GIF8|BM|II[*RU]|MM[\0O]|FUJIFILM|RIFF....WEBP|....ftyp|\xff\x0a|\0\0\0\x0cJXL)/s;
const VIDEOS = [".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".3gp"];
const ICONS = ["image/x-icon", "image/vnd.microsoft.icon"];
const OPAQUE = ["image/jpeg", "image/bmp"];

/** Whether a file can be a picture that the server reads, by its type or its name; the server has the last word. */
export function looksLikePicture(file) {
  const accepted = document.getElementById("photo-file").accept.split(",");
  const [suffix] = (file.name || "").toLowerCase().match(/\.\w+$/) ?? [""];
  return accepted.includes(file.type) || accepted.includes(suffix);
}

/** Why a file cannot be painted, in words. */
export function whyNot(file) {
  const { name, type, size } = file;
  const [suffix] = (name || "").toLowerCase().match(/\.\w+$/) ?? [""];
  if (size === 0) return t("{name} is empty.", { name });
  if (type.startsWith("video/") || VIDEOS.includes(suffix)) return t("{name} is a video. Choose a photo, or a picture taken from the video.", { name });
  if (type === "image/svg+xml" || suffix === ".svg") return t("{name} is a drawing without pixels (SVG). Save it as PNG, then it can be painted.", { name });
  if (ICONS.includes(type) || suffix === ".ico") return t("{name} is an icon, which is too small to paint. Choose a photo.", { name });
  const { formats } = document.getElementById("studio").dataset;
  return `${t("{name} is not a picture that we know.", { name })} ${t("These work: {formats}.", { formats })}`;
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
    const orientation = await leftToTurn(file);
    return orientation === 1 ? image : await turned(image, orientation);
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

/** Let go of an image: the pixels of a large one are 48 MB and more. */
export function release(image) {
  URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
}

/** An upright copy of an image that the browser did not turn. */
async function turned(image, orientation) {
  const upright = new Image();
  upright.src = URL.createObjectURL(await blobOf(drawTurned(image, orientation, 1, 1), "image/webp"));
  URL.revokeObjectURL(image.src);
  upright.dataset.turned = "true";
  await upright.decode();
  return upright;
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
 * A copy for the screen, this long at most; the file itself where it is no longer, or is cut off, for the server
 * fills in what is missing. Keeps an alpha channel.
 */
export async function forScreen(file, image, longestSide) {
  const scale = longestSide / Math.max(image.naturalWidth, image.naturalHeight);
  if (scale >= 1 && !image.dataset.turned) return file;
  const canvas = draw(image, Math.min(1, scale));
  const copy = file.type === "image/jpeg" && endsTransparent(canvas) ? file : await blobOf(canvas, copyType(file.type));
  canvas.width = canvas.height = 0; // its memory goes now
  return copy;
}

/**
 * {width, height, screen} of a large photo without ever showing it: twelve million pixels in an <img> stay in memory
 * as 48 MB and more. Null for what is small, needs turning, or cannot be read so.
 */
export async function reduced(file, longestSide) {
  if (!looksLikePicture(file) || file.type === "image/webp") return null;
  try {
    const size = await sizeOf(file);
    const scale = longestSide / Math.max(size.width, size.height);
    if (scale >= 1) return null;
    const to = { resizeWidth: Math.round(size.width * scale), resizeHeight: Math.round(size.height * scale) };
    const bitmap = await createImageBitmap(file, { ...to, resizeQuality: "high", imageOrientation: "from-image" });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    const isCutOff = file.type === "image/jpeg" && endsTransparent(canvas);
    const screen = isCutOff ? file : await blobOf(canvas, copyType(file.type));
    canvas.width = canvas.height = 0; // its memory goes now
    return { ...size, screen };
  } catch {
    return null;
  }
}

/** Width and height as they are seen, from the head of the file. */
function sizeOf(file) {
  const image = new Image();
  return new Promise((resolve, reject) => {
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = reject;
    image.src = URL.createObjectURL(file);
  }).finally(() => URL.revokeObjectURL(image.src));
}

/** Whether nothing is in the last row, which in a JPEG means that the file was cut off. */
function endsTransparent(canvas) {
  return canvas.getContext("2d").getImageData(0, canvas.height - 1, 1, 1).data[3] < 255;
}

/** What a smaller copy is written as: JPEG only where there is no alpha channel to lose. */
function copyType(type) {
  return OPAQUE.includes(type) ? "image/jpeg" : "image/webp";
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
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/webp", 0.85); });
}

function redraw(image, scale, type) {
  return blobOf(draw(image, scale), type === "image/png" ? type : copyType(type));
}

function draw(image, scale) {
  return drawTurned(image, 1, scale, SHORTEST_SIDE);
}

function blobOf(canvas, type) {
  const written = type === "image/webp" && Math.max(canvas.width, canvas.height) > LONGEST_WEBP ? "image/png" : type;
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("No memory for it"))), written, 0.92);
  });
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
