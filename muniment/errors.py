"""The one exception by which a rule of the service says no."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """A request that breaks a rule. `name` is a key of the catalogue in `muniment.sentences`."""

    def __init__(self, name: str, /, **arguments: Any) -> None:
        super().__init__(name)
        self.name = name
        self.arguments: Mapping[str, Any] = arguments

    def __str__(self) -> str:
        values = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"{self.name}({values})"
