"""The shapes of what the API answers and takes about liens, interests, restrictions, moved registers and signed acts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from muniment.db.answers import Finality
from muniment.web.api.models import HEX, ID, Answer, Decimal, Name, Page, Part, Uint, Whole


class LienLine(Answer):
    """A lien on a title; `rank` is null once it ended there, as `end` tells: discharged or carried.

    Terms are null where a lien moved in and nobody published them; `amount` counts the currency's smallest unit.
    """

    title: str
    ref: str
    lien: str
    rank: int | None
    kind: Name | None
    creditor: str | None
    holder: str | None
    amount: Uint | None
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


class Liens(Whole):
    """A title's liens in rank order, then those that ended; `revision` as LienRegistry.revisionOf gives it."""

    title: str
    revision: str
    liens: tuple[LienLine, ...]
    ended: tuple[LienLine, ...]


class Lien(Whole):
    """A lien on every title that it weighs on, or weighed on."""

    lien: str
    holder: str | None
    titles: tuple[LienLine, ...] = Field(validation_alias="lines")


class LiensHeld(Whole):
    """One page of the liens that a party holds, title by title."""

    page: Page
    liens: tuple[LienLine, ...] = Field(validation_alias="lines")


class InterestLine(Answer):
    """A lease or an easement on a title; `place` is null once it ended there. `over`: its time has passed."""

    title: str
    ref: str
    interest: str
    place: int | None
    kind: Name | None
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


class Interests(Whole):
    """A title's leases and easements, then those that ended."""

    title: str
    interests: tuple[InterestLine, ...]
    ended: tuple[InterestLine, ...]


class RestrictionLine(Answer):
    """A court's freeze or a caveat; `by` is the court's agency or the claimant, `title` the one it was entered on."""

    restriction: str
    kind: Name
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


class Restrictions(Whole):
    """Those that stand on a title, and those that ended; the newest first."""

    title: str
    standing: tuple[RestrictionLine, ...]
    ended: tuple[RestrictionLine, ...]


class HoldingLine(Answer):
    """A party's part of one title, and what stands in the way of it."""

    title: str
    jurisdiction: str
    ref: str
    part: Part
    frozen: bool
    caveat: bool
    notice: bool
    finality: Finality


class Holdings(Whole):
    """One page of the titles that a party holds."""

    page: Page
    titles: tuple[HoldingLine, ...] = Field(validation_alias="lines")


class RootFreeze(Answer):
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


class Root(Answer):
    """A register that moved in, or is to; `status` as ITitleMigration has it."""

    number: int
    root: str
    count: Uint
    first: str
    last: str
    leaves_hash: str
    predecessor: str | None
    status: Name
    ready_at: int
    changes: int
    officer: str
    proposed_at: int
    ended_at: int | None
    ended_by: str | None
    end_order: str | None
    end_index: Uint | None
    freezes: tuple[RootFreeze, ...]
    tx_hash: str
    finality: Finality


class Roots(Whole):
    """The roots of a jurisdiction, the oldest first; `releases` counts titles taken out of all of them."""

    jurisdiction: str
    roots: tuple[Root, ...]
    releases: int
