"""Who may do what: every state-changing function of every contract against every role, in one table."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from brownie import accounts

from tests.contracts.ballots import rights
from tests.contracts.companies.cases import FEE, SOURCE, Case, begin_recovery
from tests.contracts.helpers import (
    DAY,
    MIRROR,
    NEVER,
    SUSPENDED,
    ZERO_ID,
    jurisdiction,
    keccak,
    node,
    now,
    reverts,
    sign,
    undone,
    wait,
)
from tests.contracts.land import acts
from tests.contracts.migration import acts as moves

ROLES = (
    "root",
    "parent_admin",
    "admin",
    "other_admin",
    "registrar",
    "court",
    "custodian",
    "fresh_custodian",
    "identity_officer",
    "residency_officer",
    "licensing_officer",
    "company_registrar",
    "election_officer",
    "issuer",
    "other_officer",
    "suspended_officer",
    "retired",
    "compromised",
    "not_yet",
    "proposed",
    "stranger",
)

# What meets a caller who should be an officer with the power, and is not.
UNFIT = (
    dict.fromkeys(("root", "parent_admin", "admin", "other_admin", "proposed", "stranger"), "NotAnOfficer")
    | dict.fromkeys(("registrar", "court", "custodian", "fresh_custodian"), "ScopeMissing")
    | dict.fromkeys(("identity_officer", "issuer"), "ScopeMissing")
    | dict.fromkeys(("residency_officer", "licensing_officer", "company_registrar", "election_officer"), "ScopeMissing")
    | dict.fromkeys(("retired", "compromised", "not_yet"), "OfficerNotCurrent")
    | {"suspended_officer": "AgencyNotActive"}
)
# The same where the act names the agency, and the caller is looked for in it.
UNFIT_FOR_TWO = UNFIT | {"other_officer": "OtherAgency"}
UNFIT_FOR_REGISTER = UNFIT | {"other_officer": "NotKeeper"}
UNFIT_FOR_AGENCY = UNFIT | dict.fromkeys(("other_officer", "suspended_officer"), "OtherAgency")
DIPLOMAS, NEW_DIPLOMAS = keccak("diplomas"), keccak("new diplomas")
REGISTRAR = ("company_registrar",)


@dataclass(frozen=True)
class Rule:
    """One function's row: who passes, which error meets certain others, and which error meets the rest."""

    function: str
    act: Callable
    allowed: tuple[str, ...]
    otherwise: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)

    def error(self, role):
        """The error that must meet this role, or None when it passes."""
        return None if role in self.allowed else self.refused.get(role, self.otherwise)


@pytest.fixture(scope="module")
def cases(people, ids, state, agencies, parties, titles, documents, credentials, companies, tokens, citizens, kinds):
    """Companies at every step, by its name; gone again with the last of these tests."""
    snapshot = node("evm_snapshot")
    made = SimpleNamespace()
    for n, step in enumerate(("fresh", "reserved", "filed", "ready", "entered")):
        case = Case(SimpleNamespace(**locals()), start=1000 * (n + 1))
        setattr(made, step, case)
        if step == "fresh":
            case.anchor()
            continue
        case.reserve(key=keccak(step))
        if step == "reserved":
            continue
        case.lodge()
        if step == "filed":
            continue
        case.accept()
        case.attest()
        if step == "entered":
            case.enter()
    yield made
    node("evm_revert", snapshot)


@pytest.fixture(scope="module")
def moving(people, agencies, parties, ids, state, land):
    """The true migration contract and its title registry; gone again with the last of these tests."""
    snapshot = node("evm_snapshot")
    # Not by the deployer: Brownie remembers what is rolled back, and where it was.
    yield moves.registries(people.treasury, people, agencies, parties, ids, land.doubles)
    node("evm_revert", snapshot)


@pytest.fixture(scope="module")
def voting(people, ids, state, ceremonies):
    """An election with a key and a box; gone again with the last of these tests."""
    with undone():
        yield rights.voting(people, ids, ceremonies)


