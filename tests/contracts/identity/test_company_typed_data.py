"""Typed data of companies: the shared vectors against the company registry, each at the step that takes it."""

import itertools

import pytest
from brownie import CompanyRegistry, accounts, interface, web3
from eth_abi import encode
from eth_account import Account

from tests.contracts.helpers import NEVER, ZERO_ID, keccak, node, reverts, sign
from tests.contracts.identity.test_typed_data import Asked, bind, each, numbers, on_chain, poke
from tests.vectors.typed_data import of, person

__all__ = ["bind", "on_chain"]

CASES = of("CompanyRegistry")
NO_PERMIT = (0, 0, ZERO_ID, ZERO_ID)
VERSION = 6  # its place in Company


class Founding:
    """An application, or a company, in the registry under the address that a case names; moved on step by step."""

    def __init__(self, case, registry, parties, documents, ids, people, bind):
        """Bind everybody who signs, and set the agency's rules."""
        self.case, self.registry, self.documents, self.ids, self.people = case, registry, documents, ids, people
        about = case["application"]
        self.company, self.party, self.founders = about["company"], about["party"], about["founders"]
        self.board = about["board"] or [person(1)]
        self.file = numbers(case | {"types": TYPES, "kind": "SignArticles"}, ARTICLES | {"file": about["file"]})["file"]
        # What is on file before the change that a case is about.
        self.entered = self.file | {
            "threshold": len(self.board),
            "board": [member["party"] for member in self.board],
            "addressHash": keccak("where it was before"),
        }
        everybody = [*self.founders, *self.board, *(person(number) for number in (1, 4, 5, 6))]
        self.signers = {each["party"]: each for each in everybody}
        for each_ in self.signers.values():
            bind(parties, each_)
        self._nonces = itertools.count(10_000)
        rules = (about["token"], int(about["fee"]), people.treasury, ZERO_ID, [])
        registry.setRules(ids.land, rules, {"from": people.admin})

    def sign(self, party, kind, message, chain_id=None, contract=None):
        """A person's signature, for the node's own chain unless told otherwise."""
        signer = Account.from_key(self.signers[party]["key"].to_bytes(32))
        return sign(signer, contract or self.registry, kind, message, chain_id)

    def personal(self, party, kind, deadline=NEVER, chain_id=None, **message):
        """(party, nonce, signature) over a message that names the person, the company, a nonce and a deadline."""
        nonce = next(self._nonces)
        told = {"party": party, "company": self.company, "nonce": nonce, "deadline": deadline} | message
        return party, nonce, self.sign(party, kind, told, chain_id)

    def together(self, kind, message, chain_id):
        """The company's signature by its whole board."""
        parts = [
            (bytes.fromhex(member["party"][2:]), self.sign(member["party"], kind, message, chain_id))
            for member in self.board
        ]
        return encode(["(bytes32,bytes)[]"], [parts])

    def signatures(self, file, deadline=NEVER, chain_id=None):
        """Everybody's signatures under the articles."""
        who = sorted({each["party"] for each in self.founders} | set(file["board"]))
        founders = [each["party"] for each in self.founders]
        return [self.personal(one, "SignArticles", deadline, chain_id, founders=founders, file=file) for one in who]

    def reserve(self):
        """Reserve the name, and let the applicant anchor the articles."""
        about, applicant = self.case["application"], person(1)["party"]
        message = {"party": applicant, "agency": self.ids.land, "name": about["name"], "nonce": 7, "deadline": NEVER}
        values = (self.ids.land, about["name"], about["nameKey"], applicant, 7, NEVER)
        signature = self.sign(applicant, "ReserveName", message)
        self.registry.reserve(*values, signature, {"from": self.people.company_registrar})
        approval = {
            "issuer": applicant,
            "root": self.file["articles"],
            "schema": ZERO_ID,
            "count": 1,
            "expiresAt": 0,
            "policy": ZERO_ID,
            "nonce": 1,
            "deadline": NEVER,
        }
        signature = self.sign(applicant, "Approval", approval, contract=self.documents)
        entry = (self.file["articles"], ZERO_ID, 1, 0)
        self.documents.issueAsParty(applicant, entry, 1, NEVER, signature, {"from": self.people.stranger})
        return self

    def filed(self, file):
        """File the articles with this file."""
        self.reserve()
        founders = [each["party"] for each in self.founders]
        values = (self.company, founders, list(file.values()), NEVER, self.signatures(file))
        self.registry.fileArticles(*values, {"from": self.people.stranger})
        return self

    def enter(self):
        """Enter the company with its first file."""
        self.filed(self.entered)
        registrar = {"from": self.people.company_registrar}
        founders, file = [each["party"] for each in self.founders], list(self.entered.values())
        _, nonce, signature = self.personal(self.entered["contact"], "AcceptContact", file=self.entered)
        self.registry.acceptContact(self.company, founders, file, nonce, NEVER, signature, registrar)
        self.registry.attestFee(self.company, keccak("receipt"), registrar)
        self.registry.enter(self.company, founders, file, "16543210", registrar)
        return self

    def at_version(self, version):
        """Enter the company, as if it had been changed until it is at this version."""
        self.enter()
        poke(self.registry, Asked(view=self.registry.companyOf, arguments=(self.company,)), VERSION, version)
        return self


