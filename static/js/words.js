// Words for people: durations, sizes, file names, and what went wrong.

/** "8 s", "2 min 5 s", "1 h 10 min". */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Time left, no more exact than an estimate can be. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 2) return "a moment left";
  return `about ${duration(seconds > 20 ? Math.round(seconds / 5) * 5 : seconds)} left`;
}

/** "830 kB", "3.4 MB". */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "just now", "5 minutes ago", "in 3 days". */
export function relative(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  for (const [unit, length] of units) {
    // Of seven days hardly begun, seven are left; what is past is no older than it is.
    const count = seconds / length;
    if (Math.abs(count) >= 1) return format.format(count > 0 ? Math.round(count) : Math.trunc(count), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
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
      title: navigator.onLine ? "The server does not answer" : "You are offline",
      text: "Nothing is lost: your choices are still here. Try again when the connection is back.",
    };
  }
  if (failure.isFromElsewhere) {
    return { title: "The server is away for a moment", text: "Nothing is lost. Try again in a moment." };
  }
  if (failure.status === 503 || failure.status === 429) {
    return { title: failure.status === 429 ? "That was a lot at once" : "Every place is taken", text: failure.message };
  }
  if (failure.isAboutPicture) return { title: "That picture does not work", text: failure.message };
  if (failure.status >= 500) {
    const id = failure.id ? ` If it happens again, mention ${failure.id}.` : "";
    return { title: "Something broke on our side", text: `Your photo is fine; try once more.${id}` };
  }
  return { title: "That did not work", text: failure.message };
}
