"""Signatures that anchor a root: what co-signers of an agency, or a party's wallet, are asked to approve (EIP-712).

A request file holds what is issued and under which policy; an approval file holds one member's signature. Neither is
secret, and both travel between people as files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.chain.outbox import Request
from muniment.chain.typed_data import normal_signature, signer_of
from muniment.documents.model import policy_id
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.submit import co_signed_request, entry_of, party_request
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH

REQUEST_FORMAT, APPROVAL_FORMAT = "muniment-approval-request-1", "muniment-approval-1"
MOST_MEMBERS = 16  # IDocumentRegistry.MAX_MEMBERS
_HASH, _ADDRESS = re.compile("0x[0-9a-f]{64}"), re.compile("0x[0-9a-f]{40}")


@dataclass(frozen=True)
class Policy:
    """Who may issue together: `threshold` of the members, ids in ascending order."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What is to be approved. Without a policy the issuer is a party that issues for itself.

    The deadline is Unix seconds.
    """

    chain_id: int
    registry: str
    issuer: str
    root: str
    schema: str
    count: int
    expires_at: int
    policy: Policy | None
    nonce: int
    deadline: int

    def to_json(self) -> dict[str, Any]:
        """The request file's content; the nonce is decimal text, since JSON numbers end at 53 bits."""
        policy = self.policy and {"threshold": self.policy.threshold, "members": list(self.policy.members)}
        entry = entry_of(self.root, self.schema, self.count, self.expires_at)
        names = {"format": REQUEST_FORMAT, "chainId": self.chain_id, "registry": self.registry, "issuer": self.issuer}
        return {**names, **entry, "policy": policy, "nonce": str(self.nonce), "deadline": self.deadline}

    def typed_data(self) -> dict[str, Any]:
        """Approval as `eth_signTypedData_v4` takes it: what a wallet shows and signs."""
        policy = ZERO_HASH
        if self.policy is not None:
            policy = policy_id(self.issuer, self.policy.threshold, self.policy.members)
        types = ("bytes32 issuer", "bytes32 root", "bytes32 schema", "uint40 count", "uint40 expiresAt",
                 "bytes32 policy", "uint256 nonce", "uint256 deadline")  # fmt: skip
        domain = ("string name", "string version", "uint256 chainId", "address verifyingContract")
        return {
            "types": {"EIP712Domain": _members(domain), "Approval": _members(types)},
            "primaryType": "Approval",
            "domain": {
                "name": "Muniment DocumentRegistry",
                "version": "1",
                "chainId": self.chain_id,
                "verifyingContract": self.registry,
            },
            "message": {
                "issuer": self.issuer,
                "root": self.root,
                "schema": self.schema,
                "count": self.count,
                "expiresAt": self.expires_at,
                "policy": policy,
                "nonce": str(self.nonce),
                "deadline": self.deadline,
            },
        }

    def approval(self, member: str, signature: str) -> dict[str, str]:
        """The approval file's content. A key's own signature is checked here; a party's wallet only by the chain.

        `member` is an address or a party's id. Raises Refused.
        """
        member = member_id(member)
        allowed = (self.issuer,) if self.policy is None else self.policy.members
        if member not in allowed:
            raise Refused("MemberRefused", member=member)
        try:
            signature = normal_signature(signature)
        except ValueError:
            raise Refused("SignatureInvalid", wallet=member) from None
        key = "0x" + member[26:]
        if self.policy is not None and _is_key(member) and signer_of(self.typed_data(), signature) != key:
            raise Refused("SignatureInvalid", wallet=key)
        return {"format": APPROVAL_FORMAT, "root": self.root, "member": member, "signature": signature}

    def request(self, approvals: Sequence[Mapping[str, Any]]) -> Request:
        """What the outbox carries out. Raises Refused when an approval is of something else or too few are given."""
        if any(one.get("root") != self.root for one in approvals):
            raise Refused("ApprovalRefused", reason="it is of another root")
        checked = {one["member"]: self.approval(one["member"], one["signature"]) for one in approvals}
        threshold = 1 if self.policy is None else self.policy.threshold
        if len(checked) < threshold:
            raise Refused("ApprovalsMissing", approvals=len(checked), threshold=threshold)
        given = [{"member": member, "signature": checked[member]["signature"]} for member in sorted(checked)]
        entry = entry_of(self.root, self.schema, self.count, self.expires_at)
        if self.policy is None:
            return party_request(self.issuer, entry, self.nonce, self.deadline, given[0]["signature"])
        policy = {"threshold": self.policy.threshold, "members": list(self.policy.members)}
        return co_signed_request(self.issuer, entry, policy, self.nonce, self.deadline, given)


