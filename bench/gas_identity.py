"""What identity costs on chain: recovery, powers of attorney, credentials, and a company from its name to its entry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from bench.node import START, deploy, gas_of
from muniment.identity.typed import Domain, typed_data

DAY = 86_400
ALL = 2**64 - 1
NOBODY, NEVER = bytes(32), 2**256 - 1
NO_ADDRESS = "0x" + "00" * 20
E_RESIDENT = b"E_RESIDENT".ljust(32, b"\0")
FILE = ("threshold", "board", "contact", "articles", "addressHash")


class Scene:
    """An agency that knows three people with wallets, makes them e-residents and keeps a register of companies."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3 = web3
        self.root, self.admin, self.officer, self.second_officer, self.relayer, sender = web3.eth.accounts[:6]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=sender)
        agencies = self.agencies.address
        self.parties = deploy(web3, artifacts, "PartyRegistry", agencies, sender=sender)
        self.documents = deploy(web3, artifacts, "DocumentRegistry", agencies, self.parties.address, sender=sender)
        self.credentials = deploy(web3, artifacts, "CredentialRegistry", agencies, sender=sender)
        known = (agencies, self.parties.address, self.credentials.address, self.documents.address)
        self.companies = deploy(web3, artifacts, "CompanyRegistry", *known, sender=sender)
        domain = _hash("ministry.example.gov")
        self.agency = self.agencies.functions.agencyIdOf(NOBODY, domain).call()
        self._send(self.agencies.functions.registerAgency(NOBODY, self.admin, ALL, domain), self.root)
        for key in (self.officer, self.second_officer):
            self._send(self.agencies.functions.accredit(self.agency, key, ALL, 0, START + 3650 * DAY), self.admin)
        web3.provider.make_request("evm_increaseTime", [3 * DAY])  # type: ignore[arg-type]
        people = sorted((self._party(name), name) for name in ("founder", "partner", "contact"))
        self.wallets = {party: _wallet(name) for party, name in people}
        self.first, self.second, self.contact = (party for party, _ in people)
        self.names = dict(people)

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many things one transaction did, gas for each)."""
        acts = (*self._credentials(), *self._company(), *self._powers(), *self._recovery(), *self._without_wallet())
        return {act: (1, gas) for act, gas in acts}

    def _credentials(self) -> Iterator[tuple[str, int]]:
        call = self.credentials.functions
        end = START + 1000 * DAY
        for party, wallet in self.wallets.items():
            bound = {"party": party, "wallet": wallet.address, "nonce": 0, "deadline": NEVER}
            signature = self._sign(wallet, self.parties, "BindWallet", bound)
            record = _hash(self.names[party])
            self._send(self.parties.functions.bind(record, wallet.address, 0, NEVER, signature), self.officer)
            gas = self._send(call.issue(self.agency, party, E_RESIDENT, 0, end, _hash("decision")), self.officer)
        yield "issue a credential", gas
        bank = b"BANK".ljust(32, b"\0")
        self._send(call.issue(self.agency, self.first, bank, 0, end, _hash("decision")), self.officer)
        yield "revoke a credential", self._send(call.revoke(self.first, bank, 5), self.officer)

    def _company(self) -> Iterator[tuple[str, int]]:
        call = self.companies.functions
        rules = (NO_ADDRESS, 1, NO_ADDRESS, NOBODY, [E_RESIDENT])
        yield "set a register's rules for companies", self._send(call.setRules(self.agency, rules), self.admin)
        articles = _hash("articles")
        self._anchor(self.first, articles)

        name, key = "Muniment Example OÜ", _hash("munimentexample")
        reserved = {"party": self.first, "agency": self.agency, "name": name, "nonce": 0, "deadline": NEVER}
        signature = self._sign(self.wallets[self.first], self.companies, "ReserveName", reserved)
        reserve = call.reserve(self.agency, name, key, self.first, 0, NEVER, signature)
        yield "reserve a company's name", self._send(reserve, self.officer)

        company = call.companyIdOf(self.agency, key, self.first, 0).call()
        founders = [self.first, self.second]
        file = (2, founders, self.contact, articles, _hash("address"))
        named = dict(zip(FILE, file, strict=True))
        message = {"company": company, "founders": founders, "file": named, "nonce": 1, "deadline": NEVER}
        given = [(party, 1, self._signed(party, "SignArticles", message)) for party in founders]
        filed = call.fileArticles(company, founders, file, NEVER, given)
        yield "file articles that 2 founders signed", self._send(filed, self.relayer)

        accepted = {"company": company, "file": named, "nonce": 0, "deadline": NEVER}
        signature = self._signed(self.contact, "AcceptContact", accepted)
        accept = call.acceptContact(company, founders, file, 0, NEVER, signature)
        yield "accept to be a company's contact", self._send(accept, self.relayer)
        yield "attest a fee", self._send(call.attestFee(company, _hash("receipt")), self.officer)
        yield "enter a company", self._send(call.enter(company, founders, file, "16543210"), self.officer)

    def _powers(self) -> Iterator[tuple[str, int]]:
        call = self.parties.functions
        grant = (self.first, self.second, "land.sell", _hash("title"), 250_000, b"EUR".ljust(32, b"\0"), 2**40 - 1, 5)
        names = ("principal", "attorney", "act", "subject", "priceFloor", "currency", "until", "nonce")
        message = dict(zip(names, grant, strict=True)) | {"deadline": NEVER}
        signature = self._sign(self.wallets[self.first], self.parties, "GrantPower", message)
        yield "give a power of attorney", self._send(call.grantPower(grant, NEVER, signature), self.relayer)
        power = self.web3.keccak(
            self.web3.codec.encode(["bytes32", "bytes32", "uint256"], [_hash("Muniment.Power.v1"), self.first, 5])
        )
        ended = {"party": self.first, "power": power, "deadline": NEVER}
        signature = self._sign(self.wallets[self.first], self.parties, "RevokePower", ended)
        revoke = call.revokePower(power, self.first, NEVER, signature)
        yield "revoke a power of attorney", self._send(revoke, self.relayer)

    def _recovery(self) -> Iterator[tuple[str, int]]:
        yield "recover a wallet, first officer", self._recover(self.first, "lost", self.officer)
        yield "recover a wallet, second officer", self._recover(self.first, "lost", self.second_officer)
        for officer in (self.officer, self.second_officer):
            self._recover(self.second, "not lost", officer)
        vetoed = {"party": self.second, "wallet": _wallet("not lost").address, "attempt": 1, "deadline": NEVER}
        signature = self._sign(self.wallets[self.second], self.parties, "VetoRecovery", vetoed)
        veto = self.parties.functions.vetoRecovery(self.second, NEVER, signature)
        yield "veto a recovery", self._send(veto, self.relayer)
        self.web3.provider.make_request("evm_increaseTime", [15 * DAY])  # type: ignore[arg-type]
        complete = self.parties.functions.completeRecovery(self.first)
        yield "complete a recovery", self._send(complete, self.relayer)

    def _without_wallet(self) -> Iterator[tuple[str, int]]:
        attest = self.parties.functions.attest(self.agency, _hash("nobody"), _hash("digest"), _hash("evidence"))
        yield "attest for a party without a wallet, first officer", self._send(attest, self.officer)
        yield "attest for a party without a wallet, second officer", self._send(attest, self.second_officer)

    def _recover(self, party: bytes, name: str, officer: str) -> int:
        wallet = _wallet(name)
        message = {"party": party, "wallet": wallet.address, "attempt": 1, "deadline": NEVER}
        signature = self._sign(wallet, self.parties, "RecoverWallet", message)
        record, evidence = _hash(self.names[party]), _hash("evidence")
        call = self.parties.functions.recover
        return self._send(call(self.agency, record, wallet.address, evidence, NOBODY, NEVER, signature), officer)

    def _anchor(self, party: bytes, root: bytes) -> None:
        """Anchor a document of a party's own."""
        fields = dict.fromkeys(("issuer", "root", "schema"), "bytes32") | {"count": "uint40", "expiresAt": "uint40"}
        fields |= {"policy": "bytes32", "nonce": "uint256", "deadline": "uint256"}
        message = {"issuer": party, "root": root, "schema": NOBODY, "count": 1, "expiresAt": 0, "policy": NOBODY}
        domain = {
            "name": "Muniment DocumentRegistry",
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.documents.address,
        }
        types = {"Approval": [{"name": name, "type": kind} for name, kind in fields.items()]}
        signable = encode_typed_data(domain, types, message | {"nonce": 0, "deadline": NEVER})
        signature = bytes(self.wallets[party].sign_message(signable).signature)
        issue = self.documents.functions.issueAsParty(party, (root, NOBODY, 1, 0), 0, NEVER, signature)
        self._send(issue, self.relayer)

    def _signed(self, party: bytes, kind: str, message: dict[str, Any]) -> bytes:
        return self._sign(self.wallets[party], self.companies, kind, message | {"party": party})

    def _sign(self, wallet: LocalAccount, registry: Contract, kind: str, message: dict[str, Any]) -> bytes:
        name = "PartyRegistry" if registry is self.parties else "CompanyRegistry"
        asked = typed_data(Domain(name, self.web3.eth.chain_id, registry.address), kind, message)
        return bytes(wallet.sign_message(encode_typed_data(full_message=asked)).signature)

    def _party(self, name: str) -> bytes:
        return bytes(self.parties.functions.partyIdOf(self.agency, _hash(name)).call())

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)


def _wallet(name: str) -> LocalAccount:
    wallet: LocalAccount = Account.from_key(_hash(f"wallet of the {name}"))
    return wallet


def _hash(text: str) -> bytes:
    return bytes(Web3.keccak(text=text))
