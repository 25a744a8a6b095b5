"""Answers held against the published schemas, as strictly as the strictest of the clients reads them."""

import json
from functools import cache
from typing import Any

from support.installation import REPOSITORY

_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict}


@cache
def _document(name: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / "api" / f"{name}.json").read_text())


def faults(document: str, schema: dict[str, Any] | str, value: Any, where: str = "answer") -> list[str]:
    """What a client that wants every required field, of its type and not null, would fail on.

    The schema is one of the document `control` or `toolbox`, by its name or as it stands.
    """
    api = _document(document)
    if isinstance(schema, str):
        schema = {"$ref": f"#/x/{schema}"}
    if "$ref" in schema:
        schemas = api["definitions"] if "definitions" in api else api["components"]["schemas"]
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if value is None:
        return [] if schema.get("nullable") else [f"{where} is null"]
    for part in schema.get("allOf", []):
        return faults(document, part, value, where)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if kind in ("integer", "number"):
        wanted = int if kind == "integer" else (int, float)
        return [] if isinstance(value, wanted) and not isinstance(value, bool) else [f"{where} is no {kind}: {value!r}"]
    if kind in _TYPES and not isinstance(value, _TYPES[kind]):
        return [f"{where} is no {kind}: {value!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of the texts there are: {value!r}"]
    if kind == "array":
        return [each for n, item in enumerate(value) for each in faults(document, schema["items"], item, f"{where}[{n}]")]
    if kind != "object":
        return []
    found = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, inner in schema.get("properties", {}).items():
        # A field that may be missing may be null: all clients take the one for the other.
        if name in value and (value[name] is not None or name in schema.get("required", [])):
            found += faults(document, inner, value[name], f"{where}.{name}")
    return found
