"""The shapes of the answers about parties. No personal data."""

from dataclasses import dataclass
from fractions import Fraction

from muniment.db.answers import AsOf, Finality, HistoryLine, Page
from muniment.identity.model import CredentialStanding


@dataclass(frozen=True)
class WalletLine:
    """The wallet that signs for a party."""

    wallet: str
    agency: str
    bound_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality


@dataclass(frozen=True)
class RecoveryLine:
    """A party's way to a new wallet; `state`: "begun", "vetoed", "cancelled" or "completed".

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


@dataclass(frozen=True)
class AttestationLine:
    """Two officers stand in for the party's signature over a digest, while it has no wallet and until they withdraw."""

    digest: str
    agency: str
    evidence: str
    attested_at: int
    withdrawn_at: int | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class RepresentationLine:
    """How an organisation signs: `threshold` of its representatives. `ended`: nobody signs for it any more."""

    version: int
    threshold: int
    representatives: tuple[str, ...]
    ended: bool
    set_by: str
    changed_at: int
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class PowerLine:
    """A power of attorney. `state`: "current", "revoked", "ended" (by a recovery), "expired" or "suspended".

    `subject` and `currency` are None for any subject and for no price floor.
    """

    power: str
    principal: str
    attorney: str
    act: str
    subject: str | None
    price_floor: int
    currency: str | None
    until: int
    state: str
    granted_at: int
    revoked_at: int | None
    revoked_by: str | None
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class CredentialLine:
    """A party's credential of one kind, as it stands at the moment asked about; `name` is None for an unknown kind."""

    party: str
    kind: str
    name: str | None
    agency: str
    officer_id: int
    issued_at: int
    valid_from: int
    valid_until: int
    standing: CredentialStanding
    reason: int | None
    revoked_at: int | None
    source_hash: str
    tx_hash: str
    finality: Finality


@dataclass(frozen=True)
class HoldingLine:
    """A party's part of one title."""

    title: str
    jurisdiction: str
    ref: str
    part: Fraction
    finality: Finality


@dataclass(frozen=True)
class PartyAnswer:
    """Everything public about a party; `wallet` is None when none is bound.

    `recovery` is the one under way; `court_order_needed` tells that the next one needs a court, since the last was
    vetoed. `represents` names the organisations that it signs for.
    """

    party: str
    wallet: WalletLine | None
    recovery: RecoveryLine | None
    recoveries: tuple[RecoveryLine, ...]
    court_order_needed: bool
    credentials: tuple[CredentialLine, ...]
    representation: RepresentationLine | None
    represents: tuple[str, ...]
    powers_given: tuple[PowerLine, ...]
    powers_held: tuple[PowerLine, ...]
    attestations: tuple[AttestationLine, ...]
    holdings: tuple[HoldingLine, ...]
    page: Page
    history: tuple[HistoryLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class Recoveries:
    """One page of recoveries, newest first."""

    page: Page
    lines: tuple[RecoveryLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class Credentials:
    """One page of credentials, newest first."""

    page: Page
    lines: tuple[CredentialLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class KindLine:
    """A kind of credential; `agency` is None for one known everywhere, `scopes` the power that issues it."""

    kind: str
    name: str
    agency: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """An agency's record of a party, but what it says: by agency and commitment the agency's scripts name the party."""

    agency: str
    commitment: str
    created_at: int
    erased: bool


@dataclass(frozen=True)
class Invitation:
    """What the bearer of a one-time code may know. `state`: "open", "used" or "expired"."""

    party: str
    nonce: int
    expires_at: int
    state: str
    intent_key: str | None
