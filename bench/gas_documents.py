"""What documents cost on chain, beside EAS and TrustVC as npm has them, on nodes of the same kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction

from bench import npm_peers
from bench.node import START, create, deploy, gas_of, sent
from muniment.documents.merkle import Tree

DAY = 86_400
ALL = 2**64 - 1
NOBODY, NEVER = bytes(32), 2**256 - 1
NO_ADDRESS = "0x" + "00" * 20
MANY, WORD = 1_000, 256
KEY_COMPROMISE, HOLD = 1, 6

ONE, ROOT = "issue one document", "issue a root of 1,000 documents"
FIRST, NEXT = "revoke one document, first in its word", "revoke one document, next in its word"
HUNDRED = "revoke 100 documents in one word"
TARGETS = {ONE: 58_000, ROOT: 58, FIRST: 58_000, NEXT: 41_000, HUNDRED: 600}


class Scene:
    """A university that issues diplomas, its officers, and a citizen with a wallet."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3 = web3
        self.root, self.admin, self.issuer, self.identity_officer, self.relayer, deployer = web3.eth.accounts[:6]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=deployer)
        self.parties = deploy(web3, artifacts, "PartyRegistry", self.agencies.address, sender=deployer)
        addresses = (self.agencies.address, self.parties.address)
        self.documents = deploy(web3, artifacts, "DocumentRegistry", *addresses, sender=deployer)
        domain = _hash("uni.example.gov")
        self.agency = self.agencies.functions.agencyIdOf(NOBODY, domain).call()
        self._send(self.agencies.functions.registerAgency(NOBODY, self.admin, ALL, domain), self.root)
        self.signers = [Account.from_key(_hash(f"signer {number}")) for number in range(3)]
        for key in (self.issuer, self.identity_officer, *(each.address for each in self.signers)):
            self._send(self.agencies.functions.accredit(self.agency, key, ALL, 0, START + 3650 * DAY), self.admin)

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many documents one transaction did, gas for each)."""
        acts = (*self._issuing(), *self._revoking(), *self._signing())
        return {act: (n, gas if n == 1 else round(gas / n, 1)) for act, n, gas in acts}

    def _issuing(self) -> Iterator[tuple[str, int, int]]:
        for act, name, count in ((ONE, "diploma", 1), (ROOT, "diplomas", MANY)):
            yield act, count, self._issue(name, count)

    def _revoking(self) -> Iterator[tuple[str, int, int]]:
        call = self.documents.functions
        diplomas, others, scattered = (_hash(name) for name in ("diplomas", "other diplomas", "scattered diplomas"))
        self._issue("other diplomas", MANY)
        self._issue("scattered diplomas", 100 * WORD)
        hundred = ((1 << 100) - 1) << 100
        acts = [
            (FIRST, 1, call.revoke(self.agency, diplomas, 300, KEY_COMPROMISE)),
            (NEXT, 1, call.revoke(self.agency, diplomas, 301, KEY_COMPROMISE)),
            (HUNDRED, 100, call.revokeWords(self.agency, others, [(1, hundred)], KEY_COMPROMISE)),
            ("revoke 100 documents in 100 words", 100, call.revokeWords(self.agency, scattered, _scattered(), 1)),
            ("put a document on hold", 1, call.revoke(self.agency, diplomas, 600, HOLD)),
            ("release a document", 1, call.releaseWord(self.agency, diplomas, 2, 1 << 88)),
            ("supersede a document", 1, call.supersede(self.agency, diplomas, 302, others, 5)),
            ("supersede a root", 1, call.supersedeRoot(self.agency, diplomas, others)),
            ("revoke a root", 1, call.revokeRoot(self.agency, scattered, KEY_COMPROMISE)),
        ]
        for act, n, function in acts:
            yield act, n, self._send(function, self.issuer)

    def _signing(self) -> Iterator[tuple[str, int, int]]:
        call = self.documents.functions
        people = sorted(self.signers, key=lambda each: each.address.lower())
        members = [bytes.fromhex(each.address[2:]).rjust(32, b"\0") for each in people]
        policy = (2, members)
        yield "allow a policy of 3 members", 1, self._send(call.setPolicy(self.agency, policy, True), self.admin)
        entry = _entry("co-signed", MANY)
        policy_id = call.policyIdOf(self.agency, policy).call()
        given = [(members[n], self._approve(people[n], self.agency, entry, policy_id)) for n in range(2)]
        co_signed = call.issueCoSigned(self.agency, entry, policy, 0, NEVER, given)
        yield "issue a root co-signed by 2 of 3", 1, self._send(co_signed, self.relayer)

        party, wallet = self._bound()
        signature = self._approve(wallet, party, entry, NOBODY)
        as_party = call.issueAsParty(party, entry, 0, NEVER, signature)
        yield "issue a root as a party", 1, self._send(as_party, self.relayer)

    def _issue(self, name: str, count: int) -> int:
        return self._send(self.documents.functions.issue(self.agency, _entry(name, count)), self.issuer)

    def _bound(self) -> tuple[bytes, LocalAccount]:
        """A party and the wallet that was bound to it."""
        wallet: LocalAccount = Account.from_key(_hash("citizen"))
        call, record = self.parties.functions, _hash("record")
        party = call.partyIdOf(self.agency, record).call()
        types = {"party": "bytes32", "wallet": "address", "nonce": "uint256", "deadline": "uint256"}
        message = {"party": party, "wallet": wallet.address, "nonce": 0, "deadline": NEVER}
        signature = self._sign(wallet, "Muniment PartyRegistry", self.parties.address, "BindWallet", types, message)
        self._send(call.bind(record, wallet.address, 0, NEVER, signature), self.identity_officer)
        return party, wallet

    def _approve(
        self, signer: LocalAccount, issuer: bytes, entry: tuple[bytes, bytes, int, int], policy: bytes
    ) -> bytes:
        root, schema, count, expires = entry
        types = dict.fromkeys(("issuer", "root", "schema"), "bytes32") | {"count": "uint40", "expiresAt": "uint40"}
        types |= {"policy": "bytes32", "nonce": "uint256", "deadline": "uint256"}
        message = {"issuer": issuer, "root": root, "schema": schema, "count": count, "expiresAt": expires}
        message |= {"policy": policy, "nonce": 0, "deadline": NEVER}
        return self._sign(signer, "Muniment DocumentRegistry", self.documents.address, "Approval", types, message)

    def _sign(
        self, signer: LocalAccount, name: str, contract: str, kind: str, types: dict[str, str], message: dict[str, Any]
    ) -> bytes:
        domain = {"name": name, "version": "1", "chainId": self.web3.eth.chain_id, "verifyingContract": contract}
        fields = {kind: [{"name": field, "type": type_} for field, type_ in types.items()]}
        return bytes(signer.sign_message(encode_typed_data(domain, fields, message)).signature)

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)


def peers(web3: Web3) -> dict[str, dict[str, Any]]:
    """Act → peer → what the same costs there; a note in the place of figures where npm cannot install them."""
    if not npm_peers.installed():
        return {act: {"EAS, TrustVC": {"value": None, "note": "not installed"}} for act in TARGETS}
    eas, store = _eas(web3), _document_store(web3)
    return {
        ONE: {
            "EAS attest": {"value": eas["attest"]},
            "EAS timestamp": {"value": eas["timestamp"]},
            "TrustVC issue": {"value": store["issue"]},
        },
        ROOT: {
            "EAS timestamp": {"value": round(eas["timestamp"] / MANY, 1)},
            "TrustVC issue": {"value": round(store["issue"] / MANY, 1)},
        },
        FIRST: {
            "EAS revoke": {"value": eas["revoke"]},
            "TrustVC revoke, of a root": {"value": store["revoke a root"]},
            "TrustVC revoke, in a root of 1,000": {"value": store["revoke"]},
        },
        NEXT: {
            "EAS revoke": {"value": eas["revoke another"]},
            "TrustVC revoke, in a root of 1,000": {"value": store["revoke another"]},
        },
        HUNDRED: {
            "EAS multiRevoke": {"value": round(eas["revoke 100"] / 100, 1)},
            "TrustVC multicall": {"value": round(store["revoke 100"] / 100, 1)},
        },
    }


def _eas(web3: Web3) -> dict[str, int]:
    """An attestation carries the document's hash; nothing is resolved."""
    sender, holder = web3.eth.accounts[:2]
    kinds, made = npm_peers.eas("SchemaRegistry"), npm_peers.eas("EAS")
    schemas = create(web3, kinds["abi"], kinds["bytecode"], sender=sender)
    call = create(web3, made["abi"], made["bytecode"], schemas.address, sender=sender).functions
    register = schemas.functions.register("bytes32 document", NO_ADDRESS, True)
    schema = register.call({"from": sender})
    gas_of(web3, register, sender)

    costs = {"timestamp": gas_of(web3, call.timestamp(_hash("diploma")), sender)}
    ids = []
    for number in range(102):
        attest = call.attest((schema, (holder, 0, True, NOBODY, _hash(f"diploma {number}"), 0)))
        receipt = sent(web3, attest, sender)
        ids.append(bytes(receipt["logs"][0]["data"]))
        costs["attest"] = int(receipt["gasUsed"])  # the last one: the first on a fresh contract may cost more
    costs["revoke"] = gas_of(web3, call.revoke((schema, (ids[0], 0))), sender)
    costs["revoke another"] = gas_of(web3, call.revoke((schema, (ids[1], 0))), sender)
    costs["revoke 100"] = gas_of(web3, call.multiRevoke([(schema, [(each, 0) for each in ids[2:]])]), sender)
    return costs


