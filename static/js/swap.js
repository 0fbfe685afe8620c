// Shows another picture in an <img> only once it is there: no flicker, and no sign of a broken one.

/** Resolves with the picture that is shown now; null when it could not be had, or was no longer wanted. */
export async function swap(image, address) {
  if (image.dataset.address === address) return null;
  image.dataset.address = address;
  const next = new Image();
  next.src = address;
  const isThere = await next.decode().then(() => true, () => false);
  if (image.dataset.address !== address) return null;
  // A preview may be gone by the time it is asked for: what is shown stays, and the next one is welcome.
  if (!isThere) { image.dataset.address = ""; return null; }
  image.src = address;
  image.hidden = false;
  return next;
}

/** Show nothing. */
export function empty(image) {
  image.dataset.address = "";
  image.hidden = true;
}
