"""Transcripts that are wrong and hang together: whoever forged them wrote every hash and every view anew.

A node that lies can do so, for a header is bound to nothing but its own hash. What remains are the rules of the
protocol, which a verifier must know without the chain.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from eth_abi.abi import encode as abi_encode

from muniment.ballots.ceremony_steps import STEPS
from muniment.ballots.hashes import batch_leaf
from muniment.ballots.roll import Tree
from muniment.ballots.verifying.events import BOX, CEREMONY, Event
from muniment.chain.abi import decode_values
from muniment.chain.raw import decode_transaction
from muniment.chain.rlp import decode, encode
from muniment.hashing import keccak
from tests.service.ballots.election import SECOND
from tests.service.state_trie import state_of

Transcript = dict[str, Any]
EVENTS = {event.name: event for event in (*CEREMONY, *BOX)}
HEADER_STATE, HEADER_BLOOM, HEADER_NUMBER, HEADER_TIME, HEADER_EXTRA = 3, 6, 8, 11, 12


# ── Tools ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def topic(name: str) -> str:
    """An event's first topic."""
    return "0x" + EVENTS[name].topic.hex()


def block_of(made: Transcript, name: str, last: bool = False) -> int:
    """The place of the first block, or the last, with an event of this name."""
    found = [place for place, block in enumerate(made["blocks"]) if any(one for one in logs_of(block, name))]
    return found[-1 if last else 0]


def logs_of(block: Any, name: str) -> Iterator[tuple[Any, Any]]:
    """Transaction and log of each event of this name in a block."""
    for one in block["transactions"]:
        for log in one["logs"]:
            if log["topics"][0] == topic(name):
                yield one, log


def header_of(block: Any) -> list[bytes]:
    """A header's items."""
    items = decode(bytes.fromhex(block["header"][2:]))
    assert isinstance(items, list)
    return items  # type: ignore[return-value]


def stamp(
    block: Any,
    number: int | None = None,
    time: int | None = None,
    extra: bytes | None = None,
    state: bytes | None = None,
) -> None:
    """Write a block's header anew, with a bloom that speaks of everything."""
    items = header_of(block)
    items[HEADER_BLOOM] = b"\xff" * 256
    for place, value in ((HEADER_NUMBER, number), (HEADER_TIME, time)):
        if value is not None:
            items[place] = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if extra is not None:
        items[HEADER_EXTRA] = extra
    if state is not None:
        items[HEADER_STATE] = state
    raw = encode(items)
    block["header"], block["hash"] = "0x" + raw.hex(), keccak(raw)


def time_of(block: Any) -> int:
    """A block's time."""
    return int.from_bytes(header_of(block)[HEADER_TIME], "big")


def renumber(made: Transcript) -> None:
    """Number the blocks in the order in which they now stand, the head last."""
    for number, block in enumerate([*made["blocks"], made["head"]], 1):
        stamp(block, number=number)


def move(made: Transcript, origin: int, target: int) -> None:
    """Put a block elsewhere, at the time of the block before it there."""
    block = made["blocks"].pop(origin)
    made["blocks"].insert(target, block)
    stamp(block, time=time_of(made["blocks"][target - 1]))
    renumber(made)


def rewrite(one: Any, act: Callable[[bytes], bytes], to: bytes | None = None) -> str:
    """Change a transaction's input or `to`, and give it the hash that fits; gives who now seems to have sent it."""
    raw = bytes.fromhex(one["raw"][2:])
    items = decode(raw[1:])
    assert isinstance(items, list)
    data = items[7]
    assert isinstance(data, bytes)
    items[5], items[7] = to or items[5], act(data)
    raw = raw[:1] + encode(items)  # type: ignore[arg-type]
    one["raw"], one["hash"] = "0x" + raw.hex(), keccak(raw)
    return decode_transaction(raw).sender


def values_of(event: Event, log: Any) -> list[Any]:
    """The values of a log's data."""
    return list(decode_values(list(event.rest.values()), bytes.fromhex(log["data"][2:])))


def tell(event: Event, log: Any, values: list[Any]) -> None:
    """Write a log's data."""
    log["data"] = "0x" + abi_encode(list(event.rest.values()), values).hex()


