"""Every transaction of an election, and every change of one field of it, tried in the state just before.

A change that the contracts refuse is done with. What they take is sent in the transaction's place, and the others
after it as they were, to the election's end: then verifiers say what became of it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from muniment.ballots.crypto.packing import unpack_ballots
from muniment.ballots.model import BallotFlags
from muniment.ballots.verifying.loading import ElectionUnreadable, load
from muniment.chain.abi import CallRefused, canonical_type, decode_error, decode_values, selector
from tests.service.ballots.election import Election
from tests.service.documents.registry import artifact
from tests.service.nodes import Node

WORD = 32
PACKED = {("cast", "ballots"), ("withdraw", "replaced"), ("count", "shares")}  # bytes that hold fields of their own
AT_ONCE = 20  # calls in one HTTP request
GAS = hex(16_000_000)


@dataclass(frozen=True)
class Step:
    """A transaction of the election, with the time of its block."""

    place: int
    function: str
    sender: str
    to: str | None
    data: bytes
    time: int


@dataclass(frozen=True)
class Field:
    """Bytes of a transaction's data that mean one thing; of an offset, also the byte that it counts from."""

    name: str
    start: int
    end: int
    base: int | None = None


@dataclass(frozen=True)
class Change:
    """One field of a transaction's changed."""

    step: Step
    field: str
    how: str
    sender: str
    data: bytes
    value: int = 0

    @property
    def name(self) -> str:
        """What was changed, and how."""
        return f"{self.step.place} {self.step.function}: {self.field} {self.how}"