@pytest.fixture
def world(
    people,
    ids,
    state,
    agencies,
    parties,
    land,
    titles,
    liens,
    moving,
    documents,
    credentials,
    companies,
    tokens,
    citizens,
    kinds,
    cases,
    ceremonies,
    voting,
    wallet,
    second_wallet,
    entry,
):
    """All that an act may need."""
    return SimpleNamespace(**locals())


def _accept_root(w, by):
    w.agencies.proposeRoot(w.people.proposed, {"from": w.people.root})
    w.agencies.acceptRoot(by)


def _register_agency(w, by):
    w.agencies.registerAgency(ZERO_ID, w.people.citizen, 1, keccak("new.example.gov"), by)


def _register_child(w, by):
    w.agencies.registerAgency(w.ids.ministry, w.people.citizen, 1, keccak("new.example.gov"), by)


def _accept_admin(w, by):
    w.agencies.proposeAdmin(w.ids.land, w.people.proposed, {"from": w.people.root})
    w.agencies.acceptAdmin(w.ids.land, by)


def _dual_control(w, by):
    w.agencies.dualControl(by["from"], w.state.scope.court, w.ids.land, 1, "0xab", {"from": w.people.target})


def _withdraw_act(w, by):
    act = (w.state.scope.court, w.ids.land, 1, "0xab")
    w.agencies.dualControl(w.people.second_court, *act, {"from": w.people.target})
    w.agencies.withdrawAct(w.agencies.actIdOf(w.people.target, *act), by)


def _bind(w, by):
    party = w.parties.partyIdOf(w.ids.land, keccak("record"))
    message = {"party": party, "wallet": w.wallet.address, "nonce": 0, "deadline": NEVER}
    signature = sign(w.wallet, w.parties, "BindWallet", message)
    w.parties.bind(keccak("record"), w.wallet.address, 0, NEVER, signature, by)
    return party


def _rotate(w, by):
    party = _bind(w, {"from": w.people.identity_officer})
    message = {"party": party, "from": w.wallet.address, "to": w.second_wallet.address, "nonce": 1, "deadline": NEVER}
    signatures = [sign(wallet, w.parties, "RotateWallet", message) for wallet in (w.wallet, w.second_wallet)]
    w.parties.rotate(party, w.second_wallet.address, 1, NEVER, *signatures, by)


def _cancel_nonce(w, by):
    party = _bind(w, {"from": w.people.identity_officer})
    signature = sign(w.wallet, w.parties, "CancelNonce", {"party": party, "nonce": 1, "deadline": NEVER})
    w.parties.cancelNonce(party, 1, NEVER, signature, by)


def _diplomas(root):
    return (root, keccak("schema"), 1000, 0)


def _approval(w, signer, issuer, policy):
    root, schema, count, expires = _diplomas(DIPLOMAS)
    message = {"issuer": issuer, "root": root, "schema": schema, "count": count, "expiresAt": expires}
    return sign(signer, w.documents, "Approval", message | {"policy": policy, "nonce": 0, "deadline": NEVER})


def _issue_co_signed(w, by):
    party = str(_bind(w, {"from": w.people.identity_officer}))
    policy = (1, [party])
    w.documents.setPolicy(w.ids.land, policy, True, {"from": w.people.admin})
    approval = _approval(w, w.wallet, w.ids.land, str(w.documents.policyIdOf(w.ids.land, policy)))
    w.documents.issueCoSigned(w.ids.land, _diplomas(DIPLOMAS), policy, 0, NEVER, [(party, approval)], by)


def _issue_as_party(w, by):
    party = str(_bind(w, {"from": w.people.identity_officer}))
    signature = _approval(w, w.wallet, party, ZERO_ID)
    w.documents.issueAsParty(party, _diplomas(DIPLOMAS), 0, NEVER, signature, by)


