// A finished painting: download with the right name and type, share where the browser can.

import { toBlob } from "./picture.js";
import { announce } from "./announce.js";
import { fileName } from "./words.js";

/** A painting that came as a data URL, as a file: {file, url}. */
export function asFile({ image, format }, photoName, styleName) {
  const blob = toBlob(image);
  const name = fileName(photoName, styleName, format || blob.type.split("/")[1]);
  const file = new File([blob], name, { type: blob.type });
  return { file, url: URL.createObjectURL(file) };
}

/** Point a download link at a file. */
export function offerDownload(link, { file, url }) {
  link.href = url;
  link.download = file.name;
}

/** Show the share button where this browser can share `data()`; the answer may be a promise. */
export function offerShare(button, data, canShare = Boolean(navigator.share)) {
  button.hidden = !canShare;
  $(button).off("click").on("click", async () => {
    try {
      await navigator.share(await data());
    } catch (error) {
      if (error.name !== "AbortError") announce("Sharing did not work; download it instead.");
    }
  });
}

/** Whether this browser can share a file like this one. */
export function canShareFile(file) {
  return Boolean(navigator.canShare?.({ files: [file] }));
}
