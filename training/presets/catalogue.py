"""The presets in the order of the carousel, those that work best first: name, sentence, painter."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stylekit import images
from training.presets import crafts, inks, modern, oils, prints, tiles
from training.presets.fields import Picture, Rng

SIZE = 640
"""Height and width of most shipped presets, in pixels."""

CLOSE = 448
"""The same of those whose lines and pieces would be too fine to be painted at a usual size."""


@dataclass(frozen=True)
class Preset:
    """One picture that we paint ourselves."""

    name: str
    description: str
    painter: Callable[[int, Rng], Picture]
    seed: int = 0  # another number, another picture of the same kind
    size: int = SIZE  # pixels a side: beside a photograph, a smaller picture has larger motifs
    fineness: float = 1  # how many times larger a canvas is painted, then reduced to the size

    @property
    def id(self) -> str:
        """Give the name as addresses and files spell it."""
        return self.name.lower().replace(" ", "-")

    def paint(self, size: int = 0) -> Picture:
        """Paint `size` × `size` pixels: a smaller canvas shows less, not smaller, brushwork."""
        size = size or self.size
        canvas = round(size * self.fineness)
        picture = self.painter(canvas, np.random.default_rng([self.seed, *self.id.encode()]))
        return images.resize(np.clip(picture, 0, 1).astype(np.float32), size, size)


PRESETS = (
    Preset(
        "Woodblock wave",
        "Rows of breaking indigo waves with claws of foam, cut in cherry wood.",
        prints.woodblock_wave,
        size=CLOSE,
    ),
    Preset(
        "Night swirls",
        "A restless sky in ultramarine and yellow, thick enough to touch.",
        oils.night_swirls,
    ),
    Preset(
        "Burning sky",
        "Vermilion and gold over blue water, in long bands that wave.",
        oils.burning_sky,
        seed=3,
    ),
    Preset(
        "Stained glass",
        "Rose windows in ruby, cobalt and amber with the sun behind them.",
        tiles.stained_glass,
        size=CLOSE,
        fineness=1.6,
    ),
    Preset("Ink wash", "Mountains in mist: black ink, much water, few strokes.", inks.ink_wash),
    Preset(
        "Autumn oils",
        "An October wood laid on with a loaded palette knife.",
        oils.autumn_oils,
    ),
    Preset(
        "Mosaic",
        "Small stones set in arcs, from terracotta to sea green.",
        tiles.mosaic,
        size=CLOSE,
    ),
    Preset(
        "Watercolour bloom",
        "Rose, violet and lagoon running into each other on wet paper.",
        inks.watercolour_bloom,
    ),
    Preset(
        "Misty hills",
        "Dusk over plum, rose and sage hills, printed from wiped blocks.",
        prints.misty_hills,
    ),
    Preset(
        "Marbled paper",
        "Paint floated on water and drawn through with a comb, as in old bindings.",
        crafts.marbled_paper,
        seed=1,
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
        "Kintsugi",
        "Broken celadon and midnight glaze, mended with seams of gold.",
        tiles.kintsugi,
    ),
    Preset(
        "Embroidery",
        "Satin-stitched flowers in madder, mustard and moss on navy cloth.",
        crafts.embroidery,
        seed=2,
    ),
    Preset(
        "Linocut leaves",
        "A black-and-white thicket, every vein a stroke of the gouge.",
        prints.linocut_leaves,
        size=CLOSE,
    ),
    Preset(
        "Old fresco",
        "Faded earths on a plaster wall that has cracked for ten centuries.",
        tiles.old_fresco,
    ),
    Preset(
        "Chalk and ink",
        "Brown pen and white chalk on blue paper: a page from a Renaissance sketchbook.",
        inks.chalk_and_ink,
    ),
    Preset(
        "Neon circuit",
        "A city of circuits at midnight in cyan, magenta and violet light.",
        modern.neon_circuit,
        size=CLOSE,
    ),
    Preset(
        "Aurora pastel",
        "Northern light in soft chalk: mint, lilac, rose and peach.",
        inks.aurora_pastel,
    ),
    Preset(
        "Wax batik",
        "Indigo cloth with rust flowers, where the wax kept out the dye and cracked.",
        crafts.wax_batik,
        size=CLOSE,
    ),
    Preset(
        "Paper cut",
        "Sheets of coloured paper stacked like hills, each with its own shadow.",
        crafts.paper_cut,
    ),
    Preset(
        "Pop halftone",
        "Comic-book bursts in four loud inks, big dots and bold lines.",
        prints.pop_halftone,
        size=CLOSE,
    ),
    Preset(
        "Deco gold",
        "Fans of gold wire on lacquer, dressed for the theatre.",
        modern.deco_gold,
        size=CLOSE,
    ),
    Preset(
        "Spray wall",
        "Fat caps, drips and colour clouds on concrete: one wall, many nights.",
        modern.spray_wall,
        size=CLOSE,
    ),
)
