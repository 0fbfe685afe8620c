// WebP files with an EXIF orientation: not every browser turns them, and the server does.

// One pixel over another, with the tag for a quarter turn: its width says what this browser does.
const PROBE = "data:image/webp;base64,UklGRlAAAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA8AAAAvAQAAAAcQ/Y/+ByKi/wEARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==";
const EXIF_FLAG = 0x08;
const ORIENTATION = 0x0112;

let turns; // a promise: whether this browser turns WebP files itself

/** What a file's pixels have to be turned by, as an EXIF orientation; 1 where the browser has done it. */
export async function leftToTurn(file) {
  if (file.type !== "image/webp") return 1;
  const head = new DataView(await file.slice(0, 32).arrayBuffer());
  if (head.byteLength < 30 || name(head, 12) !== "VP8X" || !(head.getUint8(20) & EXIF_FLAG)) return 1;
  turns ??= doesTurn();
  return (await turns) ? 1 : orientationOf(new DataView(await file.arrayBuffer()));
}

async function doesTurn() {
  const image = new Image();
  image.src = PROBE;
  await image.decode();
  return image.naturalWidth === 1;
}

function orientationOf(view) {
  for (let at = 12; at + 8 <= view.byteLength;) {
    const length = view.getUint32(at + 4, true);
    if (name(view, at) === "EXIF") return tagIn(view, at + 8, length);
    at += 8 + length + (length % 2);
  }
  return 1;
}

/** The orientation tag of a TIFF structure; 1 where there is none that makes sense. */
function tagIn(view, start, length) {
  try {
    const at = name(view, start) === "Exif" ? start + 6 : start;
    const isLittle = view.getUint16(at) === 0x4949;
    const directory = at + view.getUint32(at + 4, isLittle);
    const count = Math.min(view.getUint16(directory, isLittle), length / 12);
    for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
      if (view.getUint16(entry, isLittle) !== ORIENTATION) continue;
      const tag = view.getUint16(entry + 8, isLittle);
      return tag >= 1 && tag <= 8 ? tag : 1;
    }
  } catch { /* a corrupt tag is no tag */ }
  return 1;
}

function name(view, at) {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}

/** Draws an image on a canvas, turned by an orientation and scaled. */
export function drawTurned(image, orientation, scale, shortest) {
  const canvas = document.createElement("canvas");
  const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(shortest, Math.floor(side * scale)));
  [canvas.width, canvas.height] = orientation < 5 ? [width, height] : [height, width];
  const context = canvas.getContext("2d");
  context.setTransform(...MATRICES[orientation](width, height));
  context.drawImage(image, 0, 0, width, height);
  return canvas;
}

const MATRICES = {
  1: () => [1, 0, 0, 1, 0, 0],
  2: (width) => [-1, 0, 0, 1, width, 0],
  3: (width, height) => [-1, 0, 0, -1, width, height],
  4: (width, height) => [1, 0, 0, -1, 0, height],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (width, height) => [0, 1, -1, 0, height, 0],
  7: (width, height) => [0, -1, -1, 0, height, width],
  8: (width) => [0, -1, 1, 0, 0, width],
};
