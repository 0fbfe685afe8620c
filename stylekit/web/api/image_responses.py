"""Pictures as answers: typed, cached by who may keep them, saved under a good name."""

import hashlib
import mimetypes

from flask import Response, request

from stylekit import images
from stylekit.web.api.parsing import query_number

PRIVATE = "private, max-age=3600"
PUBLIC = "public, max-age=86400, stale-while-revalidate=604800"
WIDEST_THUMBNAIL = 1024


def small_reply(data: bytes, mime_type: str, *, name: str) -> Response:
    """A picture file; with `?width=` a small copy, this long at most."""
    longest_side = query_number("width", high=WIDEST_THUMBNAIL)
    if longest_side is not None:
        data = images.thumbnail(data, longest_side)
        mime_type = images.mime_type(data)
    return picture_reply(data, mime_type, name=name)


def picture_reply(
    data: bytes, mime_type: str, *, name: str = "painting", cache: str = PRIVATE
) -> Response:
    """A picture file; with `?download=1` a browser saves it rather than shows it."""
    response = Response(data, mimetype=mime_type)
    kind = "attachment" if request.args.get("download") == "1" else "inline"
    extension = mimetypes.guess_extension(mime_type) or ""
    response.headers["Content-Disposition"] = f'{kind}; filename="{name}{extension}"'
    response.headers["Cache-Control"] = cache
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    if request.method in ("GET", "HEAD"):
        response.make_conditional(request)
    return response
