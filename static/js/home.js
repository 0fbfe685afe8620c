// The home page: choose a photo, tap a style, and it is painted; everything stays until it is deleted.

import * as batch from "./batch.js";
import * as install from "./install.js";
import * as lightbox from "./lightbox.js";
import * as notice from "./notice.js";
import { download, goOn, keep, missing, paint, share, showSides } from "./painting.js";
import * as photos from "./photo.js";
import { whyNot } from "./picture.js";
import * as results from "./result.js";
import { bringBack, photoChosen } from "./session.js";
import * as settings from "./settings.js";
import { drawActions, failure, limits, now, remember, reveal } from "./studio.js";
import * as styles from "./styles.js";
import { t } from "./text.js";

photos.enable({ onChosen: photoChosen, onRefused: (file) => refuse(file, photos.pick), onMore: severalChosen, onOurs: settingsBack });
styles.enable({ onChanged: choiceMade, onAgain: choiceMade, onRefused: (file) => refuse(file, styles.pickOwn) });
settings.enable({ onChanged: drawActions, onReleased: choiceMade });
lightbox.enable(() => now.shown);
install.enable();
$("#transfer").on("click", paint);
$("#painting-stop").on("click", () => now.running?.abort());
$("#result-keep").on("click", keep);
$("#result-finer").on("click", () => goOn(now.shown, 0));
$("#result-download").on("click", download);
$("#result-sides").on("click", showSides);
$("#result-both").on("click", async () => results.save(await results.beforeAndAfter(now.shown)));
results.offerShare(document.getElementById("result-share"), share);
// Browsers disagree on whether Enter opens a file picker; here it does.
$("input[type=file]").on("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  event.target.click();
});
drawActions();
performance.mark("usable");
bringBack();
// Only once somebody does something: it would be in the way of the first look.
window.addEventListener("pointerdown", () => { navigator.serviceWorker?.register("/sw.js").catch(() => {}); }, { once: true });

function choiceMade() {
  drawActions();
  remember();
  if (now.photo && settings.chosen().mode === "fast" && styles.chosen()) paint();
}

function refuse(file, pick) {
  notice.show(failure, {
    title: t("That is no picture"),
    text: whyNot(file),
    ways: [{ label: t("Choose another file"), act: pick, primary: true }],
  });
  reveal(failure);
}

/** A picture that was painted here: how it was painted comes back, and the photo stays. */
async function settingsBack(made, choose) {
  settings.restore({ mode: made.engine, preserve_colors: made.options.preserve_colors, options: made.options });
  if (made.style) await styles.restore({ id: made.style, own: null });
  choiceMade();
  notice.show(failure, {
    title: styles.chosen()?.name ?? t("Adjust"),
    text: t("This picture was painted here: its style and settings are back. Choose its photo to paint it again."),
    ways: [
      { label: t("Choose a photo"), act: photos.pick, primary: true },
      { label: t("Paint this picture itself"), act: choose },
    ],
  });
  reveal(failure);
}

/** The first of several photos is on the stage; all of them can be painted. One ends what several began. */
function severalChosen(files) {
  if (files.length < 2) batch.end();
  else batch.begin(files, orderOfAll);
}

/** How several photos are painted, quickly; null while a style is missing, which is said. */
function orderOfAll() {
  const lack = missing(styles.chosen());
  if (lack) { notice.show(failure, lack); reveal(failure); return null; }
  return { style: { ...styles.chosen() }, settings: settings.chosen(), limits };
}
