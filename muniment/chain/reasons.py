"""Why an intent is refused, parked or waiting, as the JSON that `intents.reason` holds."""

import json
from collections.abc import Mapping
from typing import Any

LARGEST_JSON_INTEGER = 2**53 - 1  # RFC 8259 section 6: what every reader keeps exactly


def reason(error: str, arguments: Mapping[str, Any]) -> str:
    """Return {"error", "arguments"} as JSON; integers that not every reader holds are decimal text."""
    return json.dumps({"error": error, "arguments": _plain(dict(arguments))}, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, bool) or value is None or (isinstance(value, int) and abs(value) <= LARGEST_JSON_INTEGER):
        return value
    return str(value)
