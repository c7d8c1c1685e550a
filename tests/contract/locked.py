"""The fields that releases have written, and what would break those that read or wrote them.

``released/1/fields.json`` is only ever added to: ``python -m tests.contract.locked`` puts in what is new, at a release.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tests.contract.models import MODELS

RELEASED = Path(__file__).with_name("released") / "1"
FIELDS = RELEASED / "fields.json"

Fields = dict[str, dict[str, dict[str, Any]]]
"""By model and field: its ``kind``, whether it is ``required``, its ``limits`` and the ``values`` it may have."""

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def fields_of(models: tuple[type[BaseModel], ...]) -> Fields:
    """Return the fields of messages and of all their parts."""
    fields: Fields = {}
    for model in models:
        schema = model.model_json_schema()
        parts = schema.pop("$defs", {})
        for name, part in {**parts, model.__name__: schema}.items():
            if part["type"] == "object":
                fields[name] = {
                    field: {
                        "kind": _kind(described, parts),
                        "required": field in part.get("required", ()),
                        "limits": dict(_limits(described)),
                        "values": sorted(map(str, _values(described, parts))),
                    }
                    for field, described in part["properties"].items()
                }
    return fields


def breaks(released: Fields, present: Fields) -> list[str]:
    """Return in words what a release must not do to the one before: empty where it does not."""
    found = [f"{model} is gone" for model in released if model not in present]
    for model, field, was in _each(released):
        now = present.get(model, {}).get(field)
        if now is None:
            found.append(f"{model}.{field} is gone, or has another name")
            continue
        if now["kind"] != was["kind"]:
            found.append(f"{model}.{field} was {was['kind']} and is {now['kind']}")
        if now["required"] and not was["required"]:
            found.append(f"{model}.{field} has become required")
        if was["required"] and not now["required"]:
            found.append(f"{model}.{field} is not required any more: older readers refuse a message without it")
        if set(was["values"]) - set(now["values"]) and now["values"]:
            found.append(f"{model}.{field} takes fewer values")
        found += [f"{model}.{field} is narrower in {limit}" for limit in _narrowed(was["limits"], now["limits"])]
    for model, field, now in _each(present):
        if model in released and field not in released[model] and now["required"]:
            found.append(f"{model}.{field} is new and required: messages of the release before lack it")
    return found


def _each(fields: Fields) -> Iterator[tuple[str, str, dict[str, Any]]]:
    return ((model, field, one) for model, its in fields.items() for field, one in its.items())


def _narrowed(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    def narrower(way: str, limit: Any) -> bool:  # noqa: ANN401  a number, or a pattern
        name = way.rsplit(".", 1)[-1]
        if way not in was:
            return True
        if name in _UPPER:
            return bool(limit < was[way])
        return bool(limit > was[way] if name in _LOWER else limit != was[way])

    return [way for way, limit in now.items() if narrower(way, limit)]


def _kind(described: dict[str, Any], parts: dict[str, Any]) -> str:
    if "$ref" in described:
        name = described["$ref"].rsplit("/", 1)[-1]
        return name if parts[name]["type"] == "object" else str(parts[name]["type"])
    if alternatives := described.get("anyOf", described.get("oneOf")):
        return " or ".join(sorted(_kind(one, parts) for one in alternatives))
    if "prefixItems" in described:
        return f"[{', '.join(_kind(one, parts) for one in described['prefixItems'])}]"
    if "items" in described:
        return f"list of {_kind(described['items'], parts)}"
    form = f" ({described['format']})" if "format" in described else ""
    return f"{described['type']}{form}"


def _limits(described: dict[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    for name in (*_UPPER, *_LOWER, "pattern"):
        if name in described:
            yield way + name, described[name]
    for number, inner in enumerate((*described.get("anyOf", ()), *described.get("prefixItems", ()))):
        yield from _limits(inner, f"{way}{number}.")
    if "items" in described:
        yield from _limits(described["items"], f"{way}items.")


def _values(described: dict[str, Any], parts: dict[str, Any]) -> Iterator[Any]:
    if "$ref" in described:
        yield from parts[described["$ref"].rsplit("/", 1)[-1]].get("enum", ())
    yield from described.get("enum", ())
    if "const" in described:
        yield described["const"]
    for inner in described.get("anyOf", ()):
        yield from _values(inner, parts)


def main() -> None:
    """Add what is new to the list; what stands in it stays as it is."""
    released: Fields = json.loads(FIELDS.read_text(encoding="utf-8")) if FIELDS.exists() else {}
    present = fields_of(MODELS)
    for model, field, one in _each(present):
        released.setdefault(model, {}).setdefault(field, one)
    FIELDS.write_text(json.dumps(released, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
