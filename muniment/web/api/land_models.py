"""What the API answers and takes about liens, interests, restrictions, moved registers and acts that are signed."""

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


# ── What parties sign ───────────────────────────────────────────────────────────────────────────────────────────

Id = Annotated[str, Field(pattern=ID)]
Hex = Annotated[str, Field(pattern=HEX, max_length=100_000)]
LegalDate = Annotated[int, Field(ge=0, lt=2**32)]
Titles = Annotated[list[Id], Field(min_length=1, max_length=16)]


class Asked(BaseModel):
    """Nothing is taken that is not named."""

    model_config = ConfigDict(extra="forbid")


class LienTerms(Asked):
    """The terms of a lien; `currency` is an ISO 4217 code, a token's address, or the contract's word."""

    kind: Literal[1, 2, 3] = 1
    creditor: Id
    amount: Decimal
    currency: Annotated[str, Field(pattern="^([A-Z]{3}|0x[0-9a-fA-F]{40}|0x[0-9a-fA-F]{64})$")]
    deedHash: Id  # noqa: N815 -- as the contract writes it


class InterestTerms(Asked):
    """The terms of a lease (1) or an easement (2): a beneficiary or a dominant title, and an end, 0 for none."""

    kind: Literal[1, 2]
    beneficiary: Id | None = None
    dominant: Id | None = None
    until: Annotated[int, Field(ge=0, lt=2**40)] = 0
    deedHash: Id  # noqa: N815 -- as the contract writes it


class PartTerms(Asked):
    """A title made out of others; `area` in square decimetres."""

    ref: Annotated[str, Field(min_length=1, max_length=100)]
    geometryHash: Id  # noqa: N815 -- as the contract writes it
    area: Decimal


class EnterLien(Asked):
    """Charge a title; `rank` 0 promises none."""

    kind: Literal["enter_lien"]
    title: Id
    lien: LienTerms
    rank: Annotated[int, Field(ge=0, le=16)] = 0
    legal_date: LegalDate = 0


class DischargeLien(Asked):
    """Release titles from a lien, named by its id, or by its terms where nobody told them."""

    kind: Literal["discharge_lien"]
    lien: Id | LienTerms
    titles: Titles


class PostponeLien(Asked):
    """Put a lien right behind a later one; `rank` is the lowest that its holder accepts."""

    kind: Literal["postpone_lien"]
    title: Id
    lien: Id | LienTerms
    behind: Id
    rank: Annotated[int, Field(ge=1, le=16)]


class AssignLien(Asked):
    """Pass a lien on to another party."""

    kind: Literal["assign_lien"]
    lien: Id | LienTerms
    to: Id


class EnterInterest(Asked):
    """Grant a lease or an easement."""

    kind: Literal["enter_interest"]
    title: Id
    interest: InterestTerms
    legal_date: LegalDate = 0


class EndInterest(Asked):
    """Give a lease or an easement up."""

    kind: Literal["end_interest"]
    interest: Id | InterestTerms
    titles: Titles


class WithdrawCaveat(Asked):
    """Withdraw a caveat, by its claimant."""

    kind: Literal["withdraw_caveat"]
    caveat: Id


class Subdivide(Asked):
    """Divide a title; `absences` where a register moved in, one for each part."""

    kind: Literal["subdivide"]
    title: Id
    parts: Annotated[list[PartTerms], Field(min_length=2, max_length=16)]
    source_hash: Id
    legal_date: LegalDate = 0
    absences: Annotated[list[Hex], Field(max_length=16)] = []


class Merge(Asked):
    """Merge titles; `absence` for the whole where a register moved in."""

    kind: Literal["merge"]
    titles: Annotated[list[Id], Field(min_length=2, max_length=16)]
    whole: PartTerms
    source_hash: Id
    legal_date: LegalDate = 0
    absence: Hex = "0x"


ActAsked = Annotated[
    EnterLien
    | DischargeLien
    | PostponeLien
    | AssignLien
    | EnterInterest
    | EndInterest
    | WithdrawCaveat
    | Subdivide
    | Merge,
    Field(discriminator="kind"),
]


class Signer(Answer):
    """One of those who are asked, and when they signed; `representatives` of an organisation that have signed."""

    party: str
    signed_at: int | None
    power: str | None
    attorney: str | None
    representatives: tuple[str, ...]


class LandAct(Answer):
    """How an act stands that parties sign. `terms` are the contract's; `deadline` is when signatures run out.

    `by_registrar`: a registrar decides once all have signed. `intent_key` is set once it is on its way to the chain.
    """

    act: str
    kind: str
    subject: str
    terms: Mapping[str, Any]
    deadline: int
    by_registrar: bool
    signers: tuple[Signer, ...]
    complete: bool
    officer: str | None
    intent_key: str | None


class Consent(Asked):
    """A signature: a party's own, a representative's of an organisation, or an attorney's under a power."""

    party: Id
    signature: Annotated[str, Field(pattern=HEX, max_length=20_000)]
    representative: Id | None = None
    power: Id | None = None
    attorney: Id | None = None


class InterestOver(Asked):
    """A lease or an easement whose time is over."""

    title: Id
    interest: Id


class Admission(Asked):
    """A title that moved in: its line of the published file, and the proof that a root holds it."""

    jurisdiction: Annotated[str, Field(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    moved: Mapping[str, Any]
    proof: Hex


def lowered(value: Any) -> Any:
    """Ids and hashes in the service's own form; references and codes stay as they are."""
    if isinstance(value, Mapping):
        return {name: held if name == "ref" else lowered(held) for name, held in value.items()}
    if isinstance(value, list):
        return [lowered(held) for held in value]
    return value.lower() if isinstance(value, str) and value[:2] in ("0x", "0X") else value
