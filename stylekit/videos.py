"""Video files: frames as pictures, and painted frames with the sound of the original (PyAV)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stylekit.errors import BadPicture, BadSettings
from stylekit.images import Picture

OnFrame = Callable[[Picture, float], Picture]
"""Paints one frame; the number is how much of the video lies before it, 0 to 1."""

CODEC, QUALITY = "libx264", "18"  # of x264's scale, where 18 is hardly told from the original


def repaint(source: Path, target: Path, paint: OnFrame) -> None:
    """Paint every frame of `source`, and write them with its first sound track to `target` (MP4).

    Frames keep their times and are upright. H.264 needs even sides: of an odd one, the last line
    is left out. `target` appears when it is whole.

    Raises:
        BadPicture: when `source` is no video that FFmpeg reads.
        BadSettings: when the extra `video` is not installed.
    """
    try:
        import av
    except ImportError:
        raise BadSettings("Videos need the extra `video`: pip install 'stylekit[video]'.") from None
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with av.open(str(source)) as film, av.open(str(unfinished), "w", format="mp4") as result:
            if not film.streams.video:
                raise BadPicture(f"{source} has no pictures.")
            copy(film, result, paint)
        unfinished.replace(target)
    except av.error.InvalidDataError as error:
        raise BadPicture(f"{source} is no video that can be read: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def copy(film: Any, result: Any, paint: OnFrame) -> None:
    """Every frame, painted; every piece of the first sound track as it is."""
    pictures, sounds = film.streams.video[0], film.streams.audio[:1]
    painted = result.add_stream(CODEC, rate=pictures.average_rate or 25, options={"crf": QUALITY})
    painted.pix_fmt = "yuv420p"
    sound = result.add_stream_from_template(sounds[0]) if sounds else None
    seconds = float(film.duration or 0) / 1_000_000
    for packet in film.demux(pictures, *sounds):
        if packet.stream.type == "video":
            for frame in packet.decode():
                before = min(1.0, (frame.time or 0) / seconds) if seconds else 0.0
                result.mux(painted.encode(painted_frame(frame, painted, paint, before)))
        elif packet.dts is not None:
            packet.stream = sound
            result.mux(packet)
    result.mux(painted.encode(None))


def painted_frame(frame: Any, stream: Any, paint: OnFrame, before: float) -> Any:
    """A frame for the stream, whose size is that of its first frame."""
    upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
    picture = paint(upright.astype(np.float32) / 255, before)
    height, width = (side - side % 2 for side in picture.shape[:2])
    if not stream.codec_context.is_open:
        stream.width, stream.height = width, height
    pixels = np.rint(picture[:height, :width] * 255).astype(np.uint8)
    made = type(frame).from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    made.pts, made.time_base = frame.pts, frame.time_base
    return made
