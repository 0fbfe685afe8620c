"""The shapes of the API's bodies, as JSON Schema; the engines' options describe themselves."""

from dataclasses import Field, fields
from typing import Any

from stylekit import images
from stylekit.engines.registry import FAST, GATYS, OPTIONS
from stylekit.jobs import Status

TEXT = {"type": "string"}
BOOLEAN = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
FORMAT = {"enum": list(images.OUTPUTS), "description": "As the photo came, unless you say."}
PICTURE = {
    "type": "string",
    "format": "picture",
    "description": "A picture file as base64 text or as a data URL.",
}
MOMENT = {"type": "string", "format": "date-time"}
PALETTE = {"type": "array", "items": {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}}


def whole(properties: dict[str, Any], *optional: str, **more: Any) -> dict[str, Any]:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        **more,
    }


def described(schema: dict[str, Any], words: str) -> dict[str, Any]:
    """The schema with words."""
    return {**schema, "description": words}


def or_null(schema: dict[str, Any], words: str = "") -> dict[str, Any]:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}], **({"description": words} if words else {})}


def option_schema(option: Field[Any]) -> dict[str, Any]:
    """One of an engine's options, as its class declares it."""
    default, about = option.default, option.metadata
    words = {"description": about["help"], "default": plain(default)}
    if isinstance(default, bool):
        return {**BOOLEAN, **words}
    if about["choices"]:
        return {"enum": list(about["choices"]), **words}
    if isinstance(default, tuple):
        size = {"minItems": len(default), "maxItems": len(default)}
        return {"type": "array", "items": in_range("number", about), **size, **words}
    kind = "integer" if isinstance(default, int) else "number"
    return {**in_range(kind, about), **words}


def in_range(kind: str, about: Any) -> dict[str, Any]:
    """A number between the option's ends."""
    return {"type": kind, "minimum": about["low"], "maximum": about["high"]}


def plain(default: Any) -> Any:
    """A default as JSON says it."""
    return list(default) if isinstance(default, tuple) else default


def options_schema(engine: str) -> dict[str, Any]:
    """All of an engine's options."""
    known = {each.name: option_schema(each) for each in fields(OPTIONS[engine])}  # type: ignore[arg-type]
    return {
        "type": "object",
        "properties": known,
        "additionalProperties": False,
        "description": f"Settings of the {engine} engine.",
    }


ANY_OPTIONS = {
    "anyOf": [
        {"$ref": "#/components/schemas/FastOptions"},
        {"$ref": "#/components/schemas/GatysOptions"},
    ],
    "description": "Settings of the engine that paints.",
}
ENGINE = {"enum": list(OPTIONS), "default": FAST.name, "description": "Who paints."}
AS_JOB = described(BOOLEAN, "As a job, also with the fast engine: kept, with a page of its own.")
KEPT = described(BOOLEAN, "Keep the photo's EXIF orientation tag, with the pixels stored turned.")

NOTES = {
    "type": "array",
    "items": TEXT,
    "description": "What to know of the photograph: that it was cut off, for one.",
}
UPLOAD = described(TEXT, "The id of a photo that was sent before, in place of the photo itself.")
LONGEST_SIDE = {
    "type": "integer",
    "minimum": 64,
    "maximum": 4096,
    "description": "Paint a smaller copy of the photo, this long at most, in pixels.",
}

