"""The browser's library, the service and the contracts must hash the same typed data to the same digest."""

import json
import re
import subprocess
from collections.abc import Iterator
from copy import deepcopy
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
    return _by_node("typed_data.mjs", asked)


def _by_node(script: str, asked: Any) -> list[Any]:
    done = subprocess.run(
        ["node", f"tests/dapp/{script}"],
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


def test_nothing_is_signed_but_what_the_page_shows() -> None:
    """Whatever a lying service changes in a paper of a sale, deep inside or in its types, the page must notice."""
    kinds = TYPES["Conveyance"].keys() - {"CancelNonce"}
    asked, honest = [], 0
    for kind in sorted(kinds):
        for case in [case for case in VECTORS if case["kind"] == kind and case["contract"] == "Conveyance"]:
            registry = Domain("Conveyance", case["domain"]["chainId"], case["domain"]["verifyingContract"])
            served = typed_data(registry, kind, {**case["message"], "deadline": 2_000_000_000})
            shown = {name: value for name, value in served["message"].items() if name != "nonce"}
            asked.append(("Conveyance", kind, shown, served))
            honest += 1
            for part in ("types", "message", "primaryType"):
                for forged in _forged(served[part]):
                    if part != "message" or {**forged, "nonce": 0} != {**served["message"], "nonce": 0}:
                        asked.append(("Conveyance", kind, shown, {**served, part: forged}))
            for name in ("name", "version"):
                asked.append(("Conveyance", kind, shown, {**served, "domain": {**served["domain"], name: "2"}}))
    judged = _by_node("shown.mjs", asked)
    assert sum(judged) == honest > 0
    assert len(asked) > 100 * len(kinds)
    told = {json.dumps(served["message"]) for (*_, served), fine in zip(asked, judged, strict=True) if fine}
    assert len(told) == honest


def _forged(value: Any) -> Iterator[Any]:
    """The value with one thing in it changed, left out, added or moved; each in its turn."""
    if isinstance(value, dict):
        yield {**value, "more": "0"}
        for name, part in value.items():
            yield {other: each for other, each in value.items() if other != name}
            for forged in _forged(part):
                yield {**value, name: forged}
    elif isinstance(value, list):
        yield [*value, deepcopy(value[-1]) if value else "0x00"]
        if value:
            yield value[:-1]
        if value and value[0] != value[-1]:
            yield value[::-1]
        for place, part in enumerate(value):
            for forged in _forged(part):
                yield [*value[:place], forged, *value[place + 1 :]]
    elif isinstance(value, int):
        yield value + 1
    else:
        yield value[:-1] + ("1" if value[-1:] != "1" else "2")
