"""Where an agency's tables and the chain say something else: what a reconciliation finds, in whatever domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Repair(StrEnum):
    """Queue: its request can be queued again. Wait: it is on its way. Person: somebody must act, as is told."""

    QUEUE = "queue"
    WAIT = "wait"
    PERSON = "person"


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `name` is a key of the catalogue in `muniment.sentences`, over `arguments`."""

    name: str
    subject: str
    repair: Repair
    arguments: Mapping[str, Any]


@dataclass
class Findings:
    """What was compared, by kind, and all that differs."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def count(self, kind: str, number: int) -> None:
        """So many more were compared."""
        self.compared[kind] = self.compared.get(kind, 0) + number

    def add(self, name: str, subject: str, repair: Repair = Repair.PERSON, **arguments: Any) -> None:
        """This differs."""
        self.differences.append(Difference(name, subject, repair, arguments))