def _document_store(web3: Web3) -> dict[str, int]:
    """A store of one owner; leaves are revoked with their proofs."""
    sender = web3.eth.accounts[0]
    made = npm_peers.document_store()
    store = create(web3, made["abi"], made["bytecode"], "Diplomas", sender, sender=sender)
    call = store.functions
    leaves = [_hash(f"diploma {number}") for number in range(MANY)]
    tree = Tree(leaves)
    costs = {"issue": gas_of(web3, call.issue(tree.root), sender)}
    gas_of(web3, call.issue(_hash("one diploma")), sender)
    costs["revoke a root"] = gas_of(web3, call.revoke(_hash("one diploma")), sender)

    revoke = [(tree.root, leaves[number], tree.proof(leaves[number])) for number in range(102)]
    costs["revoke"] = gas_of(web3, call.revoke(*revoke[0]), sender)
    costs["revoke another"] = gas_of(web3, call.revoke(*revoke[1]), sender)
    calls = [store.encode_abi("revoke(bytes32,bytes32,bytes32[])", args=each) for each in revoke[2:]]
    costs["revoke 100"] = gas_of(web3, call.multicall(calls), sender)
    return costs


def _entry(name: str, count: int) -> tuple[bytes, bytes, int, int]:
    return (_hash(name), _hash("schema of a diploma"), count, 0)


def _scattered() -> list[tuple[int, int]]:
    """A hundred documents, each in a word of its own."""
    return [(word, 1 << (7 * word % WORD)) for word in range(100)]


def _hash(text: str) -> bytes:
    return bytes(Web3.keccak(text=text))
