"""One company's case: who signs what, and who sends it. Every step takes other values, to make a wrong one."""

import dataclasses
import itertools
from types import SimpleNamespace

from eth_abi import encode

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, now, plain, sign, wait

NO_COMPANY, RESERVED, SIGNED, ENTERED, RELEASED, STRUCK_OFF = range(6)
NAME, KEY = "Kaugtöö Osaühing", keccak("skeleton of kaugtöö")
ARTICLES, NEW_ARTICLES = keccak("root of the articles"), keccak("root of the new articles")
ADDRESS, SOURCE = keccak("salted hash of an address"), keccak("salted hash of a decision")
NUMBER = "16543210"
FEE = 265
NO_PERMIT = (0, 0, ZERO_ID, ZERO_ID)
YEAR = 365 * DAY


@dataclasses.dataclass(frozen=True)
class File:
    """A CompanyFile. Members of the board are parties, in any order: `listed` puts them into theirs."""

    threshold: int
    board: tuple
    contact: str
    articles: str = ARTICLES
    addressHash: str = ADDRESS  # noqa: N815 -- as the typed data has it

    def changed(self, **changes):
        """The same with other values."""
        return dataclasses.replace(self, **changes)

    @property
    def struct(self):
        """As the contract takes it."""
        return (self.threshold, list(self.board), self.contact, self.articles, self.addressHash)

    @property
    def message(self):
        """As a wallet signs it."""
        return dataclasses.asdict(self) | {"board": list(self.board)}


def listed(*parties):
    """Parties in strictly ascending order of id."""
    return tuple(sorted(set(parties)))


