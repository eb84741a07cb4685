"""What is answered about land titles. No personal data; times are Unix seconds, areas square decimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from muniment.db.answers import AsOf, Finality, HistoryLine, Page
from muniment.errors import Refused
from muniment.land.model import Grade, InterestKind, LienKind, RegisterStatus, RestrictionKind, RootStatus


@dataclass(frozen=True)
class TitleLine:
    """A title in a list; `box` is (west, south, east, north) in degrees, None while its geometry is not published."""

    title: str
    jurisdiction: str
    ref: str
    area_dm2: int
    grade: Grade
    registered_at: int
    block_number: int
    finality: Finality
    box: tuple[float, float, float, float] | None
    retired: bool
    frozen: bool
    caveat: bool
    notice: bool


@dataclass(frozen=True)
class Search:
    """One page of titles, exact matches first."""

    text: str
    jurisdiction: str | None
    page: Page
    lines: tuple[TitleLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class ShareLine:
    """A holder's part of a title; `wallet` is None when the holder has none bound."""

    holder: str
    part: Fraction
    numerator: int
    denominator: int
    wallet: str | None


@dataclass(frozen=True)
class Geometry:
    """A title's geometry. `shape` is GeoJSON, and None unless the bytes hash to the title's geometry hash.

    `state`: "checked"; "missing" (the agency has not published it here); "altered" (what is stored does not match).
    """

    hash: str
    state: str
    shape: Mapping[str, Any] | None
    canonical: str | None


@dataclass(frozen=True)
class Neighbour:
    """A title near another, to draw around it."""

    title: str
    ref: str
    shape: Mapping[str, Any]


@dataclass(frozen=True)
class NoticeLine:
    """A sale's lock on a title, until the last second at `until`."""

    sale: str
    until: int
    set_at: int
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class GradeLine:
    """A grade on its way; `ready`: its time for objections is over."""

    grade: Grade
    ready_at: int
    ready: bool
    officer: str
    source_hash: str
    proposed_at: int
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class Kin:
    """A title that another was made out of, or that was made out of another, by a division or a merger."""

    title: str
    ref: str
    kind: str


@dataclass(frozen=True)
class TitleAnswer:
    """Everything public about a title. Times are Unix seconds, areas square decimetres.

    `ref` is the title's id where its register moved in and nobody published the reference. `origin`: "registered",
    "admitted" (with its register), "division" or "merger". `source_hash`, `legal_date`, `tx_hash` and the block are
    those of the latest change, `officer` (None for an admitted title) and `registered_at` of the beginning. A title is
    conveyable unless something stands in the way: `obstacles` are the errors that the contract would raise.
    """

    title: str
    jurisdiction: str
    ref: str
    agency: str
    grade: Grade
    area_dm2: int
    denominator: int
    shares: tuple[ShareLine, ...]
    register_status: RegisterStatus
    register_agency: str | None
    geometry: Geometry
    neighbours: tuple[Neighbour, ...]
    version: int
    source_hash: str
    legal_date: int
    officer: str | None
    registered_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    ref_published: bool
    origin: str
    retired_at: int | None
    retired_by: str | None
    parents: tuple[Kin, ...]
    children: tuple[Kin, ...]
    notice: NoticeLine | None
    freezes: int
    caveats: int
    liens: int
    interests: int
    grade_proposal: GradeLine | None
    obstacles: tuple[Refused, ...]
    history: tuple[HistoryLine, ...]
    history_length: int
    as_of: AsOf | None

    @property
    def conveyable(self) -> bool:
        """Whether a sale could begin now."""
        return not self.obstacles


@dataclass(frozen=True)
class RegisterLine:
    """Who keeps a jurisdiction's register, and how many titles stand in it."""

    jurisdiction: str
    agency: str
    status: RegisterStatus
    titles: int
    finality: Finality


@dataclass(frozen=True)
class Overview:
    """The registers as a whole; `holders` counts distinct parties, `latest` the newest titles."""

    titles: int
    holders: int
    wallets: int
    registers: tuple[RegisterLine, ...]
    latest: tuple[TitleLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class HoldingLine:
    """A party's part of one title, and what stands in the way of it."""

    title: str
    jurisdiction: str
    ref: str
    part: Fraction
    frozen: bool
    caveat: bool
    notice: bool
    finality: Finality


@dataclass(frozen=True)
class Holdings:
    """One page of the titles that a party holds."""

    page: Page
    lines: tuple[HoldingLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class LienLine:
    """A lien on a title; `rank` is None once it ended there, as `end` tells ("discharged", "carried").

    Terms are None where a lien moved in with its register and nobody published them. `currency_text` is an ISO 4217
    code or a token's address; `amount` counts its smallest unit.
    """

    title: str
    ref: str
    lien: str
    rank: int | None
    kind: LienKind | None
    creditor: str | None
    holder: str | None
    amount: int | None
    currency: str | None
    currency_text: str | None
    deed_hash: str | None
    legal_date: int
    sale: str | None
    entered_by: str | None
    entered_at: int
    end: str | None
    ended_at: int | None
    ended_by: str | None
    end_source: str | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class Liens:
    """A title's liens in rank order, then those that ended. `revision` hashes all that weighs on it."""

    title: str
    revision: str
    liens: tuple[LienLine, ...]
    ended: tuple[LienLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class LienAnswer:
    """A lien on every title that it weighs on, or weighed on; `holder` None where nobody knows its terms."""

    lien: str
    holder: str | None
    lines: tuple[LienLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class LienPage:
    """One page of liens that a party holds."""

    page: Page
    lines: tuple[LienLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class InterestLine:
    """A lease or an easement on a title; `place` is None once it ended there. `over`: its time has passed."""

    title: str
    ref: str
    interest: str
    place: int | None
    kind: InterestKind | None
    beneficiary: str | None
    dominant: str | None
    until: int | None
    over: bool
    deed_hash: str | None
    legal_date: int
    entered_by: str | None
    entered_at: int
    end: str | None
    ended_at: int | None
    ended_by: str | None
    end_source: str | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class Interests:
    """A title's leases and easements, then those that ended."""

    title: str
    interests: tuple[InterestLine, ...]
    ended: tuple[InterestLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class RestrictionLine:
    """A court's freeze or a caveat; `by` is the court's agency or the claimant, `title` the one it was entered on."""

    restriction: str
    kind: RestrictionKind
    title: str
    by: str
    until: int
    stands: bool
    source_hash: str
    officer: str
    entered_at: int
    lifted_at: int | None
    lifted_by: str | None
    lifted_source: str | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class Restrictions:
    """Freezes or caveats that stand on a title, and those that ended; the newest first."""

    title: str
    standing: tuple[RestrictionLine, ...]
    ended: tuple[RestrictionLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class RootFreezeLine:
    """A court's stop of a register that moves in."""

    freeze: str
    court: str
    officer: str
    order_hash: str
    frozen_at: int
    lifted_at: int | None
    lifted_by: str | None
    lifted_order: str | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class RootLine:
    """A register that moved in, or is to. `end_index` is the first of the two leaves that refuted it."""

    number: int
    root: str
    count: int
    first: str
    last: str
    leaves_hash: str
    predecessor: str | None
    status: RootStatus
    ready_at: int
    changes: int
    officer: str
    proposed_at: int
    ended_at: int | None
    ended_by: str | None
    end_order: str | None
    end_index: int | None
    freezes: tuple[RootFreezeLine, ...]
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class Roots:
    """The roots of a jurisdiction, the oldest first; `releases` counts titles taken out of all of them."""

    jurisdiction: str
    roots: tuple[RootLine, ...]
    releases: int
    as_of: AsOf | None
