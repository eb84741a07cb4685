"""Typed data: the shared vectors against eth-account, and against the registries of parties and documents."""

import json
from types import SimpleNamespace

import pytest
from brownie import DocumentRegistry, PartyRegistry, accounts, web3
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, node, reverts, sign, wait
from tests.vectors.typed_data import FILE, of, vectors


def named(case):
    """A case's name among the tests."""
    return f"{case['contract']} {case['kind']} on {case['domain']['chainId']}"


def each(cases):
    """One test for every case."""
    return pytest.mark.parametrize("case", cases, ids=named)


CASES = json.loads(FILE.read_text())
PARTY_CASES, DOCUMENT_CASES = of("PartyRegistry"), of("DocumentRegistry")
HOME_NONCE = 12_345
EVIDENCE = keccak("what the officers were shown")


def numbers(case, message=None, kind=None):
    """The message with integers for their decimal text, in structs and arrays too."""
    told = case["message"] if message is None else message
    return {
        field["name"]: _number(case, told[field["name"]], field["type"])
        for field in case["types"][kind or case["kind"]]
    }


def _number(case, value, kind):
    if kind.endswith("[]"):
        return [_number(case, each_, kind.removesuffix("[]")) for each_ in value]
    if kind in case["types"]:
        return numbers(case, value, kind)
    return int(value) if kind.startswith("uint") else value


def poke(contract, question, place, value):
    """Write a uint32 of a struct that a view answers, wherever the contract keeps it.

    Args:
        contract: whose storage it is.
        question: the view with its arguments.
        place: the number's place in the answer.
        value: the number.
    """
    before = list(question.call())
    asked = {"to": contract.address, "data": question.encode_input()}
    (touched,) = node("eth_createAccessList", asked, "latest")["accessList"]
    for key in touched["storageKeys"]:
        slot = bytes(web3.eth.get_storage_at(contract.address, int(key, 16))).rjust(32, b"\0")
        for start in range(29):
            changed = slot[:start] + value.to_bytes(4, "big") + slot[start + 4 :]
            node("anvil_setStorageAt", contract.address, key, "0x" + changed.hex())
            if list(question.call()) == [*before[:place], value, *before[place + 1 :]]:
                return
        node("anvil_setStorageAt", contract.address, key, "0x" + slot.hex())
    raise AssertionError("no slot holds the number")


class Asked(SimpleNamespace):
    """A view with its arguments."""

    def call(self):
        """Ask."""
        return self.view(*self.arguments)

    def encode_input(self):
        """The calldata."""
        return self.view.encode_input(*self.arguments)


@pytest.fixture
def at_home(parties, documents):
    """The registry's code under the address that a case names."""

    def moved(case):
        address = case["domain"]["verifyingContract"]
        source, kind = {"PartyRegistry": (parties, PartyRegistry), "DocumentRegistry": (documents, DocumentRegistry)}[
            case["contract"]
        ]
        node("anvil_setCode", address, "0x" + bytes(web3.eth.get_code(source.address)).hex())
        return kind.at(address)

    return moved


@pytest.fixture
def on_chain():
    """Give the node another chain id. It still signs for its own, so that calls work there and transactions do not."""
    own = web3.eth.chain_id
    yield lambda case: node("anvil_setChainId", case["domain"]["chainId"])
    node("anvil_setChainId", own)


@pytest.fixture
def officers(agencies, ids, state, people):
    """Two identity officers who may act together."""
    second = accounts[36]
    agencies.accredit(ids.land, second, state.scope.identity, 0, state.end, {"from": people.admin})
    wait(3 * DAY)
    return people.identity_officer, second


@pytest.fixture
def bind(people):
    """Bind a person of the vectors to the wallet of its key, in a registry of parties on the node's own chain."""

    def bound(registry, person):
        signer = Account.from_key(person["key"].to_bytes(32))
        message = {"party": person["party"], "wallet": signer.address, "nonce": HOME_NONCE, "deadline": NEVER}
        signature = sign(signer, registry, "BindWallet", message)
        values = (person["commitment"], signer.address, HOME_NONCE, NEVER, signature)
        registry.bind(*values, {"from": people.identity_officer})
        return signer

    return bound


def test_file_is_what_the_generator_writes():
    """Must be the generator's own words, not edited by hand."""
    assert vectors() == CASES


@each(CASES)
def test_eth_account_agrees(case):
    """Must give the same domain separator, struct hash, digest and signatures as eth-account does."""
    message = encode_typed_data(case["domain"], case["types"], numbers(case))
    assert "0x" + bytes(message.header).hex() == case["domainSeparator"]
    assert "0x" + bytes(message.body).hex() == case["structHash"]
    digest = keccak_bytes(b"\x19" + message.version + message.header + message.body)
    assert "0x" + digest.hex() == case["digest"]
    for given in case["signatures"]:
        signed = Account.sign_message(message, given["key"].to_bytes(32))
        assert "0x" + bytes(signed.signature).hex() == given["signature"]