class Case:
    """From the reservation on. What a citizen signs is sent by a stranger."""

    def __init__(self, world, start=1):
        """Begin with nonces from `start`, so that two cases of the same people do not meet."""
        self.w, self.c, self.who = world, world.companies, world.citizens
        self._numbers = itertools.count(start)
        self.by_anyone = {"from": world.people.stranger}
        self.by_registrar = {"from": world.people.company_registrar}
        self.by_second = {"from": world.people.second_company_registrar}
        self.agency = world.ids.land
        self.founders = listed(self.who.applicant.party, self.who.cofounder.party)
        board = listed(self.who.applicant.party, self.who.director.party)
        self.file = File(2, board, self.who.contact.party)
        self.company = ZERO_ID

    # ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────

    def nonce(self):
        """A number that this case has not used yet."""
        return next(self._numbers)

    def citizen(self, party):
        """Who it is, by PartyId."""
        return next(each for each in vars(self.who).values() if each.party == party)

    def signed(self, signer, kind, chain_id=None, contract=None, **message):
        """The signature of a citizen's wallet, over typed data that names the citizen unless it names another."""
        return sign(signer.wallet, contract or self.c, kind, {"party": signer.party} | message, chain_id)

    def together(self, signers, kind, contract=None, chain_id=None, **message):
        """An organisation's signature: those of some of its board over the same."""
        parts = [
            (bytes.fromhex(each.party[2:]), sign(each.wallet, contract or self.c, kind, message, chain_id))
            for each in sorted(signers, key=lambda each: each.party)
        ]
        return encode(["(bytes32,bytes)[]"], [parts])

    @property
    def board(self):
        """The citizens who sign for the company."""
        return [self.citizen(party) for party in self.file.board]

    @property
    def party(self):
        """The company as a party, entered or not."""
        return str(self.w.parties.organisationIdOf(self.c, self.company))

    # ── Founding ────────────────────────────────────────────────────────────────────────────────────────────────

    def reserve(self, name=NAME, key=KEY, applicant=None, nonce=None, deadline=NEVER, by=None, **changes):
        """Reserve a name for the applicant; returns the transaction."""
        applicant = applicant or self.who.applicant
        nonce = self.nonce() if nonce is None else nonce
        message = {"agency": self.agency, "name": name, "nonce": nonce, "deadline": deadline}
        signature = changes.pop("signature", None) or self.signed(applicant, "ReserveName", **(message | changes))
        tx = self.c.reserve(
            self.agency, name, key, applicant.party, nonce, deadline, signature, by or self.by_registrar
        )
        self.company = str(tx.return_value)
        return tx

    def anchor(self, root=ARTICLES, issuer=None, expires=0):
        """Anchor a root in the document registry: by the applicant, another citizen, or the company's own party."""
        issuer = issuer or self.who.applicant.party
        nonce = self.nonce()
        message = {"issuer": issuer, "root": root, "schema": ZERO_ID, "count": 1, "expiresAt": expires}
        message |= {"policy": ZERO_ID, "nonce": nonce, "deadline": NEVER}
        if issuer == self.party:
            signature = self.together(self.board, "Approval", contract=self.w.documents, **message)
        else:
            signature = sign(self.citizen(issuer).wallet, self.w.documents, "Approval", message)
        entry = (root, ZERO_ID, 1, expires)
        return self.w.documents.issueAsParty(issuer, entry, nonce, NEVER, signature, self.by_anyone)

    def signatories(self, parties, kind, deadline=NEVER, **message):
        """A Signatory of each party, in their order."""
        given = []
        for party in parties:
            nonce = self.nonce()
            fields = message | {"nonce": nonce, "deadline": deadline}
            given.append((party, nonce, self.signed(self.citizen(party), kind, **fields)))
        return given

    def articles_signed(self, parties, file=None, founders=None, deadline=NEVER, **changes):
        """Signatures over SignArticles."""
        message = {"company": self.company, "founders": list(founders or self.founders)}
        message |= {"file": (file or self.file).message}
        return self.signatories(parties, "SignArticles", deadline, **(message | changes))

    def lodge(self, file=None, founders=None, signatures=None, deadline=NEVER):
        """File the articles with everyone's signature."""
        file, founders = file or self.file, self.founders if founders is None else founders
        if signatures is None:
            everyone = listed(*founders, *file.board)
            signatures = self.articles_signed(everyone, file, founders, deadline)
        return self.c.fileArticles(self.company, list(founders), file.struct, deadline, signatures, self.by_anyone)

    def accept(self, file=None, founders=None, signer=None, shown=None, nonce=None, deadline=NEVER, **changes):
        """The contact accepts what is on file, or what was `shown` instead."""
        file, nonce = file or self.file, self.nonce() if nonce is None else nonce
        message = {"company": self.company, "file": (shown or file).message, "nonce": nonce}
        message |= {"deadline": deadline} | changes
        signature = self.signed(signer or self.citizen(file.contact), "AcceptContact", **message)
        founders = list(founders or self.founders)
        return self.c.acceptContact(self.company, founders, file.struct, nonce, deadline, signature, self.by_anyone)

    def pay(self, payer, token=None, amount=FEE):
        """An account pays the fee itself."""
        return self.c.payFee(self.company, token or self.w.tokens.FairToken, amount, {"from": payer})

    def pay_for(self, payer=None, amount=FEE, token=None, nonce=None, deadline=NEVER, permit=NO_PERMIT, **changes):
        """Pay the fee from a citizen's wallet."""
        payer, token = payer or self.who.applicant, token or self.w.tokens.FairToken
        nonce = self.nonce() if nonce is None else nonce
        message = {"company": self.company, "token": token.address, "amount": amount, "nonce": nonce}
        signature = self.signed(payer, "PayFee", **(message | {"deadline": deadline} | changes))
        return self.c.payFeeFor(
            self.company, payer.party, token, amount, nonce, deadline, signature, permit, self.by_anyone
        )

    def attest(self):
        """A registrar attests the fee."""
        return self.c.attestFee(self.company, SOURCE, self.by_registrar)

    def enter(self, file=None, founders=None, number=NUMBER, by=None):
        """The registrar enters the company."""
        founders = list(founders or self.founders)
        return self.c.enter(self.company, founders, (file or self.file).struct, number, by or self.by_registrar)

    def filed(self):
        """All up to the signed articles."""
        self.reserve()
        self.anchor()
        self.lodge()
        return self

    def ready(self):
        """All up to the entry."""
        self.filed()
        self.accept()
        self.attest()
        return self

    def entered(self):
        """All of it."""
        self.ready()
        self.enter()
        return self

    # ── After the entry ─────────────────────────────────────────────────────────────────────────────────────────

    def version(self):
        """The company's present version."""
        return self.c.companyOf(self.company)[6]

    def change(self, file, /, joining=None, signers=None, nonce=None, deadline=NEVER, previous=None, by=None, wrong=()):
        """Supersede the file; everyone who joins accepts, the whole board signs all but what is `wrong`."""
        previous, nonce = previous or self.file, self.nonce() if nonce is None else nonce
        version = self.version() + 1
        message = {"party": self.party, "company": self.company, "version": version, "file": file.message}
        message |= {"nonce": nonce, "deadline": deadline} | dict(wrong)
        chain_id = message.pop("chain_id", None)
        signature = self.together(signers or self.board, "ChangeCompany", chain_id=chain_id, **message)
        if joining is None:
            new = set(file.board) - set(previous.board) | {file.contact} - {previous.contact}
            joining = self.posts(listed(*new), file, deadline=deadline)
        tx = self.c.change(
            self.company,
            previous.struct,
            file.struct,
            nonce,
            deadline,
            signature,
            joining,
            by or self.by_registrar,
        )
        self.file = file
        return tx

    def posts(self, parties, file, deadline=NEVER, **changes):
        """Signatures over AcceptPost."""
        message = {"company": self.company, "version": self.version() + 1, "file": file.message} | changes
        return self.signatories(parties, "AcceptPost", deadline, **message)

    def dissolve(self, nonce=None, deadline=NEVER, signers=None, by=None, **changes):
        """End the company at its own wish."""
        nonce = self.nonce() if nonce is None else nonce
        message = {"party": self.party, "company": self.company, "version": self.version() + 1}
        message |= {"nonce": nonce, "deadline": deadline} | changes
        signature = self.together(signers or self.board, "DissolveCompany", **message)
        return self.c.dissolve(self.company, nonce, deadline, signature, by or self.by_registrar)

    def strike_off(self):
        """Two registrars end the company."""
        self.c.strikeOff(self.company, SOURCE, self.by_registrar)
        return self.c.strikeOff(self.company, SOURCE, self.by_second)

    def order(self, file, court_order=SOURCE):
        """Two registrars carry out a court's order."""
        self.c.orderChange(self.company, file.struct, court_order, self.by_registrar)
        tx = self.c.orderChange(self.company, file.struct, court_order, self.by_second)
        self.file = file
        return tx