def member_id(text: str) -> str:
    """A member as the contract names it: an address padded on the left, a party's id as it is. Raises Refused."""
    text = text.lower()
    if _ADDRESS.fullmatch(text):
        return "0x" + text[2:].rjust(64, "0")
    if _HASH.fullmatch(text):
        return text
    raise Refused("MemberRefused", member=text)


def read_policy(content: bytes) -> Policy:
    """A policy from {"threshold": m, "members": [address or party's id …]} in any order. Raises Refused."""
    given = _object(content, {"threshold", "members"})
    return _policy(given)


def read_asked(content: bytes) -> Asked:
    """A request file's content. Raises Refused."""
    keys = {"format", "chainId", "registry", "issuer", "root", "schema", "count", "expires_at"}
    given = _object(content, keys | {"policy", "nonce", "deadline"})
    try:
        if given["format"] != REQUEST_FORMAT:
            raise Refused("ApprovalRefused", reason=f"its format is not {REQUEST_FORMAT}")
        return Asked(
            chain_id=int(given["chainId"]),
            registry=_matched(_ADDRESS, given["registry"]),
            issuer=_matched(_HASH, given["issuer"]),
            root=_matched(_HASH, given["root"]),
            schema=_matched(_HASH, given["schema"]),
            count=int(given["count"]),
            expires_at=int(given["expires_at"]),
            policy=None if given["policy"] is None else _policy(given["policy"]),
            nonce=int(given["nonce"]),
            deadline=int(given["deadline"]),
        )
    except (TypeError, ValueError) as error:
        raise Refused("ApprovalRefused", reason=str(error)) from None


def read_approval(content: bytes) -> dict[str, Any]:
    """An approval file's content. Raises Refused."""
    given = _object(content, {"format", "root", "member", "signature"})
    if given["format"] != APPROVAL_FORMAT or not all(isinstance(value, str) for value in given.values()):
        raise Refused("ApprovalRefused", reason=f"its format is not {APPROVAL_FORMAT}")
    return given


def _policy(given: Any) -> Policy:
    try:
        members = tuple(sorted(member_id(one) for one in given["members"]))
        threshold = int(given["threshold"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused("ApprovalRefused", reason=f"its policy cannot be read: {error}") from None
    if len(set(members)) != len(members) or not 1 <= threshold <= len(members) <= MOST_MEMBERS:
        raise Refused("PolicyRefused", threshold=threshold, members=len(members))
    return Policy(threshold, members)


def _object(content: bytes, keys: set[str]) -> dict[str, Any]:
    try:
        given = parse(content)
    except JsonRefused as error:
        raise Refused("ApprovalRefused", reason=str(error)) from None
    if not isinstance(given, dict) or given.keys() != keys:
        raise Refused("ApprovalRefused", reason=f"it has not just the keys {', '.join(sorted(keys))}")
    return given


def _matched(form: re.Pattern[str], text: Any) -> str:
    if not isinstance(text, str) or not form.fullmatch(text):
        raise ValueError(f"{text!r} is not written as it must be")
    return text


def _is_key(member: str) -> bool:
    """Whether a member is a key: 12 bytes of zeros come before no party's id, a hash, but by an unlikely chance."""
    return member.startswith("0x" + "0" * 24)


def _members(described: Sequence[str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for kind, name in (one.split() for one in described)]
