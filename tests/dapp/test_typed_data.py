"""The browser's library, the service and the contracts must hash the same typed data to the same digest."""

import json
import re
import subprocess
from typing import Any

from muniment.identity.typed import STRUCTS, TYPES, Domain, typed_data
from tests.service.nodes import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "typed_data.json").read_text())


def test_the_browser_writes_the_same_types() -> None:
    """Every type and struct of the browser's table is the service's, word for word; those of sales are all there."""
    text = (ROOT / "dapp" / "src" / "identity" / "typed.ts").read_text()
    written = dict(re.findall(r'^ +(\w+):\s+"([^"]+)"', text, re.MULTILINE))
    known = {**STRUCTS, **{kind: members for kinds in TYPES.values() for kind, members in kinds.items()}}
    assert {name: known.get(name) for name in written} == written
    assert TYPES["Conveyance"].keys() - written.keys() == {"CancelNonce"}


def _by_viem(asked: list[tuple[dict[str, Any], list[str]]]) -> list[Any]:
    done = subprocess.run(
        ["node", "tests/dapp/typed_data.mjs"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_viem_agrees_with_the_vectors() -> None:
    """The browser's viem hashes and signs every vector, byte for byte, as the contracts are tested to."""
    assert VECTORS
    asked = [
        (
            {"types": case["types"], "primaryType": case["kind"], "domain": case["domain"], "message": case["message"]},
            [f"{signed['key']:#066x}" for signed in case["signatures"]],
        )
        for case in VECTORS
    ]
    expected = [[case["digest"], [signed["signature"] for signed in case["signatures"]]] for case in VECTORS]
    assert _by_viem(asked) == expected


def test_what_the_service_sends_is_the_vector() -> None:
    """The typed data that the service sends a wallet has, for viem too, the digest of the vector with its values."""
    cases = [case for case in VECTORS if case["contract"] in TYPES]
    assert {case["kind"] for case in cases} == {kind for kinds in TYPES.values() for kind in kinds}
    asked: list[tuple[dict[str, Any], list[str]]] = []
    for case in cases:
        registry = Domain(case["contract"], case["domain"]["chainId"], case["domain"]["verifyingContract"])
        asked.append((typed_data(registry, case["kind"], case["message"]), []))
    assert [digest for digest, _ in _by_viem(asked)] == [case["digest"] for case in cases]