def prepare(world):
    """Rules that ask for a fee in a token, e-resident or local founders and a licensed contact; who holds what.

    Returns:
        the three kinds by name.
    """
    people, land = world.people, world.ids.land
    by_admin = {"from": people.admin}
    made = [
        str(world.credentials.defineKind(land, name, world.state.scope.licensing, by_admin).return_value)
        for name in ("COMPANY_CONTACT", "LOCAL_RESIDENT")
    ]
    kinds = SimpleNamespace(contact=made[0], local=made[1], e_resident=str(world.credentials.E_RESIDENT()))
    rules = (world.tokens.FairToken, FEE, people.treasury, kinds.contact, [kinds.e_resident, kinds.local])
    world.companies.setRules(land, rules, by_admin)
    until, who = now() + YEAR, world.citizens
    for party, kind, officer in (
        (who.applicant.party, kinds.e_resident, people.residency_officer),
        (who.cofounder.party, kinds.local, people.licensing_officer),
        (who.contact.party, kinds.contact, people.licensing_officer),
        (who.outsider.party, kinds.contact, people.licensing_officer),
    ):
        world.credentials.issue(land, party, kind, 0, until, SOURCE, {"from": officer})
    return kinds


def spoil(world, party, kind, flaw):
    """Let a party's credential of a kind that the licensing officer issues be no good."""
    p, by = world.people, {"from": world.people.licensing_officer}
    if flaw == "missing":
        case_rules = list(world.companies.rulesOf(world.ids.land))
        scope = world.state.scope.licensing
        fresh = str(world.credentials.defineKind(world.ids.land, "FRESH", scope, {"from": p.admin}).return_value)
        kinds = [fresh if each == kind else each for each in plain(case_rules[4])]
        contact = fresh if str(case_rules[3]) == kind else case_rules[3]
        world.companies.setRules(world.ids.land, (*case_rules[:3], contact, kinds), {"from": p.admin})
    elif flaw == "expired":
        world.credentials.issue(world.ids.land, party, kind, 0, now() + 60, SOURCE, by)
        wait(60)
    elif flaw == "revoked":
        world.credentials.revoke(party, kind, 5, by)
    elif flaw == "not yet":
        world.credentials.issue(world.ids.land, party, kind, now() + DAY, now() + YEAR, SOURCE, by)
    else:
        for key in (p.custodian, p.second_custodian):
            world.agencies.markCompromised(p.licensing_officer, 1, {"from": key})


def begin_recovery(world, citizen, new):
    """Two officers begin to move a citizen to a new wallet."""
    message = {"party": citizen.party, "wallet": new.address, "attempt": 1, "deadline": NEVER}
    signature = sign(new, world.parties, "RecoverWallet", message)
    for officer in (world.people.identity_officer, world.people.second_identity_officer):
        world.parties.recover(
            world.ids.land, citizen.record, new.address, SOURCE, ZERO_ID, NEVER, signature, {"from": officer}
        )
    return world.parties.recoveryOf(citizen.party)[1]


def told(tx, event):
    """What an event tells, as plain values."""
    return {name: plain(value) for name, value in tx.events[event].items()}
