// Keeps a quick painting: it is ordered once more as a job, in full, which has a page and can be in the feed.

import { announce } from "./announce.js";
import { t } from "./text.js";
import { transfer } from "./transfer.js";

const button = document.getElementById("result-keep");
const link = document.getElementById("result-page");

/** Offer to keep a painting, or its page where it is kept already. */
export function offer({ page }) {
  $("#result-keep, #result-keep-help").prop("hidden", Boolean(page));
  $("#result-page, #result-kept-help").prop("hidden", !page);
  if (page) link.href = page;
}

/** Give the painting its `page`; rejects with a `Failure`. The button is out of order meanwhile. */
export async function keep(painting, { signal, onStep }) {
  const { order } = painting;
  button.disabled = true;
  try {
    const settings = { ...order.settings, as_job: true };
    const { job } = await transfer({ ...order, settings, isFull: true, signal, onStep });
    painting.page = job.urls.page;
    announce(t("It is kept, and has a page of its own."));
  } finally {
    button.disabled = false;
  }
}

/** To where the button was. */
export function focus() {
  link.focus({ preventScroll: true });
}