def _on_diplomas(function, *arguments, hold=False):
    """An act on a root that an officer anchored, and put on hold with its first documents if need be."""

    def act(w, by):
        by_issuer = {"from": w.people.issuer}
        for root in (DIPLOMAS, NEW_DIPLOMAS):
            w.documents.issue(w.ids.land, _diplomas(root), by_issuer)
        if hold:
            w.documents.revoke(w.ids.land, DIPLOMAS, 0, 6, by_issuer)
            w.documents.revokeRoot(w.ids.land, DIPLOMAS, 6, by_issuer)
        getattr(w.documents, function)(w.ids.land, DIPLOMAS, *arguments, by)

    act.__name__ = function
    return Rule(function, act, ("issuer",), refused=UNFIT_FOR_AGENCY)


def _recover(w, by):
    person = w.citizens.applicant
    message = {"party": person.party, "wallet": w.wallet.address, "attempt": 1, "deadline": NEVER}
    signature = sign(w.wallet, w.parties, "RecoverWallet", message)
    w.parties.recover(w.ids.land, person.record, w.wallet.address, SOURCE, ZERO_ID, NEVER, signature, by)


def _recovering(w):
    """A citizen whom two officers are moving to another wallet."""
    begin_recovery(w, w.citizens.applicant, w.wallet)
    return w.citizens.applicant


def _veto(w, by):
    person = _recovering(w)
    message = {"party": person.party, "wallet": w.wallet.address, "attempt": 1, "deadline": NEVER}
    w.parties.vetoRecovery(person.party, NEVER, sign(person.wallet, w.parties, "VetoRecovery", message), by)


def _order_recovery(w, by):
    _veto(w, {"from": w.people.stranger})
    w.parties.orderRecovery(w.citizens.applicant.party, SOURCE, by)


def _cancel_recovery(w, by):
    w.parties.cancelRecovery(w.ids.land, _recovering(w).record, by)


def _complete_recovery(w, by):
    person = _recovering(w)
    wait(14 * DAY)
    w.parties.completeRecovery(person.party, by)


def _withdraw_attestation(w, by):
    for officer in (w.people.identity_officer, w.people.second_identity_officer):
        w.parties.attest(w.ids.land, keccak("record"), DIPLOMAS, SOURCE, {"from": officer})
    w.parties.withdrawAttestation(w.ids.land, keccak("record"), DIPLOMAS, by)


def _representation(w):
    return (w.ids.land, keccak("record"), 1, [w.citizens.applicant.party], SOURCE)


def _end_representation(w, by):
    for officer in (w.people.identity_officer, w.people.second_identity_officer):
        w.parties.setRepresentation(*_representation(w), {"from": officer})
    w.parties.endRepresentation(w.ids.land, keccak("record"), SOURCE, by)


def _end_organisation(w, by):
    w.parties.setOrganisation(DIPLOMAS, 1, [w.citizens.applicant.party], by)
    w.parties.endOrganisation(DIPLOMAS, by)


def _grant_power(w, by):
    principal, attorney = w.citizens.applicant, w.citizens.director
    names = ("principal", "attorney", "act", "subject", "priceFloor", "currency", "until", "nonce")
    grant = (principal.party, attorney.party, "land.sell", ZERO_ID, 0, ZERO_ID, now() + DAY, 900)
    message = dict(zip(names, grant, strict=True)) | {"deadline": NEVER}
    tx = w.parties.grantPower(grant, NEVER, sign(principal.wallet, w.parties, "GrantPower", message), by)
    return str(tx.return_value)


def _revoke_power(w, by):
    power, attorney = _grant_power(w, {"from": w.people.stranger}), w.citizens.director
    signature = sign(
        attorney.wallet, w.parties, "RevokePower", {"party": attorney.party, "power": power, "deadline": NEVER}
    )
    w.parties.revokePower(power, attorney.party, NEVER, signature, by)


