"""The presets in the order of the carousel: name, sentence and painter of each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stylekit import images
from training.presets import crafts, inks, modern, oils, prints, tiles
from training.presets.fields import Picture, Rng

SIZE = 640
"""Height and width of a shipped preset, in pixels."""


@dataclass(frozen=True)
class Preset:
    """One picture that we paint ourselves."""

    name: str
    description: str
    painter: Callable[[int, Rng], Picture]
    seed: int = 0  # another number, another picture of the same kind
    fineness: float = 1  # how many times larger a canvas is painted, then reduced to the size

    @property
    def id(self) -> str:
        """Give the name as addresses and files spell it."""
        return self.name.lower().replace(" ", "-")

    def paint(self, size: int = SIZE) -> Picture:
        """Paint `size` × `size` pixels: a smaller canvas shows less, not smaller, brushwork."""
        canvas = round(size * self.fineness)
        picture = self.painter(canvas, np.random.default_rng([self.seed, *self.id.encode()]))
        return images.resize(np.clip(picture, 0, 1).astype(np.float32), size, size)


PRESETS = (
    Preset(
        "Woodblock wave",
        "Rows of breaking indigo waves with claws of foam, cut in cherry wood.",
        prints.woodblock_wave,
    ),
    Preset(
        "Night swirls",
        "A restless sky in ultramarine and yellow, thick enough to touch.",
        oils.night_swirls,
    ),
    Preset(
        "Stained glass",
        "Rose windows in ruby, cobalt and amber with the sun behind them.",
        tiles.stained_glass,
        fineness=2.5,
    ),
    Preset("Ink wash", "Mountains in mist: black ink, much water, few strokes.", inks.ink_wash),
    Preset(
        "Autumn oils",
        "An October wood laid on with a loaded palette knife.",
        oils.autumn_oils,
    ),
    Preset(
        "Marbled paper",
        "Paint floated on water and drawn through with a comb, as in old bindings.",
        crafts.marbled_paper,
        seed=1,
    ),
    Preset(
        "Watercolour bloom",
        "Rose, violet and lagoon running into each other on wet paper.",
        inks.watercolour_bloom,
    ),
    Preset(
        "Neon circuit",
        "A city of circuits at midnight in cyan, magenta and violet light.",
        modern.neon_circuit,
    ),
    Preset(
        "Linocut leaves",
        "A black-and-white thicket, every vein a stroke of the gouge.",
        prints.linocut_leaves,
    ),
    Preset(
        "Mosaic",
        "Small stones set in arcs, from terracotta to sea green.",
        tiles.mosaic,
    ),
    Preset(
        "Misty hills",
        "Dusk over plum, rose and sage hills, printed from wiped blocks.",
        prints.misty_hills,
    ),
    Preset(
        "Pop halftone",
        "Comic-book bursts in four loud inks, big dots and bold lines.",
        prints.pop_halftone,
    ),
    Preset(
        "Kintsugi",
        "Broken celadon and midnight glaze, mended with seams of gold.",
        tiles.kintsugi,
    ),
    Preset(
        "Sunday dots",
        "A river afternoon made of nothing but dots of pure colour.",
        oils.sunday_dots,
    ),
    Preset(
        "Cubist facets",
        "A still life seen from every side at once, in ochre, umber and slate.",
        tiles.cubist_facets,
    ),
    Preset(
        "Embroidery",
        "Satin-stitched flowers in madder, mustard and moss on navy cloth.",
        crafts.embroidery,
        seed=2,
    ),
    Preset(
        "Chalk and ink",
        "Brown pen and white chalk on blue paper: a page from a Renaissance sketchbook.",
        inks.chalk_and_ink,
    ),
    Preset(
        "Paper cut",
        "Sheets of coloured paper stacked like hills, each with its own shadow.",
        crafts.paper_cut,
    ),
    Preset(
        "Deco gold",
        "Fans of gold wire on lacquer, dressed for the theatre.",
        modern.deco_gold,
    ),
    Preset(
        "Aurora pastel",
        "Northern light in soft chalk: mint, lilac, rose and peach.",
        inks.aurora_pastel,
    ),
    Preset(
        "Spray wall",
        "Fat caps, drips and colour clouds on concrete: one wall, many nights.",
        modern.spray_wall,
    ),
    Preset(
        "Bauhaus tiles",
        "Discs, quarters and bars that keep perfect time.",
        modern.bauhaus_tiles,
    ),
    Preset(
        "Old fresco",
        "Faded earths on a plaster wall that has cracked for ten centuries.",
        tiles.old_fresco,
    ),
    Preset(
        "Wax batik",
        "Indigo cloth with rust flowers, where the wax kept out the dye and cracked.",
        crafts.wax_batik,
    ),
)