# ── Forgeries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def box_opened_twice(made: Transcript) -> None:
    """The box says twice how it was opened."""
    for one, log in list(logs_of(made["blocks"][block_of(made, "BoxOpened")], "BoxOpened")):
        one["logs"].append(log)


def box_opened_again_later(made: Transcript) -> None:
    """The box says once more how it was opened, among the ballots."""
    log = next(logs_of(made["blocks"][block_of(made, "BoxOpened")], "BoxOpened"))[1]
    block = made["blocks"][block_of(made, "GroupsFixed")]
    block["transactions"][0]["logs"].insert(0, log)
    stamp(block)


def trustees_spoken_for(made: Transcript) -> None:
    """No trustee did anything: what created the ceremony, in between, said so of each."""
    for block in made["blocks"]:
        for one in block["transactions"]:
            if any(log["topics"][0] in map(topic, STEPS) for log in one["logs"]):
                rewrite(one, lambda data: data, to=b"\x77" * 20)


def box_before_key(made: Transcript) -> None:
    """The box is opened before there is a key."""
    move(made, block_of(made, "BoxOpened"), block_of(made, "CeremonyCompleted"))


def box_after_ballots(made: Transcript) -> None:
    """Ballots are cast into a box that is opened later."""
    move(made, block_of(made, "BoxOpened"), block_of(made, "GroupsFixed"))


def box_registered_unmade(made: Transcript) -> None:
    """A box is registered before it is made."""
    move(made, block_of(made, "BoxOpened"), block_of(made, "ElectionOpened") + 1)


def registered_without_key(made: Transcript) -> None:
    """The election is opened before there is a key."""
    move(made, block_of(made, "ElectionOpened"), block_of(made, "CeremonyCompleted"))


def counted_while_voting(made: Transcript) -> None:
    """Trustees count while ballots are still cast."""
    move(made, block_of(made, "ContestCounted"), block_of(made, "BallotsCast") + 1)


def counted_before_joined(made: Transcript) -> None:
    """Trustees count before units are joined."""
    move(made, block_of(made, "ContestCounted"), block_of(made, "GroupsFixed"))


def fixed_before_joined(made: Transcript) -> None:
    """Groups are fixed before they are made."""
    one = next(logs_of(made["blocks"][block_of(made, "GroupsFixed")], "GroupsFixed"))[0]
    one["logs"].insert(0, one["logs"].pop())


def times_that_fall(made: Transcript) -> None:
    """Ballots are cast in a block that says it is earlier than the one before."""
    first = made["blocks"][block_of(made, "BallotsCast")]
    stamp(first, time=time_of(first) + 600)


def head_in_the_past(made: Transcript) -> None:
    """The views are of a block that says it is earlier than those before it."""
    stamp(made["head"], time=1)


def another_head(made: Transcript) -> None:
    """The views are of another block than the last, of the same number."""
    number = int.from_bytes(header_of(made["blocks"][-1])[HEADER_NUMBER], "big")
    stamp(made["head"], number=number, extra=b"another")


def transaction_twice(made: Transcript) -> None:
    """One transaction stands in two blocks; the second time, its ballot is passed over."""
    at = block_of(made, "BallotsCast", last=True)
    for place in range(at, -1, -1):
        found = list(logs_of(made["blocks"][place], "BallotsCast"))
        values = values_of(EVENTS["BallotsCast"], found[0][1]) if found else [0, 0, ()]
        if found and len(values[2]) == 1 and int(found[0][1]["topics"][1], 16) == SECOND:
            break
    one, log = found[0]
    index, tracker = values[2][0], values[3][0]
    skipped = EVENTS["BallotSkipped"]
    word = f"0x{index:064x}"
    again = {"address": log["address"], "topics": [topic("BallotSkipped"), log["topics"][1], word], "data": ""}
    tell(skipped, again, [tracker, 2])
    block = json.loads(json.dumps(made["blocks"][at]))
    block["transactions"] = [{**one, "logs": [again]}]
    made["blocks"].insert(at + 1, block)
    renumber(made)
    standing = {"unit": str(SECOND), "index": str(index), "voted": True, "barred": False, "tracker": "0x" + "00" * 32}
    listed = made["views"]["standings"]
    listed.append(standing)
    listed.sort(key=lambda line: (int(line["unit"]), int(line["index"])))


