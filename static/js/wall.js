// The quick paintings of this visit, small, to go back to; gone with the page, as they are not kept.

const MOST = 24; // pictures that stay in memory
const paintings = [];

/** Add a painting on top; `onChosen(painting)` shows it again. Each has {url, name}. */
export function hang(painting, onChosen) {
  const wall = document.getElementById("wall");
  const button = $("<button type='button' class='wall-picture'>")
    .attr({ "aria-label": `Show again: ${painting.name}`, title: painting.name })
    .append($("<img>").attr({ src: painting.url, alt: "" }))
    .on("click", () => { mark(painting); onChosen(painting); });
  paintings.unshift({ painting, button });
  $(wall).find(".wall-pictures").prepend(button);
  for (const { painting: old, button: its } of paintings.splice(MOST)) {
    its.remove();
    URL.revokeObjectURL(old.url);
  }
  wall.hidden = paintings.length < 2;
  mark(painting);
}

function mark(shown) {
  for (const { painting, button } of paintings) {
    if (painting === shown) button.attr("aria-current", "true");
    else button.removeAttr("aria-current");
  }
}