def _issue_credential(w, by):
    kind = w.credentials.E_RESIDENT()
    w.credentials.issue(w.ids.land, w.citizens.outsider.party, kind, 0, now() + DAY, SOURCE, by)


def _set_rules(w, by):
    w.companies.setRules(w.ids.land, w.companies.rulesOf(w.ids.land), by)


def _sent(case, by):
    """The same case, in which everything is sent by one caller."""
    case = copy.copy(case)
    case.by_anyone = case.by_registrar = by
    return case


def _withdraw_application(w, by):
    case = w.cases.reserved
    message = {"company": case.company, "nonce": 900, "deadline": NEVER}
    signature = case.signed(w.citizens.applicant, "WithdrawApplication", **message)
    w.companies.withdraw(case.company, 900, NEVER, signature, by)


def _cancel_company_nonce(w, by):
    signature = w.cases.fresh.signed(w.citizens.applicant, "CancelNonce", nonce=900, deadline=NEVER)
    w.companies.cancelNonce(w.citizens.applicant.party, 900, NEVER, signature, by)


def _pay_fee(w, by):
    token = w.tokens.FairToken
    token.mint(by["from"], FEE, by)
    token.approve(w.companies, FEE, by)
    w.companies.payFee(w.cases.filed.company, token, FEE, by)


def _pay_fee_for(w, by):
    token, wallet = w.tokens.FairToken, w.citizens.applicant.wallet.address
    token.mint(wallet, FEE, by)
    node("anvil_impersonateAccount", wallet)
    token.approve(w.companies, FEE, {"from": accounts.at(wallet, force=True)})
    _sent(w.cases.filed, by).pay_for()


def _order_change(w, by):
    case = w.cases.entered
    w.companies.orderChange(case.company, case.file.struct, SOURCE, by)


def _change(w, by):
    case = _sent(w.cases.entered, by)
    case.change(case.file.changed(addressHash=SOURCE))


