"""The shapes of what is sent and answered about companies. Nonces and amounts are decimal text both ways."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from muniment.db.answers import Finality
from muniment.web.api.models import Answer, Decimal, Intent, Name, Page, Uint, Whole

Id = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")]
Signature = Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2}){0,10000}$")]
Deadline = Annotated[int, Field(ge=0, le=2**40 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class Sent(BaseModel):
    """What a client sends: nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class NameAsked(Sent):
    """A name that somebody would like to have."""

    agency: Id
    name: str = Field(max_length=500)


class ReservationAsked(NameAsked):
    """The same, by whom."""

    party: Id


class Signed(Sent):
    """A signature over typed data that was shown with this nonce and deadline."""

    nonce: Decimal
    deadline: Deadline
    signature: Signature


class Reservation(Signed):
    """The applicant's signature over ReserveName."""

    agency: Id
    name: str = Field(max_length=500)
    party: Id


class SignedByParty(Signed):
    """A named party's signature."""

    party: Id


class NonceAsked(Sent):
    """A nonce that a party wants to be good for nothing."""

    party: Id
    nonce: Decimal


class Payment(SignedByParty):
    """A party's signature over PayFee, and the wallet's permit unless its allowance stands."""

    permit_signature: Signature | None = None
    permit_deadline: Deadline | None = None


class FilingAsked(Sent):
    """What several people are to sign. A dissolution names nothing more; a change no founders."""

    kind: Literal["founding", "change", "dissolution"]
    founders: list[Id] = Field(default=[], max_length=16)
    threshold: int = Field(default=0, ge=0, le=255)
    board: list[Id] = Field(default=[], max_length=16)
    contact: Id = "0x" + "0" * 64
    articles: Id = "0x" + "0" * 64
    address: str | None = Field(default=None, max_length=500)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "founding") != bool(self.founders):
            raise ValueError("a founding names its founders, and nothing else does")
        return self


class FilingSignature(Sent):
    """One person's signature in one part of a filing."""

    party: Id
    part: Literal["articles", "company", "post"]
    signature: Signature


class CompanyLine(Answer):
    """A company in a list."""

    company: str
    agency: str
    name: str
    number: str | None
    party: str | None
    status: Name
    until: int
    expired: bool
    block_number: int
    finality: Finality


class Companies(Whole):
    """One page of companies."""

    page: Page
    companies: tuple[CompanyLine, ...] = Field(validation_alias="lines")


class NameAnswer(Whole):
    """Whether a name is free; where it is not, why. `name` and `name_key` are null for what is no name."""

    name: str | None
    name_key: str | None
    free: bool
    error: str | None
    sentence: str | None
    holder: CompanyLine | None


class ReservationData(BaseModel):
    """What the applicant signs, and the id that the company will have."""

    name: str
    name_key: str
    company: str
    nonce: Uint
    deadline: int
    typed_data: dict[str, Any]


class Reserved(BaseModel):
    """The reservation under way."""

    company: str
    intent: Intent


class ToSign(BaseModel):
    """What one party signs."""

    party: str
    nonce: Uint
    deadline: int
    typed_data: dict[str, Any]


class FeeToSign(ToSign):
    """The same for a fee; `permit` is typed data for the wallet, null for a token that offers none (EIP-2612)."""

    permit: dict[str, Any] | None


class File(Answer):
    """What is on file."""

    threshold: int
    board: tuple[str, ...]
    contact: str
    articles: str
    address_hash: str


class FileLine(Answer):
    """What was on file, from which entry on."""

    version: int
    file: File
    officer: str
    court_order: str | None
    filed_at: int
    tx_hash: str


class Articles(Answer):
    """The anchored articles and how their root stands."""

    root: str
    issuer: str | None
    anchored: bool
    standing: bool


class Rules(Answer):
    """What an agency asks of companies."""

    agency: str
    fee_token: str
    fee: Uint
    payee: str
    contact_kind: str | None
    founder_kinds: tuple[str, ...]
    in_token: bool


class Company(Whole):
    """Everything public about a company; its history is under /history."""

    company: str
    agency: str
    applicant: str
    party: str | None
    name: str
    name_key: str
    number: str | None
    status: Name
    until: int
    expired: bool
    version: int
    founders: tuple[str, ...]
    file: File | None
    articles: Articles | None
    contact_accepted: bool
    fee_settled: bool
    rules: Rules | None
    reserved_at: int
    entered_at: int | None
    changed_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    files: tuple[FileLine, ...]


class Signer(Answer):
    """One of those who are asked to sign."""

    part: str
    party: str
    signed_at: int | None


class Filing(Answer):
    """How a filing stands."""

    filing: str
    kind: str
    company: str
    version: int
    founders: tuple[str, ...]
    file: File | None
    previous: File | None
    deadline: int
    needed: int
    signers: tuple[Signer, ...]
    complete: bool
    articles_standing: bool
    intent_key: str | None


class FilingPart(Answer):
    """What one person signs in a filing."""

    part: str
    signed: bool
    typed_data: dict[str, Any]


class FilingParts(BaseModel):
    """Everything that one person signs in a filing."""

    to_sign: tuple[FilingPart, ...]


class Post(Answer):
    """A post that a party holds."""

    company: str
    name: str
    number: str | None
    status: Name
    post: str
    since: int


class Posts(BaseModel):
    """All posts of a party, at most 200."""

    posts: tuple[Post, ...]
