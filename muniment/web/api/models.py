"""The shapes of the API's answers, read from the answers of the domains' queries."""

from collections.abc import Mapping
from enum import IntEnum
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from muniment.db.answers import Finality
from muniment.hashing import ZERO_HASH

Uint = Annotated[int, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "pattern": "^[0-9]+$"})]
Name = Annotated[
    IntEnum, PlainSerializer(lambda value: value.name.lower(), return_type=str), WithJsonSchema({"type": "string"})
]
Part = Annotated[
    Fraction,
    PlainSerializer(lambda part: f"{part.numerator}/{part.denominator}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+/[0-9]+$"}),
]


ID = "^0x[0-9a-fA-F]{64}$"
ADDRESS = "^0x[0-9a-fA-F]{40}$"
HEX = "^0x([0-9a-fA-F]{2})*$"
DECIMAL = "^(0|[1-9][0-9]{0,77})$"


def _uint256(text: str) -> str:
    if int(text) >= 2**256:
        raise ValueError("the number does not fit 256 bits")
    return text


Decimal = Annotated[str, Field(pattern=DECIMAL), AfterValidator(_uint256)]


class Answer(BaseModel):
    """Read from an object's attributes."""

    model_config = ConfigDict(from_attributes=True)


class AsOf(Answer):
    """The last block that the answer contains. Times are Unix seconds."""

    chain_id: int
    number: int
    hash: str
    time: int
    safe_number: int
    finalized_number: int
    halted: str | None


class Whole(Answer):
    """A whole answer: `as_of` is null while no block was read."""

    as_of: AsOf | None


class Page(Answer):
    """Pages count from 1."""

    number: int
    size: int
    total: int
    pages: int


class Event(Answer):
    """One event, as it was emitted."""

    contract: str
    name: str
    arguments: Mapping[str, Any]
    block_number: int
    block_hash: str
    time: int
    tx_hash: str
    log_index: int
    finality: Finality


class TitleLine(Answer):
    """A title in a list; `box` is [west, south, east, north] in degrees."""

    title: str
    jurisdiction: str
    ref: str
    area_dm2: Uint
    grade: Name
    registered_at: int
    block_number: int
    finality: Finality
    box: tuple[float, float, float, float] | None
    retired: bool
    frozen: bool
    caveat: bool
    notice: bool


class Titles(Whole):
    """One page of titles."""

    page: Page
    titles: tuple[TitleLine, ...] = Field(validation_alias="lines")


class Share(Answer):
    """A holder's part: numerator / denominator."""

    holder: str
    numerator: Uint
    denominator: Uint
    wallet: str | None


class Notice(Answer):
    """A sale's lock on a title, until the last second at `until`."""

    sale: str
    until: int
    set_at: int
    tx_hash: str
    finality: Finality


class GradeProposal(Answer):
    """A grade on its way; `ready`: its time for objections is over."""

    grade: Name
    ready_at: int
    ready: bool
    officer: str
    source_hash: str
    proposed_at: int
    tx_hash: str
    finality: Finality


class Kin(Answer):
    """A title that another was made out of, or that was made out of another: `kind` is division or merger."""

    title: str
    ref: str
    kind: str


class Obstacle(Answer):
    """What stands in the way: the error that a sale would meet, in plain words."""

    error: str
    sentence: str


class Retired(Answer):
    """When a title ended, and whether by a division or a merger."""

    at: int
    by: str


class Title(Whole):
    """A title as it stands. Areas are square decimetres; `legal_date` is YYYYMMDD, 0 when not recorded.

    `ref` is the title's id where its register moved in and nobody published the reference. `origin` is registered,
    admitted, division or merger. `source_hash`, `tx_hash` and the block are those of its latest change.
    """

    title: str
    jurisdiction: str
    ref: str
    agency: str
    grade: Name
    area_dm2: Uint
    denominator: Uint
    shares: tuple[Share, ...]
    register_status: Name
    register_agency: str | None
    geometry_hash: str
    geometry_state: str
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
    retired: Retired | None
    parents: tuple[Kin, ...]
    children: tuple[Kin, ...]
    notice: Notice | None
    freezes: int
    caveats: int
    liens: int
    interests: int
    grade_proposal: GradeProposal | None
    conveyable: bool
    obstacles: tuple[Obstacle, ...]


