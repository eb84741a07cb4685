"""What a verification finds, and the verdict that follows from it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """Of an election. Incomplete: nothing is wrong, and something is still to come, such as a count."""

    VALID = "VALID"
    INCOMPLETE = "INCOMPLETE"
    INVALID = "INVALID"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, or is not there yet (`awaited`). `where` is a place on the chain or in the file."""

    what: str
    where: str
    says: str
    awaited: bool = False


class TranscriptRefused(ValueError):
    """What was given cannot be read as a transcript. `where` is the path to the place."""

    def __init__(self, where: str, says: str) -> None:
        super().__init__(f"{where}: {says}")
        self.where = where
        self.says = says


@dataclass
class Findings:
    """Collects findings; each check adds its own and goes on as far as it makes sense."""

    all: list[Finding] = field(default_factory=list)

    def wrong(self, what: str, where: str, says: str) -> None:
        """Note what does not hold."""
        self.all.append(Finding(what, where, says))

    def awaited(self, what: str, where: str, says: str) -> None:
        """Note what is still to come."""
        self.all.append(Finding(what, where, says, awaited=True))

    def require(self, holds: bool, what: str, where: str, says: str) -> bool:
        """Note it as wrong unless it holds; give whether it does."""
        if not holds:
            self.wrong(what, where, says)
        return holds

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        if any(not finding.awaited for finding in self.all):
            return Verdict.INVALID
        return Verdict.INCOMPLETE if self.all else Verdict.VALID
