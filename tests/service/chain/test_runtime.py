"""Whether a contract runs the code that was compiled."""

from collections.abc import Sequence
from typing import Any

import pytest

from muniment.chain.deployment import ContractKind
from muniment.chain.rpc import Rpc, RpcUnavailable
from muniment.chain.runtime import body_hash, is_one_of

METADATA = b"\xa2metadata"
BODY = bytes(range(1, 100)) + bytes(32) + bytes(range(1, 30))
PLACES = (99,)


def code(immutable: int = 7, body: bytes = BODY, metadata: bytes = METADATA) -> bytes:
    """Runtime code with an immutable's value and the compiler's metadata."""
    filled = body[:99] + immutable.to_bytes(32, "big") + body[131:]
    return filled + metadata + len(metadata).to_bytes(2, "big")


class FakeRpc(Rpc):
    """Answers one code for every address."""

    def __init__(self, answer: Any) -> None:
        super().__init__(["http://127.0.0.1:1"])
        self._answer = answer

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The code."""
        assert (method, params[1]) in (("eth_getCode", "latest"), ("eth_getCode", "0x12"))
        return self._answer


def kind(hashed: str | None) -> ContractKind:
    """A kind whose code hashes so."""
    return ContractKind("BallotBox", [], "TrusteeCeremony", "ElectionOpened", "box", "BoxOpened", PLACES, hashed)


HASHED = body_hash(code(0), PLACES)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (code(), True),
        (code(immutable=2**255), True),
        (code(metadata=b"another build"), True),
        (code(body=BODY[:-1] + b"\x00"), False),
        (code(body=b"\x00" + BODY[1:]), False),
        (code(body=BODY + b"\x00"), False),
        (b"", False),
        (b"\x00", False),
    ],
)
def test_code_is_compared(standing: bytes, expected: bool) -> None:
    """Immutables' values and metadata must not matter; every other byte must."""
    assert is_one_of(FakeRpc("0x" + standing.hex()), kind(HASHED), "0x" + "01" * 20) is expected
    assert is_one_of(FakeRpc("0x" + standing.hex()), kind(HASHED), "0x" + "01" * 20, 18) is expected


def test_nobody_vouches_for_unknown_code() -> None:
    """A deployment that does not say what the code is must vouch for none; an answer that is none be told."""
    assert not is_one_of(FakeRpc("0x" + code().hex()), kind(None), "0x" + "01" * 20)
    with pytest.raises(RpcUnavailable):
        is_one_of(FakeRpc("0xzz"), kind(HASHED), "0x" + "01" * 20)
