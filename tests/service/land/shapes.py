"""Hold JSON against a JSON Schema: the few keywords that ours use, any other being an error."""

import re
from collections.abc import Mapping
from typing import Any

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
SILENT = {"$schema", "$defs", "title"}


def faults(schema: Mapping[str, Any], value: Any, whole: Mapping[str, Any], at: str = "$") -> list[str]:
    """What is wrong with a value, with its place; empty when it is as it must be."""
    found: list[str] = []
    for word, rule in schema.items():
        if word in SILENT:
            continue
        found += _CHECKS[word](rule, value, schema, whole, at)
    return found


def _type(rule: Any, value: Any, _schema: Any, _whole: Any, at: str) -> list[str]:
    kinds = tuple(KINDS[kind] for kind in ([rule] if isinstance(rule, str) else rule))
    return [] if isinstance(value, kinds) and not isinstance(value, bool) else [f"{at} is no {rule}"]


def _properties(rule: Any, value: Any, _schema: Any, whole: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        fault
        for name, one in rule.items()
        if name in value
        for fault in faults(one, value[name], whole, f"{at}.{name}")
    ]


def _additional(_rule: Any, value: Any, schema: Any, _whole: Any, at: str) -> list[str]:
    return [f"{at} has {name}" for name in value if name not in schema["properties"]] if isinstance(value, dict) else []


def _ref(rule: str, value: Any, _schema: Any, whole: Any, at: str) -> list[str]:
    return faults(whole["$defs"][rule.removeprefix("#/$defs/")], value, whole, at)


def _any_of(rule: Any, value: Any, _schema: Any, whole: Any, at: str) -> list[str]:
    return [] if any(not faults(one, value, whole, at) for one in rule) else [f"{at} is none of those allowed"]


def _required(rule: Any, value: Any, _schema: Any, _whole: Any, at: str) -> list[str]:
    return [f"{at} lacks {name}" for name in rule if name not in value] if isinstance(value, dict) else []


def _items(rule: Any, value: Any, _schema: Any, whole: Any, at: str) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [fault for place, one in enumerate(listed) for fault in faults(rule, one, whole, f"{at}[{place}]")]


def _pattern(rule: str, value: Any, _schema: Any, _whole: Any, at: str) -> list[str]:
    return [f"{at} is {value!r}"] if isinstance(value, str) and not re.search(rule, value) else []


_CHECKS: Mapping[str, Any] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "minItems": lambda rule, value, _s, _w, at: [] if len(value) >= rule else [f"{at} is too short"],
    "enum": lambda rule, value, _s, _w, at: [] if value in rule else [f"{at} is {value!r}"],
    "const": lambda rule, value, _s, _w, at: [] if value == rule else [f"{at} is {value!r}"],
    "pattern": _pattern,
    "anyOf": _any_of,
    "$ref": _ref,
}
