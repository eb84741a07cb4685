"""Who may do what: every state-changing function of every contract against every role, in one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from tests.contracts.helpers import (
    DAY,
    MIRROR,
    NEVER,
    SUSPENDED,
    ZERO_ID,
    jurisdiction,
    keccak,
    now,
    reverts,
    sign,
)
from tests.contracts.land import acts

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
    | dict.fromkeys(("retired", "compromised", "not_yet"), "OfficerNotCurrent")
    | {"suspended_officer": "AgencyNotActive"}
)
# The same where the act names the agency, and the caller is looked for in it.
UNFIT_FOR_TWO = UNFIT | {"other_officer": "OtherAgency"}
UNFIT_FOR_REGISTER = UNFIT | {"other_officer": "NotKeeper"}
UNFIT_FOR_AGENCY = UNFIT | dict.fromkeys(("other_officer", "suspended_officer"), "OtherAgency")
DIPLOMAS, NEW_DIPLOMAS = keccak("diplomas"), keccak("new diplomas")


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


@pytest.fixture
def world(people, ids, state, agencies, parties, land, titles, liens, documents, wallet, second_wallet, entry):
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


TABLE = (
    # AgencyRegistry
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
    # PartyRegistry
    # To another agency's officer the same commitment names another party, which the wallet did not sign for.
    Rule("bind", _bind, ("identity_officer",), refused=UNFIT | {"other_officer": "SignatureInvalid"}),
    Rule("rotate", _rotate, ROLES),
    Rule("cancelNonce", _cancel_nonce, ROLES),
    # TitleRegistry
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
    # LienRegistry
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
    # DocumentRegistry
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
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.act.__name__.replace("<lambda>", rule.function))
def test_role_and_function(rule, role, world):
    """Must let through exactly the roles that the table allows, and meet every other with the error it names."""
    caller = {"from": getattr(world.people, role)}
    error = rule.error(role)
    if error is None:
        rule.act(world, caller)
    else:
        with reverts(error, ...):
            rule.act(world, caller)


def test_table_covers_every_function(agencies, parties, titles, liens, documents):
    """Must have a row for each function that changes state, so that none is added without a decision."""
    functions = {
        item["name"]
        for contract in (agencies, parties, titles, liens, documents)
        for item in contract.abi
        if item["type"] == "function" and item["stateMutability"] not in {"view", "pure"}
    }
    assert functions == {rule.function for rule in TABLE}
