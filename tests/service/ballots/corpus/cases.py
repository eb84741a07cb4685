"""The end of the hostile corpus: what only a reader of the whole chain can refuse, and under which name.

Each case is the honest election with one fault, as a chain would show it whose contracts had not looked: whoever sent
a transaction sent it so, and events and answers follow from it. Nothing but the fault speaks against it, so that the
findings are known to the last one, and are the same from both verifiers. The ballots are in ballots_hostile.json; what
a lying office does to its roll, in hostile_office.py.
"""

import json
from collections.abc import Callable
from typing import TypeAlias

from tests.service.ballots.corpus import ceremonies, counts, rolls, withdrawals
from tests.service.ballots.election import Election
from tests.service.ballots.forgeries import Transcript

Fault: TypeAlias = Callable[[Election, Transcript], None]
# A trustee whose reveal is refused is out earlier than the events and the contract's answers say.
REVEALED_NOTHING = ("PointRefused", "EventDiffers", "EventMissing", "ViewDiffers")

CASES: dict[Fault, tuple[str, ...]] = {
    withdrawals.ballot_tested: ("SignatureRefused",),
    withdrawals.withdrawal_unsigned: ("SignatureRefused",),
    withdrawals.withdrawal_signed_by_another: ("SignatureRefused",),
    withdrawals.withdrawal_signed_for_another_line: ("SignatureRefused",),
    withdrawals.withdrawal_malleable: ("SignatureRefused",),
    withdrawals.withdrawal_off_the_roll: ("NotOnRoll",),
    withdrawals.withdrawal_of_nothing: ("BallotChanged",),
    withdrawals.withdrawal_of_another_batch: ("BallotChanged",),
    withdrawals.withdrawal_twice: ("VoterBarred",),
    counts.share_bad: ("ShareRefused",),
    counts.share_of_another_secret: ("ShareRefused",),
    counts.share_of_another_trustee: ("ShareRefused",),
    counts.share_of_another_group: ("ShareRefused",),
    counts.share_of_another_ciphertext: ("ShareRefused",),
    counts.share_of_another_election: ("ShareRefused",),
    counts.share_of_another_sum: ("ShareRefused",),
    counts.share_of_another_factor: ("ShareRefused",),
    counts.share_of_no_factor: ("ShareRefused",),
    counts.share_of_the_excluded: ("ShareTrusteeRefused",),
    counts.shares_out_of_order: ("ShareTrusteeRefused",),
    counts.shares_too_few: ("SharesMalformed",),
    counts.share_too_early: ("OrderDiffers",),
    counts.groups_too_early: ("NotClosed",),
    counts.result_off_by_one: ("ResultRefused",),
    counts.result_of_the_other_option: ("ResultRefused",),
    counts.result_of_one_more: ("CountsRefused",),
    counts.result_of_no_option: ("CountsRefused",),
    counts.result_twice: ("CountedTwice",),
    ceremonies.dealt_against_commitments: ("DealtShareRefused",),
    ceremonies.answer_without_complaint: ("NoComplaint",),
    ceremonies.complaint_about_oneself: ("ComplaintRefused",),
    ceremonies.complaint_twice: ("ComplaintRefused",),
    ceremonies.complaint_too_late: ("ComplaintRefused",),
    ceremonies.key_rogue: ("PossessionRefused",),
    ceremonies.key_copied: ("PossessionRefused",),
    ceremonies.key_unproven: ("PossessionRefused",),
    ceremonies.key_proven_wrongly: ("PossessionRefused",),
    ceremonies.encryption_key_copied: ("PossessionRefused",),
    ceremonies.encryption_key_proven_as_another_kind: ("PossessionRefused",),
    ceremonies.reveal_chosen_late: ("CommitmentMismatch",),
    ceremonies.reveal_off_the_curve: REVEALED_NOTHING,
    ceremonies.reveal_of_too_few: REVEALED_NOTHING,
    rolls.line_signed_otherwise: ("CredentialUnsigned",),
    rolls.line_of_another_key: ("CredentialUnsigned",),
    rolls.line_of_another_unit: ("CredentialUnsigned",),
}


def at_fault(held: Election, transcript: Transcript, fault: Fault) -> Transcript:
    """A copy with this fault."""
    made: Transcript = json.loads(json.dumps(transcript))
    fault(held, made)
    return made