@each(PARTY_CASES)
def test_party_registry_agrees(case, at_home, on_chain, people, ids, officers, bind):
    """Must be accepted by the contract under its own address and chain id, as it was signed and not otherwise."""
    registry, message = at_home(case), numbers(case)
    signers, signatures = case["signatures"], [given["signature"] for given in case["signatures"]]
    officer, anyone = {"from": people.identity_officer}, {"from": people.stranger}
    record, party, kind = signers[0]["commitment"], message.get("party"), case["kind"]
    values = (*signatures, anyone)
    if kind == "BindWallet":
        values = (*signatures, officer)
        act = (registry.bind, record, message["wallet"], message["nonce"])
    elif kind == "RotateWallet":
        bind(registry, signers[0])
        act = (registry.rotate, party, message["to"], message["nonce"])
    elif kind == "CancelNonce":
        bind(registry, signers[0])
        act = (registry.cancelNonce, party, message["nonce"])
    elif kind == "RecoverWallet":
        bind(registry, signers[0] | {"key": 1})
        poke(registry, Asked(view=registry.recoveriesOf, arguments=(party,)), 0, message["attempt"] - 1)
        values = (*signatures, officer)
        act = (registry.recover, ids.land, record, message["wallet"], EVIDENCE, ZERO_ID)
    elif kind == "VetoRecovery":
        bind(registry, signers[0])
        poke(registry, Asked(view=registry.recoveriesOf, arguments=(party,)), 0, message["attempt"] - 1)
        coming = Account.from_key((17).to_bytes(32))
        assert coming.address.lower() == message["wallet"]
        begun = sign(coming, registry, "RecoverWallet", message | {"deadline": NEVER})
        for key in officers:
            registry.recover(ids.land, record, coming.address, EVIDENCE, ZERO_ID, NEVER, begun, {"from": key})
        act = (registry.vetoRecovery, party)
    elif kind == "GrantPower":
        bind(registry, signers[0])
        grant = [message[name] for name in message if name != "deadline"]
        act = (registry.grantPower, grant)
    else:
        _grant(registry, case, bind)
        act = (registry.revokePower, message["power"], party)
    on_chain(case)
    send, *before = act
    send.call(*before, message["deadline"], *values)
    with reverts("SignatureInvalid", ...):
        send.call(*before, message["deadline"] - 1, *values)


def _grant(registry, case, bind):
    """Give the power that a case revokes, on the node's own chain; the attorney has a wallet too."""
    principal, attorney = case["principal"], case["attorney"]
    signer = bind(registry, principal)
    bind(registry, attorney)
    grant = {
        "principal": principal["party"],
        "attorney": attorney["party"],
        "act": "land.sell",
        "subject": ZERO_ID,
        "priceFloor": 0,
        "currency": ZERO_ID,
        "until": 2**40 - 1,
        "nonce": int(case["nonce"]),
    }
    signature = sign(signer, registry, "GrantPower", grant | {"deadline": NEVER})
    registry.grantPower(list(grant.values()), NEVER, signature, {"from": accounts[0]})


@each(DOCUMENT_CASES)
def test_document_registry_agrees(case, at_home, on_chain, people, agencies, parties, ids, state, bind):
    """Must be accepted as an approval under the contract's own address and chain id, as it was signed."""
    registry, message, approval = at_home(case), numbers(case), case["signatures"][0]
    officer = Account.from_key((18).to_bytes(32)).address
    agencies.accredit(ids.land, officer, state.scope.documents, 0, state.end, {"from": people.admin})
    if "commitment" in approval:
        bind(parties, approval)
    policy = (1, case["members"])
    registry.setPolicy(ids.land, policy, True, {"from": people.admin})
    assert str(registry.policyIdOf(ids.land, policy)) == message["policy"]
    on_chain(case)
    entry = [message[name] for name in ("root", "schema", "count", "expiresAt")]
    approvals, anyone = [(case["members"][0], approval["signature"])], {"from": people.stranger}
    registry.issueCoSigned.call(ids.land, entry, policy, message["nonce"], message["deadline"], approvals, anyone)
    with reverts("SignatureInvalid", ...):
        registry.issueCoSigned.call(
            ids.land, entry, policy, message["nonce"], message["deadline"] - 1, approvals, anyone
        )


@each(PARTY_CASES + DOCUMENT_CASES)
def test_domain_is_told(case, at_home, on_chain):
    """Must tell wallets its domain as ERC-5267 says, after a fork of the chain the new one."""
    registry = at_home(case)
    on_chain(case)
    _, name, version, chain_id, contract, salt, extensions = registry.eip712Domain()
    domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract.lower()}
    assert domain == case["domain"]
    assert (int(str(salt), 16), list(extensions)) == (0, [])
