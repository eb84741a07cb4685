"""Check the published roll and the enrolment office's log against what the box was opened with."""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muniment.ballots.crypto.group import recover
from muniment.ballots.hashes import credential_message, enrolment_digest, enrolment_leaf, unit_leaf
from muniment.ballots.manifest import Manifest
from muniment.ballots.model import UnitRoll
from muniment.ballots.roll import Tree, roll_root
from muniment.ballots.verifying.findings import Findings, TranscriptRefused
from muniment.ballots.verifying.transcript import hexadecimal
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak

EXPONENT = 65537
# RFC 9474, RSABSSA-SHA384-PSS-Randomized: the randomizer goes before the message; the salt is as long as the hash.
_DIGEST = digests.SHA384()
_PADDING = padding.PSS(mgf=padding.MGF1(_DIGEST), salt_length=48)
_RANDOMIZER = 32


def check_roll(
    roll: Mapping[str, Any], setup: str, manifest: Manifest, units: Sequence[UnitRoll], found: Findings
) -> str:
    """Check each unit's lines, signatures and numbers; give the root over all units. Raises TranscriptRefused."""
    _named(roll, ("setup", "units"), "roll")
    found.require(roll["setup"] == setup, "SetupDiffers", "roll.setup", "The roll is of another setup.")
    listed = _listed(roll["units"], "roll.units")
    found.require(len(listed) == len(units), "UnitsDiffer", "roll.units", "The box has another number of units.")
    for place, (given, opened) in enumerate(zip(listed, units, strict=False)):
        where = f"roll.units[{place}]"
        _named(given, ("unit", "issued", "lines"), where)
        lines = _listed(given["lines"], f"{where}.lines")
        credentials = [hexadecimal(_line(line, where)[0], 20, where) for line in lines]
        found.require(_is(given["unit"], place), "UnitsDiffer", f"{where}.unit", "It is not in its place.")
        found.require(
            _is(given["issued"], opened.issued), "IssuedDiffers", f"{where}.issued", "The box has another number."
        )
        found.require(len(lines) == opened.lines, "LinesDiffer", where, "The box has another number of lines.")
        order = opened.lines <= opened.issued <= opened.eligible
        found.require(
            order, "TooManyLines", where, "There are more lines than signatures, or more of these than voters."
        )
        if place < len(manifest.units):
            said = manifest.units[place]
            found.require(
                opened.eligible == said.eligible, "EligibleDiffers", where, "The manifest has another number of voters."
            )
            _check_signatures(setup, place, said.modulus, lines, where, found)
        try:
            root = roll_root(place, credentials)
        except Refused as refused:
            found.wrong(refused.name, where, "Its credentials are not in order, or one comes twice.")
            continue
        found.require(root == opened.root, "RootDiffers", where, "The lines have another root than the box was given.")
    return Tree([unit_leaf(unit) for unit in units]).root if units else ""


def _check_signatures(setup: str, unit: int, modulus: int, lines: Sequence[Any], where: str, found: Findings) -> None:
    key = rsa.RSAPublicNumbers(EXPONENT, modulus).public_key()
    for index, (credential, randomizer, signature) in enumerate(lines):
        at = f"{where}.lines[{index}]"
        prefix, signed = _unpadded(randomizer, at), _unpadded(signature, at)
        found.require(len(prefix) == _RANDOMIZER, "RandomizerRefused", at, "The randomizer has not 32 bytes.")
        try:
            key.verify(signed, prefix + credential_message(setup, unit, credential), _PADDING, _DIGEST)
        except InvalidSignature:
            found.wrong("CredentialUnsigned", at, "The unit's key has not signed this credential.")


def check_log(
    log: Mapping[str, Any], setup: str, units: Sequence[UnitRoll], root: str, domain: str, found: Findings
) -> None:
    """Check the log: its root, one signature a voter and an envelope, as many a unit as were issued, what allowed each.

    `domain` is the ceremony's EIP-712 separator, under which voters and officers sign. Raises TranscriptRefused.
    """
    _named(log, ("setup", "entries"), "log")
    found.require(log["setup"] == setup, "SetupDiffers", "log.setup", "The log is of another setup.")
    found.require(log_root(log, setup) == root, "LogRootDiffers", "log", "The box was given another root.")
    voters, envelopes = set(), set()
    issued = Counter[int]()
    for sequence, entry in enumerate(log["entries"]):
        fresh = entry["voter"] not in voters
        found.require(fresh, "EnrolledTwice", f"log.entries[{sequence}]", "The voter has a signature already.")
        voters.add(entry["voter"])
        own = entry["blinded"] not in envelopes
        found.require(own, "BlindedTwice", f"log.entries[{sequence}]", "The envelope was signed for another already.")
        envelopes.add(entry["blinded"])
        _check_authority(entry, setup, domain, f"log.entries[{sequence}]", found)
        issued[entry["unit"]] += 1
    for unit in units:
        same = issued.pop(unit.unit, 0) == unit.issued
        found.require(same, "IssuedDiffers", f"log, unit {unit.unit}", "The box has another number.")
    found.require(not issued, "UnitsDiffer", "log", "It names a unit that there is not.")