def transaction_twice_in_a_block(made: Transcript) -> None:
    """A count stands twice in its block, and says what it counts only once."""
    block = made["blocks"][block_of(made, "GroupsFixed")]
    one = block["transactions"][0]
    logs = one["logs"]
    block["transactions"].insert(1, {**one, "logs": logs[1:]})
    one["logs"] = logs[:1]


def passed_over_and_counted(made: Transcript) -> None:
    """A ballot that was passed over, its voter having one already, is said to count."""
    block = made["blocks"][block_of(made, "BallotSkipped")]
    one, skipped = next(logs_of(block, "BallotSkipped"))
    cast = next(log for log in one["logs"] if log["topics"][0] == topic("BallotsCast"))
    ballots, _, indices, trackers = values_of(EVENTS["BallotsCast"], cast)
    tracker, _ = values_of(EVENTS["BallotSkipped"], skipped)
    indices, trackers = (*indices, int(skipped["topics"][2], 16)), (*trackers, tracker)
    leaves = [batch_leaf(index, "0x" + one.hex()) for index, one in zip(indices, trackers, strict=True)]
    root = Tree(leaves).root
    tell(EVENTS["BallotsCast"], cast, [ballots + 1, bytes.fromhex(root[2:]), indices, trackers])
    one["logs"] = [cast]
    unit, batch = int(cast["topics"][1], 16), int(cast["topics"][2], 16)
    made["views"]["batchRoots"][unit][batch] = root


def cast_too_late(made: Transcript) -> None:
    """Ballots are cast after the time of grace."""
    opened = next(logs_of(made["blocks"][block_of(made, "BoxOpened")], "BoxOpened"))[1]
    closes = values_of(EVENTS["BoxOpened"], opened)[0][3] + 3_600
    first = block_of(made, "BallotsCast", last=True)
    for block in [*made["blocks"][first:], made["head"]]:
        stamp(block, time=max(closes, time_of(block)))


def cast_too_early(made: Transcript) -> None:
    """Ballots are cast before the box opens."""
    first = made["blocks"][block_of(made, "BallotsCast")]
    opened = next(logs_of(made["blocks"][block_of(made, "BoxOpened")], "BoxOpened"))[1]
    stamp(first, time=values_of(EVENTS["BoxOpened"], opened)[0][2] - 1)


def shorter_stages(made: Transcript) -> None:
    """The ceremony is said to have had other stages than its officer asked for."""
    block = made["blocks"][block_of(made, "CeremonyBegun")]
    log = next(logs_of(block, "CeremonyBegun"))[1]
    values = values_of(EVENTS["CeremonyBegun"], log)
    values[2] -= 1
    tell(EVENTS["CeremonyBegun"], log, values)
    made["views"]["ceremony"]["period"] = str(values[2])


def endless_stages(made: Transcript) -> None:
    """The ceremony's stages take no time at all."""
    block = made["blocks"][block_of(made, "CeremonyBegun")]
    log = next(logs_of(block, "CeremonyBegun"))[1]
    values = values_of(EVENTS["CeremonyBegun"], log)
    values[2] = 0
    tell(EVENTS["CeremonyBegun"], log, values)
    made["views"]["ceremony"]["period"] = "0"


def threshold_of_nobody(made: Transcript) -> None:
    """No trustee at all is needed, and none shows a commitment."""
    begun, revealed = EVENTS["CeremonyBegun"], EVENTS["TrusteeRevealed"]
    for block in made["blocks"]:
        for _, log in logs_of(block, "CeremonyBegun"):
            officer, _, *others = values_of(begun, log)
            tell(begun, log, [officer, 0, *others])
        for _, log in logs_of(block, "TrusteeRevealed"):
            ((_, *shown),) = values_of(revealed, log)
            tell(revealed, log, [([], *shown)])