class History(Whole):
    """The latest events about a title, oldest first; `length` counts all there are."""

    events: tuple[Event, ...]
    length: int


class Wallet(Answer):
    """The wallet that signs for a party."""

    wallet: str
    agency: str
    bound_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality


class Holding(Answer):
    """A party's part of one title."""

    title: str
    jurisdiction: str
    ref: str
    part: Part
    finality: Finality


class Recovery(Answer):
    """A party's way to a new wallet: `state` is begun, vetoed, cancelled or completed.

    It can be vetoed before `ready_at` unless a court ordered it, and be completed from then on.
    """

    party: str
    attempt: int
    wallet: str
    ready_at: int
    vetoable: bool
    court_order: str | None
    evidence: str
    state: str
    begun_at: int
    ended_at: int | None
    tx_hash: str
    finality: Finality


class Credential(Answer):
    """A party's credential of one kind, as it stands now; `reason` of a revocation is a code of RFC 5280."""

    party: str
    kind: str
    name: str | None
    agency: str
    officer_id: int
    issued_at: int
    valid_from: int
    valid_until: int
    standing: Name
    reason: int | None
    revoked_at: int | None
    source_hash: str
    tx_hash: str
    finality: Finality


class Credentials(Whole):
    """One page of credentials, newest first."""

    page: Page
    credentials: tuple[Credential, ...] = Field(validation_alias="lines")


class CredentialKind(Answer):
    """A kind of credential; `agency` is null for one known everywhere, `scopes` the power that issues it."""

    kind: str
    name: str
    agency: str | None
    scopes: tuple[str, ...]


class CredentialKinds(Whole):
    """All kinds of credentials."""

    kinds: tuple[CredentialKind, ...]


class Representation(Answer):
    """How an organisation signs: `threshold` of its representatives. `ended`: nobody signs for it any more."""

    version: int
    threshold: int
    representatives: tuple[str, ...]
    ended: bool
    set_by: str
    changed_at: int
    tx_hash: str
    finality: Finality


class Power(Answer):
    """A power of attorney: `state` is current, revoked, ended (by a recovery), expired or suspended."""

    power: str
    principal: str
    attorney: str
    act: str
    subject: str | None
    price_floor: Uint
    currency: str | None
    until: int
    state: str
    granted_at: int
    revoked_at: int | None
    revoked_by: str | None
    tx_hash: str
    finality: Finality


class Attestation(Answer):
    """Two officers stand in for the party's signature over a digest."""

    digest: str
    agency: str
    evidence: str
    attested_at: int
    withdrawn_at: int | None
    tx_hash: str
    finality: Finality


class Party(Whole):
    """Everything public about a party.

    `court_order_needed`: the last recovery was vetoed, so that the next needs a court. `represents` names the
    organisations that it signs for.
    """

    party: str
    wallet: Wallet | None
    recovery: Recovery | None
    recoveries: tuple[Recovery, ...]
    court_order_needed: bool
    credentials: tuple[Credential, ...]
    representation: Representation | None
    represents: tuple[str, ...]
    powers_given: tuple[Power, ...]
    powers_held: tuple[Power, ...]
    attestations: tuple[Attestation, ...]
    holdings: tuple[Holding, ...]
    page: Page


class AgencyLine(Answer):
    """An agency; `parent` is null when the root registered it."""

    agency: str
    parent: str | None
    admin: str
    scopes: tuple[str, ...]
    status: Name
    domain_hash: str
    registered_at: int
    block_number: int
    block_hash: str
    finality: Finality


class Agencies(Whole):
    """One page of agencies."""

    page: Page
    agencies: tuple[AgencyLine, ...] = Field(validation_alias="lines")


