// Offers to put the page on the device, below a finished painting, until somebody says no.

const REFUSED = "stylekit-install-refused";

let offer = null; // the browser's own question, which it lets a page ask once

/** Ask where the page has room for it, in place of the browser. */
export function enable() {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    if (remembered()) return;
    offer = event;
    show(true);
  });
  window.addEventListener("appinstalled", () => show(false));
  $("#install-yes").on("click", async () => {
    show(false);
    await offer?.prompt();
    offer = null;
  });
  $("#install-no").on("click", () => { show(false); refuse(); });
}

function show(isOffered) {
  document.getElementById("install").hidden = !isOffered;
}

function remembered() {
  try { return localStorage.getItem(REFUSED) !== null; } catch { return false; }
}

function refuse() {
  try { localStorage.setItem(REFUSED, "yes"); } catch { /* private windows may keep nothing: it is asked again */ }
}