ARTICLES = {"party": ZERO_ID, "company": ZERO_ID, "founders": [], "nonce": "0", "deadline": "0"}
TYPES = next(case["types"] for case in CASES if case["kind"] == "SignArticles")


@pytest.fixture
def founding(companies, tokens, parties, documents, ids, people, bind):
    """The registry's and a token's code under the addresses that a case names, and what the case builds on."""

    def made(case):
        address = case["domain"]["verifyingContract"]
        for place, source in ((address, companies), (case["application"]["token"], tokens.FairToken)):
            node("anvil_setCode", place, "0x" + bytes(web3.eth.get_code(source.address)).hex())
        return Founding(case, CompanyRegistry.at(address), parties, documents, ids, people, bind)

    return made


@each(CASES)
def test_company_registry_agrees(case, founding, on_chain, tokens, people, ids):
    """Must be accepted under the contract's own address and chain id, as it was signed and not otherwise."""
    found, message, kind = founding(case), numbers(case), case["kind"]
    registry, registrar, anyone = found.registry, {"from": people.company_registrar}, {"from": people.stranger}
    chain_id, signature = case["domain"]["chainId"], case["signatures"] and case["signatures"][0]["signature"]
    founders, file = [each["party"] for each in found.founders], list(found.file.values())
    nonce, company = message["nonce"], found.company

    if kind == "ReserveName":
        name_key = case["application"]["nameKey"]
        values = (ids.land, message["name"], name_key, message["party"], nonce)

        def act(deadline):
            return registry.reserve.call(*values, deadline, signature, registrar)
    elif kind == "WithdrawApplication":
        found.reserve()

        def act(deadline):
            return registry.withdraw.call(company, nonce, deadline, signature, anyone)
    elif kind == "SignArticles":
        found.reserve()

        def act(deadline):
            signatures = found.signatures(found.file, deadline, chain_id)
            place = [party for party, *_ in signatures].index(message["party"])
            signatures[place] = (message["party"], nonce, signature)
            return registry.fileArticles.call(company, founders, file, deadline, signatures, anyone)
    elif kind == "AcceptContact":
        found.filed(found.file)

        def act(deadline):
            return registry.acceptContact.call(company, founders, file, nonce, deadline, signature, anyone)
    elif kind == "PayFee":
        found.filed(found.file)
        token, payer = interface.IERC20(message["token"]), accounts.at(case["signatures"][0]["address"], force=True)
        _mint(tokens, message["token"], payer, message["amount"])
        token.approve(registry, message["amount"], {"from": payer})
        values = (company, message["party"], message["token"], message["amount"], nonce)

        def act(deadline):
            return registry.payFeeFor.call(*values, deadline, signature, NO_PERMIT, anyone)
    elif kind == "ChangeCompany":
        found.at_version(message["version"] - 1)
        previous, whole = list(found.entered.values()), case["organisationSignature"]

        def act(deadline):
            return registry.change.call(company, previous, file, nonce, deadline, whole, [], registrar)
    elif kind == "AcceptPost":
        found.at_version(message["version"] - 1)
        changed = message["file"]

        def act(deadline):
            told = {
                "party": found.party,
                "company": company,
                "version": message["version"],
                "file": changed,
                "nonce": 1,
                "deadline": deadline,
            }
            whole = found.together("ChangeCompany", told, chain_id)
            joining = [(message["party"], nonce, signature)]
            values = (company, list(found.entered.values()), list(changed.values()), 1, deadline, whole, joining)
            return registry.change.call(*values, registrar)
    elif kind == "DissolveCompany":
        found.at_version(message["version"] - 1)

        def act(deadline):
            return registry.dissolve.call(company, nonce, deadline, case["organisationSignature"], registrar)
    else:

        def act(deadline):
            return registry.cancelNonce.call(message["party"], nonce, deadline, signature, anyone)

    on_chain(case)
    if not case["application"]["board"]:
        with reverts("BoardMissing", company):
            act(message["deadline"])
        return
    act(message["deadline"])
    with reverts("SignatureInvalid", ...):
        act(message["deadline"] - 1)


def _mint(tokens, address, owner, amount):
    token = tokens.FairToken
    node(
        "eth_sendTransaction",
        {"from": accounts[0].address, "to": address, "data": token.mint.encode_input(owner, amount)},
    )


@each(CASES)
def test_domain_is_told(case, companies, on_chain):
    """Must tell wallets its domain as ERC-5267 says, after a fork of the chain the new one."""
    address = case["domain"]["verifyingContract"]
    node("anvil_setCode", address, "0x" + bytes(web3.eth.get_code(companies.address)).hex())
    on_chain(case)
    _, name, version, chain_id, contract, salt, extensions = CompanyRegistry.at(address).eip712Domain()
    domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract.lower()}
    assert domain == case["domain"]
    assert (int(str(salt), 16), list(extensions)) == (0, [])
