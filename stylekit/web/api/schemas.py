"""JSON Schemas of the API's bodies, with the options of this server's engines."""

from dataclasses import Field, fields
from typing import Any

from pydantic.json_schema import models_json_schema

from stylekit import bodies, images
from stylekit.engines.registry import FAST, OPTIONS
from stylekit.jobs import Status

DESCRIBED = (
    bodies.Error,
    bodies.Style,
    bodies.Styles,
    bodies.PageOrder,
    bodies.Order,
    bodies.Upload,
    bodies.Painting,
    bodies.Job,
    bodies.Jobs,
    bodies.Submitted,
    bodies.Publication,
    bodies.Again,
    bodies.Deleted,
)
REF = "#/components/schemas/"


def option_schema(option: Field[Any]) -> dict[str, Any]:
    """One of an engine's options, as its class declares it."""
    default, about = option.default, option.metadata
    words = {"description": about["help"], "default": plain(default)}
    if isinstance(default, bool):
        return {"type": "boolean", **words}
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


FILLED_IN: dict[str, dict[str, Any]] = {
    "stylekit-engine": {
        "enum": list(OPTIONS),
        "default": FAST.name,
        "description": "Who paints.",
    },
    "stylekit-any-engine": {"enum": list(OPTIONS)},
    "stylekit-status": {"enum": [each.value for each in Status]},
    "stylekit-format": {
        "enum": list(images.OUTPUTS),
        "description": "As the photo came, unless you say.",
    },
    "stylekit-strength": option_schema(fields(FAST.options)[0]),  # type: ignore[arg-type]
    "stylekit-options": {
        "anyOf": [{"$ref": f"{REF}FastOptions"}, {"$ref": f"{REF}GatysOptions"}],
        "description": "Settings of the engine that paints.",
    },
}
"""What the bodies leave open, by the format that they have there."""


def schemas() -> dict[str, Any]:
    """Every body by its name."""
    _, found = models_json_schema(
        [(each, "validation") for each in DESCRIBED], ref_template=REF + "{model}"
    )
    known: dict[str, Any] = filled_in(found["$defs"])
    form = {"OrderForm": as_form(known["Order"])}
    return known | form | {f"{name.capitalize()}Options": options_schema(name) for name in OPTIONS}


def filled_in(part: Any) -> Any:
    """A part of a schema without pydantic's titles and nulls, and with what it leaves open."""
    if isinstance(part, list):
        return [filled_in(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: filled_in(value)
        for name, value in part.items()
        if not (name == "title" and isinstance(value, str))
        and not (name == "default" and value is None)
    }
    open_format = kept.get("format")
    if isinstance(open_format, str) and open_format in FILLED_IN:
        del kept["format"]
        return {**FILLED_IN[open_format], **kept}
    return kept


def as_form(order: dict[str, Any]) -> dict[str, Any]:
    """An order as a form: pictures are files, and all else is text."""
    words = "The same as a form; options as JSON text, true and false as words."
    properties = {name: as_field(each) for name, each in order["properties"].items()}
    properties["style"] = {"description": "A style picture's file, or a preset's id."}
    return {
        "type": "object",
        "description": words,
        "properties": properties,
        "oneOf": [{"required": ["content"]}, {"required": ["upload"]}],
        "additionalProperties": False,
    }


def as_field(schema: dict[str, Any]) -> dict[str, Any]:
    """One field of a form."""
    words = {"description": schema["description"]} if "description" in schema else {}
    if schema.get("format") == "picture":
        return {"description": "The photo's file."}
    if schema.get("type") == "boolean":
        return {"enum": ["true", "false"], **words}
    if schema.get("anyOf") == FILLED_IN["stylekit-options"]["anyOf"]:
        return {"type": "string", "description": "A JSON object."}
    return schema


SCHEMAS = schemas()
