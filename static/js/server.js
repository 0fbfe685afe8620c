// Talks to the server: JSON in and out, one class of failure.

const ABOUT_PICTURES = new Set([
  "bad_picture", "not_a_picture", "picture_damaged", "picture_too_small", "picture_too_large",
  "too_large", "request_too_large",
]);

/** A request that did not work: the server's words where it had any. */
export class Failure extends Error {
  constructor({ status = 0, code = "", message = "", id = "", retryAfterSeconds = 0 }) {
    super(message || `The server answered ${status}.`);
    Object.assign(this, { status, code, id, retryAfterSeconds });
  }

  get isAboutPicture() {
    return ABOUT_PICTURES.has(this.code) || this.status === 413;
  }

  get mayWorkLater() {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

function failureOf(xhr) {
  const error = xhr.responseJSON?.error ?? {};
  const words = xhr.status === 413 ? "The picture is larger than the server accepts." : "";
  return new Failure({
    status: xhr.status,
    code: error.code,
    message: error.message || words,
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
      else if (xhr.status >= 200 && xhr.status < 300) resolve(undefined); // an empty body
      else reject(failureOf(xhr));
    });
  });
}
