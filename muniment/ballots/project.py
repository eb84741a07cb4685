"""What the events of `TrusteeCeremony` and of every `BallotBox` add up to: ceremonies, elections, ballots, counts.

Two officers of any agency can register a box that is none. What such a contract says must harm nobody else: an event
that fits no election is passed over.
"""

import json
from collections.abc import Mapping
from typing import Any

from muniment.ballots.hashes import unit_leaf
from muniment.ballots.model import UnitRoll
from muniment.ballots.roll import Tree
from muniment.ballots.states import BOX, CEREMONY, BallotState, CeremonyStage
from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import (
    ballot_batches,
    ballot_withdrawals,
    ballots,
    ceremonies,
    ceremony_complaints,
    ceremony_trustees,
    election_counts,
    election_groups,
    election_units,
    elections,
)
from muniment.hashing import ZERO_HASH, keccak

# ── Ceremonies ──────────────────────────────────────────────────────────────────────────────────────────────────


def ceremony_begun(event: Event, rows: Rows) -> None:
    """An election is announced, and its trustees begin to make a key."""
    given = event.arguments
    manifest = bytes.fromhex(given["manifest"][2:])
    rows.insert(
        ceremonies,
        {
            "setup": given["setup"],
            "agency": given["agency"],
            "officer": given["officer"],
            "threshold": given["threshold"],
            "period": given["period"],
            "trustees": len(given["trustees"]),
            "manifest": _text(manifest),
            "manifest_hash": keccak(manifest),
            "stage": int(CeremonyStage.COMMITTING),
            **dict.fromkeys(("key_x", "key_y", "election", "box")),
            "begun_at": event.time,
            "changed_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    for place, account in enumerate(given["trustees"], 1):
        rows.insert(
            ceremony_trustees,
            {
                "setup": given["setup"],
                "account": account,
                "place": place,
                **dict.fromkeys(("committed", "revealed", "dealt", "confirmed"), 0),
                **dict.fromkeys(("missed", "key_x", "key_y")),
            },
        )


def trustee_committed(event: Event, rows: Rows) -> None:
    """A trustee fixed what it will reveal."""
    _did(event, rows, "committed", CeremonyStage.COMMITTING)


def trustee_revealed(event: Event, rows: Rows) -> None:
    """A trustee showed what it had committed to."""
    _did(event, rows, "revealed", CeremonyStage.REVEALING)


def shares_dealt(event: Event, rows: Rows) -> None:
    """A trustee sent the others their shares."""
    _did(event, rows, "dealt", CeremonyStage.DEALING)


def share_confirmed(event: Event, rows: Rows) -> None:
    """A trustee holds fitting shares."""
    _did(event, rows, "confirmed", CeremonyStage.REVIEW)


def share_complained(event: Event, rows: Rows) -> None:
    """A trustee says that a dealer's share does not fit."""
    given = event.arguments
    key = {"setup": given["setup"], "trustee": given["trustee"], "dealer": given["dealer"]}
    rows.put(ceremony_complaints, {**key, "answered_at": None})
    _stage(event, rows, CeremonyStage.REVIEW)


def complaint_answered(event: Event, rows: Rows) -> None:
    """The dealer published the share."""
    given = event.arguments
    key = {"setup": given["setup"], "trustee": given["trustee"], "dealer": given["dealer"]}
    rows.update(ceremony_complaints, key, {"answered_at": event.time})
    _stage(event, rows, CeremonyStage.REVIEW)


def trustee_excluded(event: Event, rows: Rows) -> None:
    """A trustee missed a step."""
    rows.update(ceremony_trustees, _trustee(event), {"missed": event.arguments["missed"]})


def ceremony_completed(event: Event, rows: Rows) -> None:
    """The election key stands, and each trustee's."""
    given = event.arguments
    key = {"key_x": _word(given["key"]["x"]), "key_y": _word(given["key"]["y"])}
    rows.update(ceremonies, _setup(event), {**key, **_changed(event), "stage": int(CeremonyStage.READY)})
    by_place = {row["place"]: row["account"] for row in rows.find(ceremony_trustees, setup=given["setup"])}
    for place, point in enumerate(given["keys"], 1):
        if point["x"] or point["y"]:
            own = {"key_x": _word(point["x"]), "key_y": _word(point["y"])}
            rows.update(ceremony_trustees, {"setup": given["setup"], "account": by_place[place]}, own)


def ceremony_failed(event: Event, rows: Rows) -> None:
    """Too few trustees were left."""
    rows.update(ceremonies, _setup(event), {**_changed(event), "stage": int(CeremonyStage.FAILED)})


def election_opened(event: Event, rows: Rows) -> None:
    """Two officers registered the setup's box. What the box said when it was made comes next.

    Ours says of which setup it is once for all; one that was registered for another setup before is none.
    """
    given = event.arguments
    if rows.find(ceremonies, box=given["box"]):
        return
    rows.update(ceremonies, _setup(event), {"election": given["election"], "box": given["box"], **_changed(event)})


# ── Boxes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def box_opened(event: Event, rows: Rows) -> None:
    """What an election is about, as its box says. Its time is that of the registration."""
    given, opening = event.arguments, event.arguments["opening"]
    registered = rows.get(ceremonies, {"setup": given["setup"]})
    named = registered is not None and (registered["box"], registered["election"]) == (event.address, given["election"])
    numbered = [unit["unit"] for unit in given["units"]] == list(range(len(given["units"])))
    if not named or not numbered or not given["units"] or rows.get(elections, {"box": event.address}) is not None:
        return
    rows.insert(
        elections,
        {
            "box": event.address,
            "election": given["election"],
            "setup": given["setup"],
            "roll_root": Tree([unit_leaf(UnitRoll(**unit)) for unit in given["units"]]).root,
            "log_root": opening["logRoot"],
            "contests": json.dumps([str(form) for form in opening["contests"]]),
            "units": len(given["units"]),
            "lines": sum(unit["lines"] for unit in given["units"]),
            "min_ballots": opening["minBallots"],
            "opens_at": opening["opensAt"],
            "announced": opening["closesAt"],
            "closes_at": opening["closesAt"],
            "groups": None,
            "grouped": None,
            "registered_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    for unit in given["units"]:
        facts = {name: unit[name] for name in ("unit", "lines", "issued", "eligible", "root")}
        rows.insert(election_units, {"box": event.address, **facts, "ballots": 0, "batches": 0, "group": None})


def closing_postponed(event: Event, rows: Rows) -> None:
    """Two officers put the closing off."""
    _election(event, rows, {"closes_at": event.arguments["closesAt"]})


def ballots_cast(event: Event, rows: Rows) -> None:
    """A batch of first ballots was counted."""
    given, key = event.arguments, {"box": event.address, "unit": event.arguments["unit"]}
    unit, batch = rows.get(election_units, key), {**key, "batch": given["batch"]}
    leaves = list(zip(given["indices"], given["trackers"], strict=False))
    if unit is None or rows.get(ballot_batches, batch) is not None:
        return
    rows.update(election_units, key, {"ballots": given["ballots"], "batches": unit["batches"] + 1})
    cast = {"cast_at": event.time, "tx_hash": event.tx_hash}
    rows.insert(ballot_batches, {**batch, "root": given["root"], "leaves": len(leaves), **cast})
    for place, (index, tracker) in enumerate(leaves):
        _counted(event, rows, index, tracker, {"batch": given["batch"], "place": place, "previous": None})


def ballot_replaced(event: Event, rows: Rows) -> None:
    """A voter's ballot took the place of an earlier one."""
    given = event.arguments
    if rows.get(election_units, {"box": event.address, "unit": given["unit"]}) is None:
        return
    _end(event, rows, given["replaced"], {"state": int(BallotState.REPLACED), "replaced_by": given["tracker"]})
    own = {"batch": None, "place": None, "previous": given["replaced"]}
    _counted(event, rows, given["index"], given["tracker"], own)


def ballot_skipped(event: Event, rows: Rows) -> None:
    """A ballot was passed over. One that counts already, and came a second time, goes on counting."""
    given, key = event.arguments, {"box": event.address, "tracker": event.arguments["tracker"]}
    known = rows.get(election_units, {"box": event.address, "unit": given["unit"]})
    if known is None or rows.get(ballots, key) is not None:
        return
    rows.insert(
        ballots,
        {
            **key,
            "unit": given["unit"],
            "voter_index": given["index"],
            "state": int(BallotState.SKIPPED),
            **dict.fromkeys(("batch", "place", "previous", "replaced_by")),
            "skipped": given["reason"],
            "cast_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def ballot_withdrawn(event: Event, rows: Rows) -> None:
    """A voter withdrew, and votes on paper."""
    given, key = event.arguments, {"box": event.address, "unit": event.arguments["unit"]}
    if rows.get(election_units, key) is None:
        return
    rows.update(election_units, key, {"ballots": given["ballots"]})
    tracker = None if given["tracker"] == ZERO_HASH else given["tracker"]
    own = {"tracker": tracker, "withdrawn_at": event.time, "tx_hash": event.tx_hash}
    rows.put(ballot_withdrawals, {**key, "voter_index": given["index"], **own})
    if tracker is not None:
        _end(event, rows, tracker, {"state": int(BallotState.WITHDRAWN)})


def units_joined(event: Event, rows: Rows) -> None:
    """Units are decrypted together."""
    given, box = event.arguments, event.address
    if rows.get(elections, {"box": box}) is None:
        return
    span = {"first_unit": given["firstUnit"], "last_unit": given["lastUnit"], "ballots": given["ballots"]}
    rows.put(election_groups, {"box": box, "group": given["group"], **span})
    for unit in rows.find(election_units, box=box):
        if given["firstUnit"] <= unit["unit"] <= given["lastUnit"]:
            rows.update(election_units, {"box": box, "unit": unit["unit"]}, {"group": given["group"]})


def groups_fixed(event: Event, rows: Rows) -> None:
    """Nothing changes the groups any more."""
    _election(event, rows, {"groups": event.arguments["groups"], "grouped": event.arguments["ballots"]})


def contest_counted(event: Event, rows: Rows) -> None:
    """The count of a contest in a group."""
    given, box = event.arguments, event.address
    if rows.get(elections, {"box": box}) is None:
        return
    rows.put(
        election_counts,
        {
            "box": box,
            "group": given["group"],
            "contest": given["contest"],
            "ballots": given["ballots"],
            "counts": json.dumps(given["counts"]),
            "trustees": given["trustees"],
            "by": given["by"],
            "counted_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def _setup(event: Event) -> dict[str, Any]:
    return {"setup": event.arguments["setup"]}


def _trustee(event: Event) -> dict[str, Any]:
    return {"setup": event.arguments["setup"], "account": event.arguments["trustee"]}


def _changed(event: Event) -> dict[str, Any]:
    return {"changed_at": event.time, "tx_hash": event.tx_hash}


def _did(event: Event, rows: Rows, step: str, stage: CeremonyStage) -> None:
    rows.update(ceremony_trustees, _trustee(event), {step: 1})
    _stage(event, rows, stage)


def _stage(event: Event, rows: Rows, stage: CeremonyStage) -> None:
    row = rows.get(ceremonies, _setup(event))
    before = 0 if row is None else row["stage"]
    rows.update(ceremonies, _setup(event), {"stage": max(before, int(stage)), **_changed(event)})


def _election(event: Event, rows: Rows, changed: Mapping[str, Any]) -> None:
    if rows.get(elections, {"box": event.address}) is not None:
        rows.update(elections, {"box": event.address}, {**changed, "tx_hash": event.tx_hash})


def _counted(event: Event, rows: Rows, index: int, tracker: str, own: Mapping[str, Any]) -> None:
    """A ballot counts, also one that had been passed over before."""
    rows.put(
        ballots,
        {
            "box": event.address,
            "tracker": tracker,
            "unit": event.arguments["unit"],
            "voter_index": index,
            "state": int(BallotState.COUNTED),
            **own,
            "replaced_by": None,
            "skipped": None,
            "cast_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def _end(event: Event, rows: Rows, tracker: str, changed: Mapping[str, Any]) -> None:
    """A ballot counts no more."""
    key = {"box": event.address, "tracker": tracker}
    if rows.get(ballots, key) is not None:
        rows.update(ballots, key, changed)


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _text(raw: bytes) -> str:
    """Bytes that are to be JSON; nothing where they are no text that every database holds."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


_CEREMONY: dict[str, Handler] = {
    "CeremonyBegun": ceremony_begun,
    "TrusteeCommitted": trustee_committed,
    "TrusteeRevealed": trustee_revealed,
    "SharesDealt": shares_dealt,
    "ShareComplained": share_complained,
    "ComplaintAnswered": complaint_answered,
    "ShareConfirmed": share_confirmed,
    "TrusteeExcluded": trustee_excluded,
    "CeremonyCompleted": ceremony_completed,
    "CeremonyFailed": ceremony_failed,
    "ElectionOpened": election_opened,
}
_BOX: dict[str, Handler] = {
    "BoxOpened": box_opened,
    "ClosingPostponed": closing_postponed,
    "BallotsCast": ballots_cast,
    "BallotReplaced": ballot_replaced,
    "BallotSkipped": ballot_skipped,
    "BallotWithdrawn": ballot_withdrawn,
    "UnitsJoined": units_joined,
    "GroupsFixed": groups_fixed,
    "ContestCounted": contest_counted,
}
HANDLERS: dict[tuple[str, str], Handler] = {
    **{(CEREMONY, name): handler for name, handler in _CEREMONY.items()},
    **{(BOX, name): handler for name, handler in _BOX.items()},
}