@dataclass
class Recorded(Election):
    """An election that remembers its own transactions, from the announcement on."""

    steps: list[Step] = field(default_factory=list)

    def mined(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """Send a transaction, and remember it."""
        receipt = super().mined(transaction)
        data, to = bytes.fromhex(transaction["data"][2:]), transaction.get("to")
        named = {address: name for name, address in self.at.items()}
        if to is None:
            function = "create"
        else:
            (function,) = (
                one["name"]
                for one in self.abis[named[to]]
                if one["type"] == "function" and selector(one) == "0x" + data[:4].hex()
            )
        self.steps.append(Step(len(self.steps), function, transaction["from"], to, data, self.now()))
        return receipt

    def prepare(self) -> None:
        """Prepare, and note where the chain stands before the election."""
        super().prepare()
        self.steps.clear()
        self.beginning = self.node.call("evm_snapshot")

    def types(self, step: Step) -> list[dict[str, Any]]:
        """The parameters of what a transaction calls; of the box's constructor where it creates it."""
        if step.to is None:
            return list(next(one for one in self.abis["BallotBox"] if one["type"] == "constructor")["inputs"])
        held = (one for abi in self.abis.values() for one in abi if one["type"] == "function")
        return list(next(one for one in held if selector(one) == "0x" + step.data[:4].hex())["inputs"])

    def prefix(self, step: Step) -> int:
        """Bytes of a transaction's data before the arguments: the selector, or the code."""
        return (len(artifact("BallotBox")[1]) - 2) // 2 if step.to is None else 4

    # ── Fields ──────────────────────────────────────────────────────────────────────────────────────────────────

    def fields(self, step: Step) -> Iterator[Field]:
        """All fields of a transaction's data."""
        start = self.prefix(step)
        if step.to is not None:
            yield Field("selector", 0, start)
        for one in _tuple(step.data, self.types(step), start, start):
            yield from self._packed(step, one) if (step.function, one.name) in PACKED else [one]

    def _packed(self, step: Step, whole: Field) -> list[Field]:
        """The fields of packed bytes."""
        if step.function == "count":
            return _shares(step.data[whole.start : whole.end], whole.start)
        (unit, *_), *_ = decode_values([canonical_type(one) for one in self.types(step)], step.data[4:])
        forms = self.papers[unit].contests
        held = sum(form.ciphertexts for form in forms)
        if step.function == "withdraw":
            made = _Layout(whole.start, [Field("flags", whole.start, whole.start + 1)])
            made.replaced(held, step.data)
            return made.fields
        layout = _Layout(whole.start, [])
        for ballot in unpack_ballots(self.papers[unit], step.data[whole.start : whole.end]):
            parts = (("index", 4), ("flags", 1), ("credential", 20), ("r", 32), ("parity and s", 32))
            layout.add(*parts)
            if ballot.flags != BallotFlags.FIRST:
                layout.add(("previous", 32))
            layout.add(*_ciphertexts(held))
            for proof in ballot.proofs:
                for place, _ in enumerate(proof, 1):
                    layout.add(("z", 32), *((("c", 32),) if place < len(proof) else ()))
                    layout.add(("address(a)", 20), *((name, 32) for name in ("b.x", "U.x", "U.y", "slope")))
            layout.add(*(("path", 32) for _ in ballot.path))
            if ballot.flags != BallotFlags.FIRST:
                layout.replaced(held, step.data, placed=ballot.flags == BallotFlags.REPLACES_BATCHED)
        assert layout.at == whole.end, "a packed ballot has another layout"
        return layout.fields

    def changes(self, step: Step) -> Iterator[Change]:
        """Every change of one field; none that leaves the bytes as they were."""
        listed, data, seen = list(self.fields(step)), step.data, {step.data}

        def changed(one: Field, how: str, written: bytes) -> Iterator[Change]:
            made = data[: one.start] + written + data[one.end :]
            if made not in seen:
                seen.add(made)
                yield Change(step, one.name, how, step.sender, made)

        for place, one in enumerate(listed):
            held = data[one.start : one.end]
            size, number = len(held), int.from_bytes(held, "big")
            if not size:
                continue
            yield from changed(one, "low bit", held[:-1] + bytes([held[-1] ^ 1]))
            yield from changed(one, "high bit", bytes([held[0] ^ 0x80]) + held[1:])
            yield from changed(one, "zero", bytes(size))
            yield from changed(one, "one more", ((number + 1) % 256**size).to_bytes(size, "big"))
            if one.base is not None:
                yield from _elsewhere(step, one)
            other = next((next_ for next_ in listed[place + 1 :] if next_.start >= one.end), None)
            if other is not None and other.end - other.start == size:
                between = data[one.end : other.start]
                both = Field(one.name, one.start, other.end)
                yield from changed(both, f"exchanged with {other.name}", data[other.start : other.end] + between + held)
        yield from changed(Field("end", len(data), len(data)), "a word more", b"\1" * WORD)
        yield from changed(Field("end", len(data) - 1, len(data)), "a byte less", b"")
        yield Change(step, "value", "one wei", step.sender, data, 1)
        # But for the first officer: the box's address rests on how often that one has sent something.
        for account in (self.accounts[0], self.officers[1], *self.trustees[:2], self.relayer):
            if account != step.sender:
                yield Change(step, "sender", account, account, data)

    def same_arguments(self, change: Change) -> bool:
        """Whether other bytes say the same: the ABI can be written in more than one way, and hints are free."""
        if (change.sender, change.value) != (change.step.sender, 0):
            return False
        types, start = [canonical_type(one) for one in self.types(change.step)], self.prefix(change.step)
        if change.data[:start] != change.step.data[:start]:
            return False
        try:
            said = decode_values(types, change.data[start:], canonical=False)
        except CallRefused:
            return False
        told = decode_values(types, change.step.data[start:])
        if change.step.function == "cast":  # whose last are hints, which say nothing
            said, told = said[:-1], told[:-1]
        return bool(said == told)

    # ── Trying ──────────────────────────────────────────────────────────────────────────────────────────────────

    def refusals(self, changes: Sequence[Change]) -> list[str | None]:
        """What the chain refuses each with at its transaction's time; None where it would take it."""
        asked = []
        for one in changes:
            transaction = self._transaction(one.step, one.sender, one.data, one.value)
            asked.append(("eth_call", [transaction, "latest", {}, {"time": hex(one.step.time)}]))
        found: list[str | None] = []
        for at in range(0, len(asked), AT_ONCE):
            for answer in self.node.rpc.answers(asked[at : at + AT_ONCE]):
                found.append(self._refusal(answer) if isinstance(answer, Exception) else None)
        return found

    def _refusal(self, error: Any) -> str:
        named = decode_error(self.abis.values(), error.data)
        return named.name if named else f"{error.message} {error.data}".strip()

    def _transaction(self, step: Step, sender: str, data: bytes, value: int = 0) -> dict[str, str]:
        made = {"from": sender, "data": "0x" + data.hex(), "gas": GAS, "value": hex(value)}
        return made if step.to is None else {**made, "to": step.to}

    def again(self) -> Iterator[Step]:
        """Hold the election again, transaction by transaction; each is given out before it is sent, at its time."""
        self.node.call("evm_revert", self.beginning)
        self.beginning = self.node.call("evm_snapshot")
        for step in self.steps:
            self._before(step)
            yield step
            assert self.sent(step, step.sender, step.data), f"{step.function} was not as before"

    def _before(self, step: Step) -> None:
        """Bring the chain to the second before a transaction's."""
        if self.now() < step.time - 1:
            self.wait_until(step.time - 1)

    def sent(self, step: Step, sender: str, data: bytes, value: int = 0) -> bool:
        """Send a transaction at a step's time, come what may; whether it went through."""
        self.node.call("evm_setNextBlockTimestamp", hex(step.time))
        sent = self.node.call("eth_sendTransaction", self._transaction(step, sender, data, value))
        while True:
            receipt = self.node.call("eth_getTransactionReceipt", sent)
            if receipt is not None:
                return bool(receipt["status"] == "0x1")

    @contextmanager
    def instead(self, change: Change) -> Iterator[None]:
        """The chain on which a change stands for its transaction, and all went on as it did; rolled back after."""
        snapshot = self.node.call("evm_snapshot")
        self.sent(change.step, change.sender, change.data, change.value)
        for step in self.steps[change.step.place + 1 :]:
            self._before(step)
            self.sent(step, step.sender, step.data)
        yield
        self.node.call("evm_revert", snapshot)

    def told(self) -> dict[str, Any] | None:
        """The transcript as the chain stands; None when there is no election on it."""
        try:
            return json.loads(json.dumps(load(self.node.rpc, self.box, self.roll, self.log)))  # type: ignore[no-any-return]
        except ElectionUnreadable:
            return None


def _elsewhere(step: Step, offset: Field) -> Iterator[Change]:
    """What an offset points to, once more behind all the rest: the next byte, and one byte on."""
    base, data = offset.base or 0, step.data
    held = data[base + int.from_bytes(data[offset.start : offset.end], "big") :]
    for gap in (0, 1):
        to = (len(data) + gap - base).to_bytes(WORD, "big")
        made = data[: offset.start] + to + data[offset.end :] + b"\1" * gap + held
        yield Change(step, offset.name, f"elsewhere, {gap} bytes on", step.sender, made)


# ── Where values lie ────────────────────────────────────────────────────────────────────────────────────────────


def _tuple(data: bytes, members: Sequence[dict[str, Any]], at: int, base: int) -> Iterator[Field]:
    """The fields of a tuple whose heads begin at `at`, offsets counted from `base`."""
    for member in members:
        name, kind = str(member["name"]), str(member["type"])
        if _dynamic(member):
            yield Field(f"offset of {name}", at, at + WORD, base)
            yield from _behind(data, member, base + int.from_bytes(data[at : at + WORD], "big"))
            at += WORD
        elif kind == "tuple":
            yield from _tuple(data, member["components"], at, at)
            at += _size(member)
        else:
            yield Field(name, at, at + WORD)
            at += WORD


def _behind(data: bytes, member: dict[str, Any], at: int) -> Iterator[Field]:
    """The fields of a value to which an offset points."""
    name, kind = str(member["name"]), str(member["type"])
    if kind == "tuple":
        yield from _tuple(data, member["components"], at, at)
        return
    count = int.from_bytes(data[at : at + WORD], "big")
    yield Field(f"length of {name}", at, at + WORD)
    at += WORD
    if kind == "bytes":
        end = at + count
        if name == "manifest":
            yield from (Field(name, one, min(one + WORD, end)) for one in range(at, end, WORD))
        else:
            yield Field(name, at, end)
        if end % WORD != at % WORD:
            yield Field(f"padding of {name}", end, end + (at - end) % WORD)
        return
    element = {**member, "type": kind.removesuffix("[]")}
    for _ in range(count):
        yield from _tuple(data, [element], at, at)
        at += _size(element)


def _dynamic(member: dict[str, Any]) -> bool:
    kind = str(member["type"])
    return kind == "bytes" or kind.endswith("[]") or (kind == "tuple" and any(map(_dynamic, member["components"])))


def _size(member: dict[str, Any]) -> int:
    """Bytes of a value without offsets."""
    return sum(map(_size, member["components"])) if member["type"] == "tuple" else WORD


def _ciphertexts(held: int) -> Iterator[tuple[str, int]]:
    for _ in range(held):
        yield from ((name, WORD) for name in ("A.x", "A.y", "B.x", "B.y"))


@dataclass
class _Layout:
    """Fields one after the other (docs/ballots-protocol.md, A packed ballot)."""

    start: int
    fields: list[Field]

    @property
    def at(self) -> int:
        return self.fields[-1].end if self.fields else self.start

    def add(self, *parts: tuple[str, int]) -> None:
        for name, size in parts:
            self.fields.append(Field(name, self.at, self.at + size))

    def replaced(self, held: int, data: bytes, *, placed: bool = True) -> None:
        self.add(*((f"replaced {name}", size) for name, size in _ciphertexts(held)))
        self.add(("replaced previous", 32), ("replaced proofs", 32))
        if placed:
            self.add(("batch", 4), ("place", 2), ("length of path", 1))
            self.add(*(("replaced path", 32) for _ in range(data[self.at - 1])))


def _shares(packed: bytes, start: int) -> list[Field]:
    layout = _Layout(start, [])
    names = ("D.x", "D.y", "c", "z", "b.x", "U.x", "U.y", "slope", "factor", "E.x", "E.y")
    while layout.at < start + len(packed):
        layout.add(("trustee", 1), *((name, 32) for name in names))
    return layout.fields


def recorded(node: Node) -> Recorded:
    """An election on a node, held and ready to be held again."""
    election = Recorded(node)
    election.hold()
    return election
