// Words for people: durations, sizes, file names, and what went wrong.

import { language, locale, t } from "./text.js";

/** "8 s", "2 min 5 s", "1 h 10 min". */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return t("{hours} h {minutes} min", { hours, minutes });
  if (minutes === 0) return t("{seconds} s", { seconds: whole });
  return whole % 60 ? t("{minutes} min {seconds} s", { minutes, seconds: whole % 60 }) : t("{minutes} min", { minutes });
}

/** Time left, no more exact than an estimate can be. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 2) return t("a moment left");
  return t("about {time} left", { time: duration(seconds > 20 ? Math.round(seconds / 5) * 5 : seconds) });
}

/** "830 kB", "3.4 MB". */
export function size(bytes) {
  if (bytes < 1e6) return t("{size} kB", { size: Math.max(1, Math.round(bytes / 1e3)) });
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return t("{size} MB", { size: (bytes / 1e6).toLocaleString(locale, digits) });
}

/** "just now", "5 minutes ago", "in 3 days". */
export function relative(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  for (const [unit, length] of units) {
    // Of seven days hardly begun, seven are left; what is past is no older than it is.
    const count = seconds / length;
    if (Math.abs(count) >= 1) return format.format(count > 0 ? Math.round(count) : Math.trunc(count), unit);
  }
  return seconds > 0 ? t("in a moment") : t("just now");
}

const EXTENSIONS = { jpeg: "jpg", jpg: "jpg", png: "png", webp: "webp", gif: "gif" };

/** The name of a painting on disk: photo-woodblock-wave.jpg. */
export function fileName(photoName, styleName, format) {
  const stem = (photoName || "photo").replace(/\.[^.]*$/, "").trim() || "photo";
  const words = `${stem}-${styleName || "repainted"}`.replace(/[\\/:*?"<>|\s]+/g, "-");
  return `${words}.${EXTENSIONS[String(format).toLowerCase()] || "png"}`;
}

/** What to tell a person about a failed request: a title, a sentence, and whose fault it may be. */
export function explain(failure) {
  if (failure.status === 0) {
    return {
      title: navigator.onLine ? t("The server does not answer") : t("You are offline"),
      text: t("Nothing is lost: your choices are still here. Try again when the connection is back."),
    };
  }
  if (failure.isFromElsewhere) {
    return { title: t("The server is away for a moment"), text: t("Nothing is lost. Try again in a moment.") };
  }
  if (failure.status === 503 || failure.status === 429) {
    return { title: failure.status === 429 ? t("That was a lot at once") : t("Every place is taken"), text: said(failure) };
  }
  if (failure.isAboutPicture) return { title: t("That picture does not work"), text: said(failure) };
  if (failure.status >= 500) {
    const id = failure.id ? ` ${t("If it happens again, mention {id}.", { id: failure.id })}` : "";
    return { title: t("Something broke on our side"), text: `${t("Your photo is fine; try once more.")}${id}` };
  }
  return { title: t("That did not work"), text: said(failure) };
}

/** A failure's words: the page's own are translated, those of the server are English. */
function said({ message, isFromServer }) {
  return isFromServer && language !== "en" ? t("The server says, in English: {message}", { message }) : message;
}
