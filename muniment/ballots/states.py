"""How ceremonies, elections and single ballots stand."""

from enum import IntEnum, StrEnum

CEREMONY = "TrusteeCeremony"  # contract
BOX = "BallotBox"  # kind of contract: one for each election
GRACE = 3_600  # seconds after the closing in which the box takes what was received before it


class CeremonyStage(IntEnum):
    """What a ceremony waits for (`ITrusteeCeremony`)."""

    UNKNOWN = 0
    COMMITTING = 1
    REVEALING = 2
    DEALING = 3
    REVIEW = 4
    READY = 5
    FAILED = 6


class BallotState(IntEnum):
    """What became of a ballot on the chain."""

    COUNTED = 1
    REPLACED = 2
    WITHDRAWN = 3
    SKIPPED = 4


class Phase(StrEnum):
    """Where an election is, from the trustees' ceremony to its result."""

    CEREMONY = "ceremony"
    FAILED = "failed"
    READY = "ready"  # the key stands
    REGISTERED = "registered"  # the box is known, and not open yet
    OPEN = "open"
    GRACE = "grace"
    JOINING = "joining"
    COUNTING = "counting"
    COUNTED = "counted"
    UNDECRYPTED = "undecrypted"  # fewer ballots in all than may be decrypted together
