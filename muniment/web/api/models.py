"""The shapes of the API's answers, read from the answers of the domains' queries."""

from collections.abc import Mapping
from enum import IntEnum
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from muniment.db.answers import Finality

Uint = Annotated[int, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "pattern": "^[0-9]+$"})]
Name = Annotated[
    IntEnum, PlainSerializer(lambda value: value.name.lower(), return_type=str), WithJsonSchema({"type": "string"})
]
Part = Annotated[
    Fraction,
    PlainSerializer(lambda part: f"{part.numerator}/{part.denominator}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+/[0-9]+$"}),
]


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


class Title(Whole):
    """A title as it stands. Areas are square decimetres; `legal_date` is YYYYMMDD, 0 when not recorded."""

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
    officer: str
    registered_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality


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


class Party(Whole):
    """Everything public about a party."""

    party: str
    wallet: Wallet | None
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


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    error: str | None = None
