"""Where faces are in photographs: people look there first, and know best how it should be.

Found by scikit-image's cascade of local binary patterns. Some finds are no face but a texture that
looks like one to it. That does little harm: more of the photograph is kept there, too.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from training.data import Bytes

SMALLEST = 24  # pixels a side that the cascade needs
FINDS = 6  # of one face, at places and sizes near to one another, before it is believed
AROUND = 1.2  # of a face's side, what a portrait shows of the photograph on each side


class Face(NamedTuple):
    """A square from the brows to the chin, in pixels."""

    top: int
    left: int
    side: int


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def find(picture: Bytes) -> list[Face]:
    """The faces in `picture` (h, w, 3) that look at whoever looks at it."""
    if min(picture.shape[:2]) < SMALLEST:
        return []
    found = _cascade().detect_multi_scale(
        img=np.asarray(Image.fromarray(picture).convert("L")),
        scale_factor=1.15,
        step_ratio=1.2,
        min_size=(SMALLEST, SMALLEST),
        max_size=picture.shape[:2],
        min_neighbor_number=FINDS,
    )
    return [Face(int(each["r"]), int(each["c"]), int(each["width"])) for each in found]


def find_once(path: Path, pictures: list[Bytes]) -> list[list[Face]]:
    """The faces in each of `pictures`, or what an earlier run wrote to `path`.

    A quarter of a second a picture and core.
    """
    if not path.is_file():
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            found = list(pool.map(find, pictures, chunksize=16))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found))
    return [[Face(*face) for face in each] for each in json.loads(path.read_text())]


def marked(picture: Bytes, faces: list[Face]) -> Bytes:
    """`picture` with a fourth channel, which is 255 in `faces` and 0 elsewhere: (h, w, 4)."""
    height, width, _ = picture.shape
    mask = Image.new("L", (width, height))
    for top, left, side in faces:
        # Foreheads and chins reach out of the square, cheeks hardly do.
        rim = (left, top - side / 8, left + side, top + side * 9 / 8)
        ImageDraw.Draw(mask).ellipse(rim, fill=255)
    return np.dstack([picture, np.asarray(mask)])


def portrait(picture: Bytes, face: Face) -> Bytes:
    """What is around `face` in `picture` (h, w, c)."""
    height, width, _ = picture.shape
    room = round(AROUND * face.side)
    rows = slice(max(0, face.top - room), min(height, face.top + face.side + room))
    columns = slice(max(0, face.left - room), min(width, face.left + face.side + room))
    return picture[rows, columns]
