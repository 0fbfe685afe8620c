// Says a sentence to screen readers, without moving the focus.

export function announce(sentence) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  // A change in the next frame is read even when the sentence is the same as before.
  requestAnimationFrame(() => { place.textContent = sentence; });
}
