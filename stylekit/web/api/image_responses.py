"""Pictures as responses: type, caching and file name."""

import hashlib
import mimetypes

from flask import Response, request

PRIVATE = "private, no-cache"  # it can be deleted or taken back: ask each time whether it is there
PUBLIC = "public, max-age=86400, stale-while-revalidate=604800"
MAX_THUMBNAIL_WIDTH = 1024


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
