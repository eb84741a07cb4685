"""What the routes of elections take and give. Times are Unix seconds; numbers of ballots fit JSON's."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from muniment.web.api.models import ADDRESS, ID, Whole

LONGEST_BALLOT = 200_000  # hex digits: 64 options at 15 points take fewer
MOST_BALLOTS = 64
Id = Annotated[str, Field(pattern=ID)]
Address = Annotated[str, Field(pattern=ADDRESS)]
Base64 = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,1024}$")]
Signature = Annotated[str, Field(pattern="^0x[0-9a-fA-F]*$", max_length=20_002)]
UnitNumber = Annotated[int, Field(ge=0, lt=2**32)]
Hex = Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2})+$", max_length=LONGEST_BALLOT)]


class _Told(Whole):
    """An answer whose members docs/ballots-api.md describes."""

    model_config = ConfigDict(from_attributes=True, extra="allow")


class Line(BaseModel):
    """An election in a list."""

    model_config = ConfigDict(extra="allow")

    setup: str
    election: str | None
    box: str | None
    title: str
    phase: str
    opens: int | None
    closes: int | None
    ballots: int
    lines: int


class Elections(_Told):
    """A page of elections, the newest first."""

    elections: tuple[Line, ...]


class Election(_Told):
    """One election: manifest, ceremony, opening, units with their turnout, groups."""

    setup: str
    election: str | None
    box: str | None
    phase: str
    manifest: dict[str, Any]
    ceremony: dict[str, Any]
    opening: dict[str, Any] | None
    relayer: str | None
    units: tuple[dict[str, Any], ...]
    groups: tuple[dict[str, Any], ...]
    counted: bool


class Turnout(_Told):
    """How many have voted, where and when."""

    ballots: int
    lines: int
    eligible: int
    units: tuple[dict[str, Any], ...]
    hours: tuple[dict[str, int], ...]


class Results(_Told):
    """What was counted, by contest, area and group."""

    title: str
    ballots: int
    complete: bool
    contests: tuple[dict[str, Any], ...]
    undecrypted: dict[str, Any] | None


class Tracked(_Told):
    """What became of a ballot."""

    tracker: str
    unit: int
    index: int
    state: str
    received_at: int | None
    reason: dict[str, Any] | None


class Packed(BaseModel):
    """A ballot's bytes, as they were cast."""

    packed: str


class VoterLine(_Told):
    """What a line of the roll has cast; once it is barred, how final that is."""

    unit: int
    index: int
    voted: bool
    barred: bool
    finality: str | None
    tracker: str | None
    ballots: tuple[str, ...]


class UnitLines(BaseModel):
    """One unit of the published roll: credential, randomizer and signature of each line."""

    setup: str
    unit: int
    issued: int
    eligible: int
    root: str
    unit_path: tuple[str, ...]
    roll_root: str
    lines: tuple[tuple[str, str, str], ...]


class Roll(BaseModel):
    """The published roll, as docs/ballots-protocol.md has it."""

    setup: str
    units: tuple[dict[str, Any], ...]


class Log(BaseModel):
    """The enrolment office's log, as docs/ballots-protocol.md has it."""

    setup: str
    entries: tuple[dict[str, Any], ...]


class Enrolled(BaseModel):
    """Whether the office lists a voter, and whether it has given it a signature."""

    voter: str
    eligible: bool
    unit: int | None
    enrolled: bool
    sequence: int | None
    blinded: str | None


class EnrolmentAsked(BaseModel):
    """What a voter signs to be enrolled, with the wallets that may."""

    voter: str
    wallets: tuple[str, ...]
    typed_data: dict[str, Any]


class OfficerSignature(BaseModel):
    """An officer's key and what it signed."""

    key: Address
    signature: Signature


class Enrolment(BaseModel):
    """A blinded message, and the voter's signature or two officers'."""

    voter: Id
    unit: UnitNumber
    blinded: Base64
    deadline: Annotated[int, Field(ge=0, lt=2**40)]
    signature: Signature | None = None
    officers: Annotated[tuple[OfficerSignature, ...], Field(max_length=2)] = ()


class Issued(BaseModel):
    """The office's blind signature."""

    sequence: int
    unit: int
    voter: str
    blinded: str
    signature: str


class Credential(BaseModel):
    """A credential with the office's signature, which tells nobody whose it is."""

    unit: UnitNumber
    credential: Address
    randomizer: Base64
    signature: Base64


class CredentialTaken(BaseModel):
    """The credential that is on the list now."""

    credential: str
    unit: int


class Casting(BaseModel):
    """Packed ballots of one unit."""

    unit: UnitNumber
    ballots: Annotated[tuple[Hex, ...], Field(min_length=1, max_length=MOST_BALLOTS)]


class Outcome(BaseModel):
    """What became of one ballot: a receipt, or why it was not taken."""

    tracker: str | None
    unit: int
    index: int | None
    received_at: int | None
    receipt: str | None
    state: str
    error: str | None = None
    sentence: str | None = None
    arguments: dict[str, Any] | None = None


class Cast(BaseModel):
    """One outcome for each ballot, in order; receipts are by `relayer`."""

    relayer: str
    outcomes: tuple[Outcome, ...]


class Withdrawal(BaseModel):
    """What a credential signs at the desk, and the ballot that counted until then, packed as for `withdraw`."""

    unit: UnitNumber
    index: UnitNumber
    credential: Address
    signature: Annotated[str, Field(pattern="^0x[0-9a-fA-F]{130}$")]
    replaced: Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2})*$", max_length=LONGEST_BALLOT)] = "0x"


class AtDesk(BaseModel):
    """What a credential signs with the number that its voter was told at the desk."""

    unit: UnitNumber
    index: UnitNumber
    number: Annotated[int, Field(ge=0, lt=2**32)]
    signature: Annotated[str, Field(pattern="^0x[0-9a-fA-F]{130}$")]


class DeskAnswered(BaseModel):
    """The place on the roll that the desk sees an answer of."""

    code: str


class Shares(BaseModel):
    """A trustee's share file, as `muniment trustee decrypt` writes it."""

    model_config = ConfigDict(extra="allow")

    format: str
    election: str
    trustee: int
    shares: list[dict[str, Any]]


class SharesKept(BaseModel):
    """Every share file that is here."""

    shares: tuple[dict[str, Any], ...]


class ShareTaken(BaseModel):
    """The trustee whose shares hold."""

    trustee: int
