"""Parts of the OpenAPI document: operations, responses, errors, parameters."""

from typing import Any

from stylekit import images

JSON, PICTURES = "application/json", tuple(each.mime_type for each in images.OUTPUTS.values())
REFUSALS = {
    400: "The request cannot be; the message says what to change.",
    401: "An API key is missing or wrong.",
    403: "A page of another origin may not do this.",
    404: "Nothing by that name, or not yours to act on.",
    409: "Not in this state: not finished yet, ended without a picture, or the idempotency key was "
    "used for another request.",
    410: "It was deleted or has expired.",
    413: "More bytes or pixels than the limit.",
    422: "The bytes are no picture that we can read.",
    429: "The key's quota is used up; see Retry-After.",
    500: "The painting failed, or something broke on our side.",
    503: "All places are taken, or a part is away for a moment; see Retry-After.",
}
ALWAYS = (401, 429, 500, 503)

TEXT = {"type": "string"}
BYTES: dict[str, Any] = {}


def ref(name: str) -> dict[str, Any]:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
    tag: str,
    summary: str,
    answers: dict[str, Any],
    *refusals: int,
    body: dict[str, Any] | None = None,
    body_needed: bool = True,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """One method of one address."""
    refused = {str(each): refusal(each) for each in sorted({*refusals, *ALWAYS})}
    found: dict[str, Any] = {"tags": [tag], "summary": summary}
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = {"required": body_needed, "content": {JSON: {"schema": body}}}
    return found | {"responses": {**answers, **refused}}


def answer(status: int, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """A success, by what it may contain."""
    words = {
        200: "Done.",
        201: "Kept.",
        202: "Taken as a job.",
        204: "Done; there is nothing to say.",
    }[status]
    found: dict[str, Any] = {"description": words}
    if content:
        found["content"] = {kind: {"schema": schema} for kind, schema in content.items()}
    return {str(status): found}


def ok(schema: dict[str, Any], *, cached: bool = False) -> dict[str, Any]:
    """200 with JSON; where asking again is cheap, 304 to whoever has it already."""
    unchanged = {"304": {"description": "Nothing has changed since the ETag that was sent."}}
    return {**answer(200, {JSON: schema}), **(unchanged if cached else {})}


def picture() -> dict[str, Any]:
    """200 with a picture, or 304."""
    unchanged = {"304": {"description": "The picture is the one of the ETag that was sent."}}
    return {**answer(200, dict.fromkeys((*PICTURES,), BYTES)), **unchanged}


def accepted() -> dict[str, Any]:
    """202 with a job."""
    found = answer(202, {JSON: ref("Submitted")})
    found["202"]["headers"] = {"Location": {"description": "The job's address.", "schema": TEXT}}
    return found


def stream() -> dict[str, Any]:
    """200 with server-sent events."""
    found = answer(200, {"text/event-stream": TEXT})
    found["200"]["description"] = "Events named `job`, each with a job as JSON; comments between."
    return found


def refusal(status: int) -> dict[str, Any]:
    """An error."""
    found: dict[str, Any] = {
        "description": REFUSALS[status],
        "content": {JSON: {"schema": ref("Error")}},
    }
    if status in (429, 503):
        schema = {"type": "integer", "minimum": 1}
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": schema}}
    if status == 503:
        found["headers"]["Location"] = {
            "description": "The job, where a painting goes on that we no longer wait for.",
            "schema": TEXT,
        }
    return found


def number(low: int, high: int) -> dict[str, Any]:
    """A whole number of a query."""
    return {"type": "integer", "minimum": low, "maximum": high}


def query(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of the query string."""
    return {"name": name, "in": "query", "description": words, "schema": schema}


def path(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of the address."""
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}


def header(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter in a header."""
    return {"name": name, "in": "header", "description": words, "schema": schema}


PAGING = [
    query("limit", "How many, 24 by default.", number(1, 100)),
    query(
        "before",
        "From the last page's `next`.",
        {"type": "number", "minimum": 0, "maximum": 10**11},
    ),
]
DOWNLOAD = query("download", "1 to have a browser save it.", {"enum": ["0", "1"]})
SMALL = query("width", "A small copy, this long at most.", number(1, 1024))
SECRET = header("X-Job-Secret", "The job's secret, in place of the cookie.", TEXT)
