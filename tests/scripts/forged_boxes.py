"""Ballot boxes of the genuine code and views that came to be in another way than by that code alone."""

from collections.abc import Callable
from typing import Any

from eth_utils import keccak

CODECOPY, SSTORE, LOG3, CREATE, RETURN, STOP = b"\x39", b"\x55", b"\xa3", b"\xf0", b"\xf3", b"\x00"


def push(*numbers: int) -> bytes:
    """PUSH32 of each, so that the first is the top of the stack."""
    return b"".join(b"\x7f" + number.to_bytes(32, "big") for number in reversed(numbers))


def program(steps: Callable[[int], bytes], data: bytes) -> bytes:
    """Creation code that carries data; `steps` are told where it begins."""
    return steps(len(steps(0))) + data


def slots_of(eth: Any, box: str) -> dict[int, int]:
    """What a new box has in its storage, short lists among it."""

    def held(slot: int) -> int:
        return int.from_bytes(eth.get_storage_at(box, slot), "big")

    first = range(40)
    begins = [int.from_bytes(keccak(slot.to_bytes(32, "big")), "big") for slot in first if held(slot)]
    every = [*first, *(begin + place for begin in begins for place in range(4))]
    return {slot: value for slot in every if (value := held(slot))}


def storing(slots: dict[int, int]) -> bytes:
    """Set the storage to this, and one more slot: of somebody who has voted, say."""
    return b"".join(push(slot, value) + SSTORE for slot, value in {**slots, 2**255: 1}.items())


def preset(runtime: bytes, slots: dict[int, int]) -> bytes:
    """The storage preset, and the genuine runtime returned, immutables and all."""

    def steps(at: int) -> bytes:
        copied = push(0, at, len(runtime)) + CODECOPY
        return storing(slots) + copied + push(0, len(runtime)) + RETURN

    return program(steps, runtime)


def preset_and_told(runtime: bytes, slots: dict[int, int], log: Any) -> bytes:
    """The same, with the very event that the genuine constructor leaves."""
    told, topics = bytes(log["data"]), [int.from_bytes(topic, "big") for topic in log["topics"]]

    def steps(at: int) -> bytes:
        emitted = push(0, at, len(told)) + CODECOPY + push(0, len(told), *topics) + LOG3
        copied = push(0, at + len(told), len(runtime)) + CODECOPY
        return storing(slots) + emitted + copied + push(0, len(runtime)) + RETURN

    return program(steps, told + runtime)


def factory(creation: bytes) -> bytes:
    """A contract without code whose constructor creates the genuine box."""

    def steps(at: int) -> bytes:
        return push(0, at, len(creation)) + CODECOPY + push(0, 0, len(creation)) + CREATE + STOP

    return program(steps, creation)
