"""Camera raw files, developed by LibRaw where the extra `raw` is installed."""

import io

import numpy as np

from stylekit.errors import NotAPicture
from stylekit.images.limits import Limits, check_size, refusing_damage
from stylekit.images.samples import Samples

HINT = (
    "The file is a camera raw file, and this server cannot develop those: save it as JPEG, or "
    "install rawpy (pip install 'stylekit[raw]')."
)


def read(data: bytes, limits: Limits, longest_side: int | None = None) -> Samples:
    """A raw file as the camera would have shown it: its white balance, upright, sRGB, 16 bits.

    Raises:
        NotAPicture: when rawpy is not installed.
        PictureDamaged, PictureTooLarge, PictureTooSmall.
    """
    try:
        import rawpy
    except ImportError:
        raise NotAPicture(HINT) from None
    with refusing_damage("RAW"), rawpy.imread(io.BytesIO(data)) as file:
        check_size(file.sizes.iwidth, file.sizes.iheight, limits)
        pixels = file.postprocess(use_camera_wb=True, output_bps=16)
        return Samples(values=np.ascontiguousarray(pixels), is_upright=True)