class Officer(Answer):
    """A key and how it stands now."""

    key: str
    scopes: tuple[str, ...]
    not_before: int
    not_after: int
    compromised_since: int | None
    accredited_at: int
    standing: Name
    finality: Finality


class PendingAct(Answer):
    """An act that waits for its second officer."""

    act: str
    target: str
    officer: str
    scopes: tuple[str, ...]
    version: Uint
    deadline: int
    overdue: bool
    calldata: str
    finality: Finality


class Agency(Whole):
    """An agency with its keys and pending acts."""

    agency: AgencyLine
    officers: tuple[Officer, ...]
    pending_acts: tuple[PendingAct, ...]


class Register(Answer):
    """Who keeps a jurisdiction's register, and how many titles stand in it."""

    jurisdiction: str
    agency: str
    status: Name
    titles: int
    finality: Finality


class Registers(Whole):
    """All registers, and counts over them."""

    registers: tuple[Register, ...]
    titles: int
    holders: int
    wallets: int


class Status(Whole):
    """How far the chain was read, and how many intents stand in each state."""

    intents: Mapping[str, int]


class Intent(Whole):
    """What became of one request. `sentence` says why it was refused or parked."""

    key: str
    kind: str
    state: str
    sentence: str | None
    error: str | None
    tx_hash: str | None
    block_number: int | None
    block_hash: str | None
    created_at: int
    updated_at: int


class Contract(Answer):
    """One deployed contract."""

    address: str
    start_block: int
    abi: list[dict[str, Any]]


class Deployment(BaseModel):
    """Where the contracts are. `rpc` is the demo node's address, on the demo chain alone."""

    network: str
    chain_id: int
    genesis_hash: str
    contracts: Mapping[str, Contract]
    rpc: str | None


class Invitation(BaseModel):
    """What the bearer of a code may know, and what the wallet named in the request signs."""

    party: str
    nonce: Uint
    expires_at: int
    state: str
    typed_data: dict[str, Any] | None
    intent: str | None


class Binding(BaseModel):
    """A wallet's signature over BindWallet, for the party of an invitation."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=64)
    wallet: str = Field(pattern="^0x[0-9a-fA-F]{40}$")
    signature: str = Field(pattern="^0x([0-9a-fA-F]{2}){1,2048}$")


class Asked(Answer):
    """What to sign: typed data for `eth_signTypedData_v4`, by the wallets listed."""

    act: str
    signers: tuple[str, ...]
    typed_data: dict[str, Any]


class Signed(BaseModel):
    """A party's signature: 65 bytes of its wallet, or whatever its contract wallet or its representatives give.

    `deadline` is Unix seconds, as it was signed.
    """

    model_config = ConfigDict(extra="forbid")

    deadline: int = Field(ge=0, lt=2**53)
    signature: str = Field(pattern=HEX, max_length=10_000)


class Rotation(Signed):
    """RotateWallet, signed by the present wallet and by the new one."""

    wallet: str = Field(pattern=ADDRESS)
    nonce: Decimal
    previous_signature: str = Field(pattern=HEX, max_length=10_000)


class Veto(Signed):
    """VetoRecovery, signed by the present wallet."""

    attempt: int = Field(ge=1, lt=2**32)


class PowerGrant(Signed):
    """GrantPower, signed by the principal; without a subject for any, with a floor and its currency for a price."""

    attorney: str = Field(pattern=ID)
    act: str = Field(min_length=1, max_length=64)
    subject: str = Field(default=ZERO_HASH, pattern=ID)
    price_floor: Decimal = "0"
    currency: str = Field(default=ZERO_HASH, pattern=ID)
    until: int = Field(ge=0, lt=2**40)
    nonce: Decimal


class PowerEnd(Signed):
    """RevokePower, signed by the principal or the attorney."""

    power: str = Field(pattern=ID)


class NonceEnd(Signed):
    """CancelNonce, signed by the party."""

    nonce: Decimal


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    error: str | None = None
