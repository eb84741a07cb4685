"""Ballot boxes of the genuine code and views that came to be in another way than by that code alone."""

from collections.abc import Callable
from typing import Any

CODECOPY, SSTORE, LOG3, CREATE, RETURN, STOP = b"\x39", b"\x55", b"\xa3", b"\xf0", b"\xf3", b"\x00"


def push(*numbers: int) -> bytes:
    """PUSH32 of each, so that the first is the top of the stack."""
    return b"".join(b"\x7f" + number.to_bytes(32, "big") for number in reversed(numbers))


def program(steps: Callable[[int], bytes], data: bytes) -> bytes:
    """Creation code that carries data; `steps` are told where it begins."""
    return steps(len(steps(0))) + data


def preset(runtime: bytes) -> bytes:
    """One slot of storage preset, and the genuine runtime returned, immutables and all."""

    def steps(at: int) -> bytes:
        copied = push(0, at, len(runtime)) + CODECOPY
        return push(0, 1000) + SSTORE + copied + push(0, len(runtime)) + RETURN

    return program(steps, runtime)


def preset_and_told(runtime: bytes, log: Any) -> bytes:
    """The same, with the very event that the genuine constructor leaves."""
    told, topics = bytes(log["data"]), [int.from_bytes(topic, "big") for topic in log["topics"]]

    def steps(at: int) -> bytes:
        emitted = push(0, at, len(told)) + CODECOPY + push(0, len(told), *topics) + LOG3
        copied = push(0, at + len(told), len(runtime)) + CODECOPY
        return push(0, 1000) + SSTORE + emitted + copied + push(0, len(runtime)) + RETURN

    return program(steps, told + runtime)


def factory(creation: bytes) -> bytes:
    """A contract without code whose constructor creates the genuine box."""

    def steps(at: int) -> bytes:
        return push(0, at, len(creation)) + CODECOPY + push(0, 0, len(creation)) + CREATE + STOP

    return program(steps, creation)