def _check_authority(entry: Mapping[str, Any], setup: str, domain: str, where: str, found: Findings) -> None:
    """Check what allowed a signature, as far as the log tells: who a voter's wallet or an officer is, it does not."""
    authority = entry["authority"]
    told = authority if isinstance(authority, dict) else {}
    by, deadline = told.get("by"), told.get("deadline")
    known = {"voter": {"by", "deadline", "signature"}, "officers": {"by", "deadline", "officers"}}
    if by not in tuple(known) or set(told) != known[by] or type(deadline) is not int or deadline < 0:
        found.wrong("AuthorityUnknown", where, "It rests on nothing known.")
        return
    if by == "voter":
        hexadecimal(told["signature"], None, where)
        return
    officers = [_officer(one, where) for one in _listed(told["officers"], where)]
    if len(officers) != 2 or officers[0][0] >= officers[1][0]:
        found.wrong("AuthorityMissing", where, "It rests on other than two different officers, in their order.")
        return
    digest = enrolment_digest(domain, setup, entry["unit"], entry["voter"], entry["blinded"], deadline)
    for key, signature in officers:
        # A wallet that is a contract signs in ways of its own (ERC-1271): only the chain of that time could tell.
        if len(signature) == 2 + 2 * 65:
            own = _signer(bytes.fromhex(digest[2:]), bytes.fromhex(signature[2:])) == key
            found.require(own, "AuthorityRefused", where, f"The officer {key} has not signed for it.")


def _officer(told: Any, where: str) -> tuple[str, str]:
    _named(told, ("key", "signature"), where)
    return hexadecimal(told["key"], 20, where), hexadecimal(told["signature"], None, where)


def _signer(digest: bytes, signature: bytes) -> str | None:
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    return recover(digest, r, s, v - 27) if v in (27, 28) else None


def log_root(log: Mapping[str, Any], setup: str) -> str:
    """The root over the log's entries, zero for none. Raises TranscriptRefused."""
    leaves = []
    for sequence, entry in enumerate(_listed(log.get("entries"), "log.entries")):
        where = f"log.entries[{sequence}]"
        _named(entry, ("unit", "voter", "blinded", "authority"), where)
        unit = entry["unit"]
        if isinstance(unit, bool) or not isinstance(unit, int) or not 0 <= unit < 2**32:
            raise TranscriptRefused(f"{where}.unit", "it is no unit")
        try:
            authority = keccak(rfc8785.dumps(entry["authority"]))
        except (rfc8785.CanonicalizationError, RecursionError) as error:
            raise TranscriptRefused(f"{where}.authority", "it is no canonical JSON") from error
        voter, blinded = (hexadecimal(entry[name], 32, f"{where}.{name}") for name in ("voter", "blinded"))
        leaves.append(enrolment_leaf(setup, sequence, unit, voter, blinded, authority))
    return Tree(leaves).root if leaves else ZERO_HASH


def unit_rolls(roll: Mapping[str, Any], manifest: Manifest) -> tuple[UnitRoll, ...]:
    """What a box is opened with, of a published roll. Raises TranscriptRefused, Refused(RollUnsorted, RollEmpty)."""
    rolls = []
    listed = _listed(roll.get("units"), "roll.units")
    if len(listed) != len(manifest.units):
        raise TranscriptRefused("roll.units", "the manifest has another number of units")
    for place, (given, said) in enumerate(zip(listed, manifest.units, strict=True)):
        where = f"roll.units[{place}]"
        _named(given, ("unit", "issued", "lines"), where)
        lines = [hexadecimal(_line(line, where)[0], 20, where) for line in _listed(given["lines"], where)]
        if isinstance(given["issued"], bool) or not isinstance(given["issued"], int):
            raise TranscriptRefused(where, "it has no number of signatures")
        rolls.append(UnitRoll(place, len(lines), given["issued"], said.eligible, roll_root(place, lines)))
    if not any(one.lines for one in rolls):
        raise Refused("RollEmpty")
    return tuple(rolls)


def _line(line: Any, where: str) -> list[Any]:
    if not isinstance(line, list) or len(line) != 3 or not all(isinstance(part, str) for part in line):
        raise TranscriptRefused(where, "a line is not credential, randomizer and signature")
    return line


def _unpadded(text: str, where: str) -> bytes:
    """Bytes in base64url without padding, in their only form (RFC 4648, section 5)."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise TranscriptRefused(where, "it is not base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise TranscriptRefused(where, "it is not base64url in its only form")
    return raw


def _is(given: Any, number: int) -> bool:
    return not isinstance(given, bool) and isinstance(given, int) and given == number


def _named(value: Any, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise TranscriptRefused(where, f"it has not the keys {', '.join(keys)}")


def _listed(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise TranscriptRefused(where, "it is no list")
    return value
