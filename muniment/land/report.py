"""What became of an agency's file."""

from dataclasses import dataclass, field

from muniment.errors import Refused
from muniment.land.parcels import Parcel

SLIVER_DM2 = 50  # half a square metre: no parcel that anybody uses, more likely a gap between two drawings


@dataclass(frozen=True)
class Rejection:
    """A piece of the file that became no title, and why."""

    line: int
    ref: str | None
    error: Refused


@dataclass
class Report:
    """What became of a file. `queued` parcels are new, `unchanged` ones were imported before."""

    features: int = 0
    queued: list[Parcel] = field(default_factory=list)
    unchanged: list[Parcel] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def good(self) -> list[Parcel]:
        """All parcels that are, or are to be, titles."""
        return [*self.queued, *self.unchanged]

    @property
    def exit_code(self) -> int:
        """0 when all is well, 2 when some of the file is, 1 when none of it is."""
        if not self.good:
            return 1
        return 2 if self.rejected else 0

    @property
    def repaired(self) -> list[Parcel]:
        """Parcels whose geometry was delivered invalid."""
        return [parcel for parcel in self.good if parcel.geometry.repaired_by_dm2 is not None]

    @property
    def slivers(self) -> list[Parcel]:
        """Parcels of under half a square metre: entered, since the agency's register has them, but worth a look."""
        return [parcel for parcel in self.good if parcel.geometry.area_dm2 < SLIVER_DM2]

    @property
    def coincident(self) -> list[list[Parcel]]:
        """Groups of parcels with the same geometry: several titles may lie over one area, flats for instance."""
        groups: dict[str, list[Parcel]] = {}
        for parcel in self.good:
            groups.setdefault(parcel.geometry.hash, []).append(parcel)
        return [group for group in groups.values() if len(group) > 1]
