// One picture after the other in a canvas. An <img> would leave each in the browser's cache of decoded pictures: 4 MB a painting.

/** The newest picture that was asked for in each canvas: one that comes late is not shown. @type {WeakMap<HTMLCanvasElement, Blob | string>} */
const wanted = new WeakMap();

/**
 * Show a picture, a Blob or one to be fetched from an address, once it is there. What was shown before stays
 * where it cannot be had, and where another was asked for meanwhile.
 * @param {HTMLCanvasElement} canvas
 * @param {Blob | string} picture
 */
export async function show(canvas, picture) {
  if (wanted.get(canvas) === picture) return;
  wanted.set(canvas, picture);
  const bitmap = await decoded(picture);
  if (wanted.get(canvas) !== picture) { bitmap?.close(); return; }
  if (!bitmap) { wanted.delete(canvas); return; } // it may be there the next time
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
  canvas.dataset.shown = String(Number(canvas.dataset.shown ?? 0) + 1); // how many so far
}

/** The pixels; null where there are none to be had. */
async function decoded(picture) {
  try {
    return await createImageBitmap(picture instanceof Blob ? picture : await fetched(picture));
  } catch {
    return null;
  }
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return await answer.blob();
}
