// Talks to the server: JSON in and out, one class of failure.

import { t } from "./text.js";

const ABOUT_PICTURES = new Set([
  "bad_picture", "not_a_picture", "picture_damaged", "picture_too_small", "picture_too_large",
  "too_large", "request_too_large",
]);

// For answers of what stands between here and the server, which are pages in somebody else's words.
const WORDS = {
  413: () => t("The picture is larger than the server accepts."),
  429: () => t("Wait a moment, then try again."),
};
const AWAY = new Set([502, 503, 504]);

/** A request that did not work: the server's words where it had any. */
export class Failure extends Error {
  status = 0;
  code = "";
  id = "";
  retryAfterSeconds = 0;
  isAboutStyle = false;
  isFromServer = false; // whether the words are its own, which are English

  constructor({ status = 0, code = "", message = "", id = "", retryAfterSeconds = 0, isAboutStyle = false, isFromServer = false }) {
    super(message || WORDS[status]?.() || t("The server answered {status}.", { status }));
    Object.assign(this, { status, code, id, retryAfterSeconds, isAboutStyle, isFromServer });
  }

  /** Whether a page of somebody else answered: every refusal of the server itself has a code. */
  get isFromElsewhere() {
    return !this.code && (AWAY.has(this.status) || this.status === 200);
  }

  get isAboutPicture() {
    return ABOUT_PICTURES.has(this.code) || this.status === 413;
  }

  get mayWorkLater() {
    return this.status === 0 || this.status === 429 || AWAY.has(this.status);
  }
}

function failureOf(xhr, answer = xhr.responseJSON) {
  const error = answer?.error ?? {};
  return new Failure({
    status: xhr.status,
    code: error.code,
    message: error.message,
    isFromServer: Boolean(error.message),
    id: error.id,
    retryAfterSeconds: Number.parseInt(xhr.getResponseHeader("Retry-After") ?? "", 10) || 0,
  });
}

function progressing(onUpload) {
  const xhr = new window.XMLHttpRequest();
  xhr.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) onUpload(event.loaded / event.total);
  });
  return xhr;
}

/**
 * One request. Resolves with the parsed answer, or undefined when nothing changed (304);
 * rejects with a `Failure`, or an AbortError when `signal` was used.
 * @param {string} method
 * @param {string} url
 * @param {{ body?: any, onUpload?: (share: number) => void, signal?: AbortSignal, ifChanged?: boolean }} [how]
 */
export function request(method, url, { body, onUpload, signal, ifChanged = false } = {}) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = $.ajax({
      method,
      url,
      data: body === undefined ? undefined : JSON.stringify(body),
      contentType: body === undefined ? false : "application/json",
      processData: false,
      headers: { Accept: "application/json" },
      dataType: "json",
      ifModified: ifChanged,
      xhr: onUpload ? () => progressing(onUpload) : undefined,
    });
    signal?.addEventListener("abort", () => xhr.abort());
    xhr.done((answer) => resolve(answer));
    xhr.fail((_, reason) => {
      if (reason === "abort") reject(new DOMException("Stopped", "AbortError"));
      else if (xhr.status >= 200 && xhr.status < 300 && !xhr.responseText) resolve(undefined);
      else reject(failureOf(xhr));
    });
  });
}

/**
 * One request with a file in its body or as its answer. Resolves with a picture as a Blob, or with
 * what the JSON says; rejects as `request` does.
 * @param {string} method
 * @param {string} url
 * @param {{ body?: any, accept?: string, signal?: AbortSignal, onUpload?: (share: number) => void, onDownload?: (share: number) => void }} how
 */
export function send(method, url, { body, accept = "application/json", signal, onUpload, onDownload }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new window.XMLHttpRequest();
    xhr.open(method, url);
    xhr.responseType = "blob";
    xhr.setRequestHeader("Accept", accept);
    const isFile = body instanceof Blob;
    xhr.setRequestHeader("Content-Type", isFile ? body.type || "application/octet-stream" : "application/json");
    const tell = (hears) => (event) => { if (event.lengthComputable) hears?.(event.loaded / event.total); };
    xhr.upload.addEventListener("progress", tell(onUpload));
    xhr.addEventListener("progress", tell(onDownload));
    signal?.addEventListener("abort", () => xhr.abort());
    xhr.addEventListener("abort", () => reject(new DOMException("Stopped", "AbortError")));
    xhr.addEventListener("error", () => reject(new Failure({ status: 0 })));
    xhr.addEventListener("load", async () => {
      const answer = await parsed(xhr.response);
      if (xhr.status < 200 || xhr.status >= 300) reject(failureOf(xhr, answer));
      else if (answer === undefined) reject(new Failure({ status: xhr.status })); // a page of somebody else
      else resolve(answer);
    });
    xhr.send(isFile ? body : JSON.stringify(body));
  });
}

/** A picture as it is, JSON as its value, undefined for anything else: an answer that broke off in its head is empty. */
async function parsed(blob) {
  if (blob?.type.startsWith("image/") && blob.size > 0) return blob;
  try {
    return JSON.parse(await blob.text());
  } catch {
    return undefined;
  }
}
