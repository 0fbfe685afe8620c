"""Endpoints of earlier clients: /stylize, /image/…, requestStyleTransfer.

| request                      | answer                                      | errors     |
|------------------------------|---------------------------------------------|------------|
| PUT /image/<iterations>      | {"hash": id, "secret"}                      | {message}  |
| GET /image/<hash>            | {"image": {"py/b64": JPEG}} or {message}    | {message}  |
| POST /stylize                | {"result": data URL, "id", "secret"}        | {error}    |
| POST /requestStyleTransfer   | {id, image_success, object_url, secret}     | {error, …} |
| POST /getStyleTransferStatus | {exists, progress, completed, result_image} | {error, …} |

They were an image service, a Keras service and a static site. Errors have the status that they have
everywhere; the site's have its own fields beside `error`, saying no, and every answer that it gets
is there a second time as text, with `statusCode` and `body`. With the `secret` an order can be
cancelled and deleted at /api/v1/jobs/<id>. The services optimised pixels,
so the gatys engine paints for them; the site's network painted in one pass, so the fast engine
does. Bodies are JSON whatever their type says.
"""

from stylekit.web.legacy.image_service import image_service
from stylekit.web.legacy.keras_service import keras_service
from stylekit.web.legacy.static_site import site_orders, site_pictures, site_questions

blueprints = (image_service, keras_service, site_orders, site_questions, site_pictures)