def groups_exchanged(made: Transcript) -> None:
    """One group's count is said to be the other's."""
    counts = [found for block in made["blocks"] for found in logs_of(block, "ContestCounted")]
    (one, log), (other, another) = (found for found in counts if int(found[1]["topics"][2], 16) == 0)
    for changed, told, group in ((one, log, 1), (other, another, 0)):
        sender = rewrite(changed, lambda data, group=group: data[:4] + group.to_bytes(32, "big") + data[36:])  # type: ignore[misc]
        values = values_of(EVENTS["ContestCounted"], told)
        values[0], values[3] = int(made["views"]["groups"]["groups"][group]["ballots"]), sender
        tell(EVENTS["ContestCounted"], told, values)
        told["topics"] = [told["topics"][0], f"0x{group:064x}", told["topics"][2]]
    renumber(made)
    results = made["views"]["results"]
    results[0][0], results[1][0] = results[1][0], results[0][0]


def withdrawal_kept_back(made: Transcript) -> None:
    """A withdrawal never happened: the ballot counts, and the counts stay."""
    at = block_of(made, "BallotWithdrawn")
    found = next(logs_of(made["blocks"][at], "BallotWithdrawn"))[1]
    unit, index = (int(word, 16) for word in found["topics"][1:])
    del made["blocks"][at]
    made["views"]["standings"] = [
        one for one in made["views"]["standings"] if (int(one["unit"]), int(one["index"])) != (unit, index)
    ]
    made["views"]["turnout"][unit]["ballots"] = str(int(made["views"]["turnout"][unit]["ballots"]) + 1)


def header_without_time(made: Transcript) -> None:
    """The block that joins the units says no time."""
    stamp(made["blocks"][block_of(made, "GroupsFixed")], time=0)


def header_of_lists(made: Transcript) -> None:
    """A header's number is a list."""
    items: list[Any] = list(header_of(made["head"]))
    items[HEADER_NUMBER] = [items[HEADER_NUMBER]]
    raw = encode(items)
    made["head"]["header"], made["head"]["hash"] = "0x" + raw.hex(), keccak(raw)


def enormous_time(made: Transcript) -> None:
    """The head's time has more digits than any clock."""
    stamp(made["head"], time=10**200)


def authority_of_no_text(made: Transcript) -> None:
    """The log holds a text that is no Unicode."""
    made["log"]["entries"][0]["authority"] = {"by": "\ud800"}


def _coded(made: Transcript, **changes: Callable[[bytes], bytes]) -> None:
    """Give contracts other code, in a state that proves it."""
    codes = {name: bytes.fromhex(made["code"][name]["code"][2:]) for name in ("box", "ceremony")}
    for name, change in changes.items():
        codes[name] = change(codes[name])
    root, proofs = state_of({made[name]: code for name, code in codes.items()})
    for name, code in codes.items():
        made["code"][name] = {"code": "0x" + code.hex(), "proof": proofs[made[name]]}
    stamp(made["head"], state=root)
    renumber(made)


def flipped(code: bytes, at: int = 1_000) -> bytes:
    """Code with one bit changed, far from any immutable."""
    return code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]


def box_of_other_code(made: Transcript) -> None:
    """The box runs code that differs by a bit."""
    _coded(made, box=flipped)


def ceremony_of_other_code(made: Transcript) -> None:
    """The ceremony runs code that differs by a bit."""
    _coded(made, ceremony=flipped)


def contracts_exchanged(made: Transcript) -> None:
    """Box and ceremony each run the other's code."""
    box, ceremony = (bytes.fromhex(made["code"][name]["code"][2:]) for name in ("box", "ceremony"))
    _coded(made, box=lambda _: ceremony, ceremony=lambda _: box)


def box_without_code(made: Transcript) -> None:
    """There is nothing where the box should be."""
    _coded(made, box=lambda _: b"")


def code_of_another_state(made: Transcript) -> None:
    """The right code, proven by a state that is not the head's."""
    state = header_of(made["head"])[HEADER_STATE]
    _coded(made)
    stamp(made["head"], state=state)


def code_unproven(made: Transcript) -> None:
    """The right code, and nothing that proves it."""
    made["code"]["box"]["proof"] = []