SCHEMAS: dict[str, Any] = {
    "Error": whole(
        {
            "error": whole(
                {
                    "code": described(TEXT, "Does not change; for programs."),
                    "message": described(TEXT, "For people."),
                    "id": described(TEXT, "Of the request; it is in the server's log."),
                }
            )
        }
    ),
    "FastOptions": options_schema(FAST.name),
    "GatysOptions": options_schema(GATYS.name),
    "Style": whole(
        {
            "id": TEXT,
            "number": {"type": "integer", "minimum": 1},
            "name": TEXT,
            "description": TEXT,
            "palette": PALETTE,
            "picture": described(TEXT, "Its address."),
        }
    ),
    "Styles": whole({"styles": {"type": "array", "items": {"$ref": "#/components/schemas/Style"}}}),
    "PageOrder": {
        "type": "object",
        "description": "A style is needed: custom_style, style or painter.",
        "properties": {
            "image": PICTURE,
            "upload": UPLOAD,
            "longest_side": LONGEST_SIDE,
            "painter": {"type": "integer", "minimum": 1, "description": "A preset's number."},
            "style": described(TEXT, "A preset's id."),
            "custom_style": {"anyOf": [PICTURE, {"const": 0}]},
            "mode": ENGINE,
            "strength": option_schema(fields(FAST.options)[0]),  # type: ignore[arg-type]
            "preserve_colors": BOOLEAN,
            "options": ANY_OPTIONS,
            "public": BOOLEAN,
            "format": FORMAT,
            "keep_orientation": KEPT,
            "as_job": AS_JOB,
        },
        "oneOf": [{"required": ["image"]}, {"required": ["upload"]}],
        "anyOf": [{"required": [name]} for name in ("painter", "style", "custom_style")],
    },
    "Order": whole(
        {
            "content": described(PICTURE, "The photo, as base64 text or as a data URL."),
            "upload": UPLOAD,
            "longest_side": LONGEST_SIDE,
            "style": described(PICTURE, "A style picture of your own."),
            "style_id": described(TEXT, "Or a preset's id."),
            "engine": ENGINE,
            "options": ANY_OPTIONS,
            "strength": option_schema(fields(FAST.options)[0]),  # type: ignore[arg-type]
            "preserve_colors": BOOLEAN,
            "public": described(BOOLEAN, "Show the painting in the feed."),
            "format": FORMAT,
            "keep_orientation": KEPT,
            "as_job": AS_JOB,
            "answer": {
                "enum": ["picture", "json"],
                "description": "In place of the Accept header.",
            },
        },
        *("content", "upload", "longest_side"),
        *("style", "style_id", "engine", "options", "strength", "preserve_colors", "public"),
        *("format", "keep_orientation", "as_job", "answer"),
        allOf=[
            {"oneOf": [{"required": ["style"]}, {"required": ["style_id"]}]},
            {"oneOf": [{"required": ["content"]}, {"required": ["upload"]}]},
        ],
    ),
    "OrderForm": {
        "type": "object",
        "description": "The same as a form; options as JSON text, true and false as words.",
        "properties": {
            "content": described({}, "The photo's file."),
            "upload": UPLOAD,
            "longest_side": LONGEST_SIDE,
            "style": described({}, "A style picture's file, or a preset's id."),
            "style_id": described(TEXT, "A preset's id."),
            "engine": ENGINE,
            "options": described(TEXT, "A JSON object."),
            "public": {"enum": ["true", "false"]},
            "as_job": {"enum": ["true", "false"]},
            "format": FORMAT,
            "answer": {"enum": ["picture", "json"]},
        },
        "oneOf": [{"required": ["content"]}, {"required": ["upload"]}],
        "additionalProperties": False,
    },
    "Upload": whole(
        {
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "bytes": COUNT,
            "expires_at": MOMENT,
            "notes": NOTES,
        }
    ),
    "Painting": whole(
        {
            "image": described(TEXT, "The painting as a data URL."),
            "width": {"type": "integer", "minimum": 1},
            "height": {"type": "integer", "minimum": 1},
            "format": FORMAT,
            "seconds": {"type": "number", "minimum": 0, "description": "Of painting alone."},
            "notes": {
                "type": "array",
                "items": TEXT,
                "description": "What to know of the photograph: that it was cut off, for one.",
            },
        }
    ),
}

JOB = {
    "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "status": {"enum": [each.value for each in Status]},
    "engine": {"enum": list(OPTIONS)},
    "engine_version": TEXT,
    "style": or_null(whole({"id": TEXT, "name": TEXT}), "Null for a picture of one's own."),
    "options": ANY_OPTIONS,
    "progress": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "1 only once the result can be fetched.",
    },
    "eta_seconds": or_null({"type": "number"}),
    "stage": described(TEXT, "A few words for people."),
    "place_in_line": or_null({"type": "integer", "minimum": 1}, "1 for the next one."),
    "error": or_null(whole({"code": TEXT, "message": TEXT}), "Why it failed."),
    "public": BOOLEAN,
    "withdrawn": described(BOOLEAN, "Taken back from the feed: others do not find it any more."),
    "mine": described(BOOLEAN, "Whether you may act on it."),
    "format": or_null(FORMAT),
    "width": or_null({"type": "integer"}),
    "height": or_null({"type": "integer"}),
    "seconds": or_null({"type": "number"}, "Of painting alone."),
    "created_at": or_null(MOMENT),
    "started_at": or_null(MOMENT),
    "finished_at": or_null(MOMENT),
    "published_at": or_null(MOMENT),
    "expires_at": or_null(MOMENT),
    "version": described(COUNT, "Grows with every change."),
    "urls": whole(
        {
            **dict.fromkeys(("page", "self", "events"), TEXT),
            **dict.fromkeys(("preview", "result"), or_null(TEXT, "Null while there is none.")),
            **dict.fromkeys(("content", "style"), TEXT),
            "grid": or_null(TEXT),
        }
    ),
    "secret": described(TEXT, "Lets its holder act on the job; only in the answer to an order."),
}
JOB_REF = {"$ref": "#/components/schemas/Job"}
SCHEMAS |= {
    "Job": whole(JOB, "secret"),
    "Jobs": whole(
        {
            "jobs": {"type": "array", "items": JOB_REF},
            "next": or_null(TEXT, "The next page's address."),
        }
    ),
    "Submitted": whole({"job": JOB_REF}),
    "Publication": whole({"public": BOOLEAN}),
    "Again": whole({"options": ANY_OPTIONS}, "options"),
    "Deleted": whole({"deleted": COUNT}),
}
