// A photo by the camera of a desktop; phones have an app for that, which the file input opens.

import { t } from "./text.js";

const dialog = document.getElementById("webcam");
const video = /** @type {HTMLVideoElement} */ (document.getElementById("webcam-video"));
const take = /** @type {HTMLButtonElement} */ (document.getElementById("webcam-take"));
const words = document.getElementById("webcam-words");

let stream = null; // while the camera is on

/** Offer the camera where there is one; `onTaken(file)` gets each photo. */
export async function enable(onTaken) {
  const isPhone = window.matchMedia("(any-pointer: coarse)").matches;
  if (isPhone || !navigator.mediaDevices?.enumerateDevices) return;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  document.getElementById("photo-webcam").hidden = !devices.some(({ kind }) => kind === "videoinput");
  $("#photo-webcam").on("click", open);
  $(take).on("click", async () => {
    const file = await photo();
    dialog.close();
    onTaken(file);
  });
  $(dialog).on("close", stop);
}

async function open() {
  take.disabled = true;
  words.textContent = t("Starting the camera…");
  dialog.showModal();
  try {
    const begun = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } });
    stop(); // of an earlier time that was closed before it began
    stream = begun;
    if (!dialog.open) { stop(); return; }
    video.srcObject = begun;
    await video.play();
    words.textContent = "";
    take.disabled = false;
    take.focus();
  } catch (error) {
    words.textContent = error.name === "NotAllowedError"
      ? t("This page may not use the camera. Allow it in your browser’s address bar, then open this again.")
      : t("The camera does not start. Another program may be using it.");
  }
}

/** What the camera shows now, as a file. */
function photo() {
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(new File([blob], "webcam.jpg", { type: "image/jpeg" })), "image/jpeg", 0.95);
  });
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
}