def proofs_exchanged(made: Transcript) -> None:
    """The ceremony's nodes are said to be the box's."""
    box, ceremony = (made["code"][name] for name in ("box", "ceremony"))
    box["proof"], ceremony["proof"] = ceremony["proof"], box["proof"]


def code_of_other_metadata(made: Transcript) -> None:
    """The box's code has other metadata than the state proves; what runs is the same."""
    code = bytes.fromhex(made["code"]["box"]["code"][2:])
    made["code"]["box"]["code"] = "0x" + flipped(code, len(code) - 20).hex()


def _rolled(made: Transcript, act: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> None:
    """Let the box say that it was opened with other rolls."""
    log = next(logs_of(made["blocks"][block_of(made, "BoxOpened")], "BoxOpened"))[1]
    opening, units = values_of(EVENTS["BoxOpened"], log)
    tell(EVENTS["BoxOpened"], log, [opening, [act(unit) for unit in units]])


def nobody_on_any_roll(made: Transcript) -> None:
    """The box is opened for nobody."""
    _rolled(made, lambda unit: (unit[0], 0, *unit[2:4], bytes(32)))


def root_without_a_line(made: Transcript) -> None:
    """A unit without a line has a root nevertheless."""
    _rolled(made, lambda unit: unit if unit[1] else (*unit[:4], b"\1" * 32))


FORGERIES: tuple[Callable[[Transcript], None], ...] = (
    box_opened_twice, box_opened_again_later, box_before_key, box_after_ballots, box_registered_unmade,
    registered_without_key, counted_while_voting, counted_before_joined, fixed_before_joined, times_that_fall,
    head_in_the_past, another_head, transaction_twice, transaction_twice_in_a_block, passed_over_and_counted,
    cast_too_late, cast_too_early, shorter_stages, endless_stages, threshold_of_nobody, groups_exchanged,
    withdrawal_kept_back, header_without_time, header_of_lists, enormous_time, authority_of_no_text,
    box_of_other_code, ceremony_of_other_code, contracts_exchanged, box_without_code, code_of_another_state,
    code_unproven, proofs_exchanged, code_of_other_metadata, nobody_on_any_roll, root_without_a_line,
    trustees_spoken_for,
)  # fmt: skip


def forged(transcript: Transcript, forgery: Callable[[Transcript], None]) -> Transcript:
    """A forged copy."""
    made: Transcript = json.loads(json.dumps(transcript))
    forgery(made)
    return made


CODE_FOUND = {
    box_of_other_code: {"CodeUnknown"}, ceremony_of_other_code: {"CodeUnknown"}, contracts_exchanged: {"CodeUnknown"},
    box_without_code: {"CodeUnknown"}, code_of_another_state: {"CodeUnproven"}, code_unproven: {"CodeUnproven"},
    proofs_exchanged: {"CodeUnproven"}, code_of_other_metadata: {"CodeUnproven"},
}  # fmt: skip


ROLL_FOUND = {nobody_on_any_roll: "RollEmpty", root_without_a_line: "RootDiffers"}


def state_rewritten(made: Transcript) -> None:
    """The right code under a state root written anew: no fault."""
    _coded(made)


# ── What allowed an enrolment ───────────────────────────────────────────────────────────────────────────────────────

Entries = list[dict[str, Any]]


def _officers(entries: Entries) -> list[dict[str, str]]:
    officers: list[dict[str, str]] = entries[0]["authority"]["officers"]
    return officers


def officers_out_of_order(entries: Entries) -> None:
    """The second officer is named first."""
    _officers(entries).reverse()


def officer_twice(entries: Entries) -> None:
    """One officer stands for two."""
    _officers(entries)[1] = _officers(entries)[0]


def officer_alone(entries: Entries) -> None:
    """There is but one officer."""
    _officers(entries).pop()


def officers_three(entries: Entries) -> None:
    """There is an officer too many."""
    _officers(entries).append({"key": "0x" + "ff" * 20, "signature": "0x"})


def officer_unsigned(entries: Entries) -> None:
    """An officer's signature has another bit."""
    one = _officers(entries)[1]
    one["signature"] = one["signature"][:40] + f"{int(one['signature'][40], 16) ^ 1:x}" + one["signature"][41:]


def officer_unknown(entries: Entries) -> None:
    """Another key is said to have signed."""
    _officers(entries)[1]["key"] = "0x" + "ff" * 20


def officer_of_no_parity(entries: Entries) -> None:
    """A signature's last byte is none."""
    one = _officers(entries)[0]
    one["signature"] = one["signature"][:-2] + "1d"


def officer_of_zeros(entries: Entries) -> None:
    """A signature is all zeros."""
    _officers(entries)[0]["signature"] = "0x" + "00" * 65


def deadline_moved(entries: Entries) -> None:
    """The officers signed for another time."""
    entries[0]["authority"]["deadline"] += 1


def deadline_of_text(entries: Entries) -> None:
    """The deadline is no number."""
    entries[0]["authority"]["deadline"] = "1767225600"


def authority_of_another(entries: Entries) -> None:
    """The officers signed for another voter."""
    entries[0]["authority"] = entries[1]["authority"]


def authority_and_more(entries: Entries) -> None:
    """Something is said that nobody reads."""
    entries[0]["authority"]["more"] = 1


def officer_and_more(entries: Entries) -> None:
    """Something is said of an officer that nobody reads."""
    _officers(entries)[0]["more"] = "1"


def authority_of_nobody(entries: Entries) -> None:
    """Nobody allowed it."""
    entries[0]["authority"] = {"by": "nobody", "deadline": 1, "signature": "0x00"}


def authority_of_nothing(entries: Entries) -> None:
    """There is no authority."""
    entries[0]["authority"] = None


def voter_unsigned(entries: Entries) -> None:
    """The voter has not signed."""
    entries[0]["authority"] = {"by": "voter", "deadline": 1}


def voter_of_no_hex(entries: Entries) -> None:
    """The voter's signature is none."""
    entries[0]["authority"] = {"by": "voter", "deadline": 1, "signature": "0x0"}


BAD_AUTHORITIES: tuple[Callable[[Entries], None], ...] = (
    officers_out_of_order, officer_twice, officer_alone, officers_three, officer_unsigned, officer_unknown,
    officer_of_no_parity, officer_of_zeros, deadline_moved, deadline_of_text, authority_of_another, authority_and_more,
    officer_and_more, authority_of_nobody, authority_of_nothing, voter_unsigned, voter_of_no_hex,
)  # fmt: skip


def untouched(_entries: Entries) -> None:
    """As the office wrote it."""


def voter_signed(entries: Entries) -> None:
    """A voter's wallet signed, as it does."""
    entries[0]["authority"] = {"by": "voter", "deadline": 1, "signature": "0x" + "12" * 65}


def officer_by_contract(entries: Entries) -> None:
    """An officer's wallet is a contract, whose signature only the chain of that time could judge."""
    _officers(entries)[0]["signature"] = "0x" + "12" * 80


GOOD_AUTHORITIES: tuple[Callable[[Entries], None], ...] = (untouched, voter_signed, officer_by_contract)

# ── JSON that readers do not agree on ───────────────────────────────────────────────────────────────────────────────

BAD_JSON = (
    '{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '[{"a":1,"\\u0061":1}]', '{"a":1, "b":{"a":1}, "a" :1}', '{"":1,"":1}',
    '{"__proto__":1,"__proto__":2}', '{"a\\"":1,"a\\"":1}', "9007199254740992", "[-9007199254740992]", '{"a":1.5}',
    "1.0", "1e3", "1E400", "NaN", "[Infinity]", "01", "{", "", "{'a':1}", '"\n"', "[1,]", "\ufeff1",
)  # fmt: skip
GOOD_JSON = (
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', "9007199254740991", "-9007199254740991", "-0", " [ ] ", "true", "null",
    '{"a":"{\\"a\\":1,\\"a\\":1.5}","b":"1.5"}', '["\\\\",{"a":1},{"a":1}]', '{"a":"a","b":"a"}', '["a","a"]',
    '{"\\\\":":","x":1}',
)  # fmt: skip