# Tables by contract, so that two functions of one name are two decisions.
TABLES = {
    "AgencyRegistry": (
        Rule("proposeRoot", lambda w, by: w.agencies.proposeRoot(w.people.proposed, by), ("root",), "NotRoot"),
        Rule("acceptRoot", _accept_root, ("proposed",), "NotProposed"),
        Rule("registerAgency", _register_agency, ("root",), "NotRoot"),
        Rule("registerAgency", _register_child, ("parent_admin",), "NotAuthority"),
        Rule(
            "changeScopes",
            lambda w, by: w.agencies.changeScopes(w.ids.land, 1, by),
            ("root", "parent_admin"),
            "NotAuthority",
        ),
        Rule(
            "changeStatus",
            lambda w, by: w.agencies.changeStatus(w.ids.land, SUSPENDED, by),
            ("root", "parent_admin"),
            "NotAuthority",
        ),
        Rule(
            "proposeAdmin",
            lambda w, by: w.agencies.proposeAdmin(w.ids.land, w.people.proposed, by),
            ("root", "parent_admin", "admin"),
            "NotAuthority",
        ),
        Rule("acceptAdmin", _accept_admin, ("proposed",), "NotProposed"),
        Rule(
            "accredit",
            lambda w, by: w.agencies.accredit(w.ids.land, w.people.citizen, 1, 0, now() + DAY, by),
            ("admin",),
            "NotAuthority",
        ),
        Rule(
            "retire",
            lambda w, by: w.agencies.retire(w.people.registrar, 0, by),
            ("admin", "registrar"),
            "NotAuthority",
        ),
        Rule(
            "markCompromised",
            lambda w, by: w.agencies.markCompromised(w.people.second_court, now(), by),
            ("custodian",),
            refused=UNFIT | {"other_officer": "OtherAgency", "fresh_custodian": "OfficerTooFresh"},
        ),
        Rule("dualControl", _dual_control, ("court",), refused=UNFIT | {"other_officer": "OtherAgency"}),
        Rule("withdrawAct", _withdraw_act, ("court",), refused=UNFIT | {"other_officer": "OtherAgency"}),
    ),
    "PartyRegistry": (
        # To another agency's officer the same commitment names another party, which the wallet did not sign for.
        Rule("bind", _bind, ("identity_officer",), refused=UNFIT | {"other_officer": "SignatureInvalid"}),
        Rule("rotate", _rotate, ROLES),
        Rule("cancelNonce", _cancel_nonce, ROLES),
        Rule("recover", _recover, ("identity_officer",), refused=UNFIT_FOR_AGENCY),
        Rule("vetoRecovery", _veto, ROLES),
        # A key with every power is the court's and the officers' at once.
        Rule("orderRecovery", _order_recovery, ("court",), refused=UNFIT | {"other_officer": "CourtNotApart"}),
        Rule("cancelRecovery", _cancel_recovery, ("identity_officer",), refused=UNFIT_FOR_AGENCY),
        Rule("completeRecovery", _complete_recovery, ROLES),
        Rule(
            "attest",
            lambda w, by: w.parties.attest(w.ids.land, keccak("record"), DIPLOMAS, SOURCE, by),
            ("identity_officer",),
            refused=UNFIT_FOR_AGENCY,
        ),
        Rule("withdrawAttestation", _withdraw_attestation, ("identity_officer",), refused=UNFIT_FOR_AGENCY),
        Rule(
            "setRepresentation",
            lambda w, by: w.parties.setRepresentation(*_representation(w), by),
            ("identity_officer",),
            refused=UNFIT_FOR_AGENCY,
        ),
        Rule("endRepresentation", _end_representation, ("identity_officer",), refused=UNFIT_FOR_AGENCY),
        # Under its own address any contract, and any account, keeps organisations; nobody reaches another's.
        Rule(
            "setOrganisation",
            lambda w, by: w.parties.setOrganisation(DIPLOMAS, 1, [w.citizens.applicant.party], by),
            ROLES,
        ),
        Rule("endOrganisation", _end_organisation, ROLES),
        Rule("grantPower", _grant_power, ROLES),
        Rule("revokePower", _revoke_power, ROLES),
    ),
    "TitleRegistry": (
        Rule(
            "setRegister",
            lambda w, by: w.titles.setRegister(jurisdiction("SE"), w.ids.land, MIRROR, by),
            ("root",),
            "NotRoot",
        ),
        Rule(
            "register",
            lambda w, by: w.titles.register(jurisdiction("GB"), w.entry(), by),
            ("registrar",),
            refused=UNFIT | {"other_officer": "NotKeeper"},
        ),
        Rule(
            "registerBatch",
            lambda w, by: w.titles.registerBatch(jurisdiction("GB"), [w.entry()], by),
            ("registrar",),
            refused=UNFIT | {"other_officer": "NotKeeper"},
        ),
        Rule("registerAbsent", acts.register_absent, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("admit", acts.admit, ROLES),
        Rule("admitProven", acts.admit_proven, (), "NotMigration"),
        Rule("cancelNonce", acts.cancel_titles_nonce, ROLES),
        # Any court's officer; the other officer is one of another court.
        Rule("freeze", acts.freeze, ("court", "other_officer"), refused=UNFIT),
        Rule("liftFreeze", acts.lift_freeze, ("court",), refused=UNFIT_FOR_AGENCY),
        Rule("enterCaveat", acts.enter_caveat, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("cancelCaveat", acts.cancel_caveat, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("withdrawCaveat", acts.withdraw_caveat, ROLES),
        Rule("setNotice", acts.set_notice, (), "NotConveyance"),
        Rule("clearNotice", acts.clear_notice, (), "NotConveyance"),
        Rule("convey", acts.convey, (), "NotConveyance"),
        Rule("transmit", acts.transmit, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("rectify", acts.rectify, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("proposeGrade", acts.propose_grade, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("withdrawGrade", acts.withdraw_grade, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("completeGrade", acts.complete_grade, ROLES),
        Rule("subdivide", acts.subdivide, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("merge", acts.merge, ("registrar",), refused=UNFIT_FOR_REGISTER),
    ),
    "LienRegistry": (
        Rule("enter", acts.enter_lien, ("registrar",), refused=UNFIT_FOR_AGENCY),
        Rule("enterByOrder", acts.enter_by_order, ("registrar",), refused=UNFIT_FOR_TWO),
        Rule("enterForSale", acts.enter_for_sale, (), "NotConveyance"),
        Rule("dischargeForSale", acts.discharge_for_sale, (), "NotConveyance"),
        Rule("dischargeByOrder", acts.discharge_by_order, ("registrar",), refused=UNFIT_FOR_TWO),
        Rule("discharge", acts.discharge, ROLES),
        Rule("assign", acts.assign, ROLES),
        Rule("postpone", acts.postpone, ROLES),
        Rule("enterInterest", acts.enter_interest, ("registrar",), refused=UNFIT_FOR_AGENCY),
        Rule("enterInterestByOrder", acts.enter_interest_by_order, ("registrar",), refused=UNFIT_FOR_TWO),
        Rule("endInterestByOrder", acts.end_interest_by_order, ("registrar",), refused=UNFIT_FOR_TWO),
        Rule("endInterest", acts.end_interest, ROLES),
        Rule("expireInterest", acts.expire_interest, ROLES),
        Rule("carryIn", acts.carry_in, (), "NotTitles"),
        Rule("carryToParts", acts.carry_to_parts, (), "NotTitles"),
        Rule("carryToWhole", acts.carry_to_whole, (), "NotTitles"),
        Rule("cancelNonce", acts.cancel_liens_nonce, ROLES),
    ),
    "TitleMigration": (
        Rule("propose", moves.propose, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("withdraw", moves.withdraw, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("refute", moves.refute, ROLES),
        # Any court's officer, as with a title; lifted by the same court alone.
        Rule("freeze", moves.freeze, ("court", "other_officer"), refused=UNFIT),
        Rule("liftFreeze", moves.lift_freeze, ("court",), refused=UNFIT_FOR_AGENCY),
        Rule("annul", moves.annul, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("release", moves.release, ("registrar",), refused=UNFIT_FOR_REGISTER),
        Rule("admitNeighbours", moves.admit_neighbours, ROLES),
    ),
    "DocumentRegistry": (
        Rule(
            "issue",
            lambda w, by: w.documents.issue(w.ids.land, _diplomas(DIPLOMAS), by),
            ("issuer",),
            refused=UNFIT_FOR_AGENCY,
        ),
        Rule("issueCoSigned", _issue_co_signed, ROLES),
        Rule("issueAsParty", _issue_as_party, ROLES),
        Rule(
            "setPolicy",
            lambda w, by: w.documents.setPolicy(w.ids.land, (1, [DIPLOMAS]), True, by),
            ("admin",),
            "NotIssuer",
        ),
        Rule(
            "cancelNonce",
            lambda w, by: w.documents.cancelNonce(w.ids.land, 0, by),
            ("issuer",),
            refused=UNFIT_FOR_AGENCY,
        ),
        _on_diplomas("revoke", 0, 1),
        _on_diplomas("revokeWords", [(0, 1)], 1),
        _on_diplomas("releaseWord", 0, 1, hold=True),
        _on_diplomas("revokeRoot", 1),
        _on_diplomas("releaseRoot", hold=True),
        _on_diplomas("supersedeRoot", NEW_DIPLOMAS),
        _on_diplomas("supersede", 0, NEW_DIPLOMAS, 0),
    ),
    "CredentialRegistry": (
        Rule(
            "defineKind",
            lambda w, by: w.credentials.defineKind(w.ids.land, "DIVER", w.state.scope.licensing, by),
            ("admin",),
            "NotAdmin",
        ),
        Rule("issue", _issue_credential, ("residency_officer",), refused=UNFIT_FOR_AGENCY),
        Rule(
            "revoke",
            lambda w, by: w.credentials.revoke(w.citizens.applicant.party, w.kinds.e_resident, 5, by),
            ("residency_officer",),
            refused=UNFIT_FOR_AGENCY,
        ),
    ),
    "CompanyRegistry": (
        Rule("setRules", _set_rules, ("admin",), "NotAdmin"),
        Rule("reserve", lambda w, by: _sent(w.cases.fresh, by).reserve(), REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule("withdraw", _withdraw_application, ROLES),
        Rule("cancelNonce", _cancel_company_nonce, ROLES),
        Rule(
            "refuse",
            lambda w, by: w.companies.refuse(w.cases.ready.company, SOURCE, by),
            REGISTRAR,
            refused=UNFIT_FOR_AGENCY,
        ),
        Rule("fileArticles", lambda w, by: _sent(w.cases.reserved, by).lodge(), ROLES),
        Rule("acceptContact", lambda w, by: _sent(w.cases.filed, by).accept(), ROLES),
        Rule("payFee", _pay_fee, ROLES),
        Rule("payFeeFor", _pay_fee_for, ROLES),
        Rule("attestFee", lambda w, by: _sent(w.cases.filed, by).attest(), REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule("enter", lambda w, by: _sent(w.cases.ready, by).enter(number="7"), REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule("change", _change, REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule("orderChange", _order_change, REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule("dissolve", lambda w, by: _sent(w.cases.entered, by).dissolve(), REGISTRAR, refused=UNFIT_FOR_AGENCY),
        Rule(
            "strikeOff",
            lambda w, by: w.companies.strikeOff(w.cases.entered.company, SOURCE, by),
            REGISTRAR,
            refused=UNFIT_FOR_AGENCY,
        ),
    ),
    "TrusteeCeremony": (
        # The other officer begins one of its own agency.
        Rule("begin", rights.begin, ("election_officer", "other_officer"), refused=UNFIT),
        *(Rule(name, rights.step(name, *given), (), "NotTrustee") for name, given in rights.STEPS.items()),
        Rule("finish", rights.finish, ROLES),
        Rule("openElection", rights.open_election, ("election_officer",), refused=UNFIT_FOR_TWO),
    ),
    "BallotBox": (
        # Who votes is asked of the ballot, who counts of the shares; whoever sends them is nobody.
        Rule("cast", rights.cast, ROLES),
        Rule("withdraw", rights.withdraw, ROLES),
        Rule("postpone", rights.postpone, ("election_officer",), refused=UNFIT_FOR_TWO),
        Rule("join", rights.join, ROLES),
        Rule("count", rights.count, ROLES),
    ),
}
ROWS = [
    pytest.param(rule, id=f"{contract}-{rule.act.__name__.replace('<lambda>', rule.function)}")
    for contract, table in TABLES.items()
    for rule in table
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", ROWS)
def test_role_and_function(rule, role, world):
    """Must let through exactly the roles that the table allows, and meet every other with the error it names."""
    caller = {"from": getattr(world.people, role)}
    error = rule.error(role)
    if error is None:
        rule.act(world, caller)
    else:
        with reverts(error, ...):
            rule.act(world, caller)


def test_tables_cover_every_function(
    agencies, parties, titles, liens, moving, documents, credentials, companies, ceremonies, voting
):
    """Must have a row for each function that changes state, so that none is added without a decision."""
    contracts = (agencies, parties, titles, liens, moving.migration, documents, credentials, companies)
    functions = {
        contract._name: {
            each["name"]
            for each in contract.abi
            if each["type"] == "function" and each["stateMutability"] not in {"view", "pure"}
        }
        for contract in (*contracts, ceremonies, voting.box)
    }
    assert functions == {contract: {rule.function for rule in table} for contract, table in TABLES.items()}
