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
    | dict.fromkeys(("registrar", "court", "custodian", "fresh_custodian", "identity_officer"), "ScopeMissing")
    | dict.fromkeys(("retired", "compromised", "not_yet"), "OfficerNotCurrent")
    | {"suspended_officer": "AgencyNotActive"}
)


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
def world(people, ids, state, agencies, parties, titles, wallet, second_wallet, entry):
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


def test_table_covers_every_function(agencies, parties, titles):
    """Must have a row for each function that changes state, so that none is added without a decision."""
    functions = {
        item["name"]
        for contract in (agencies, parties, titles)
        for item in contract.abi
        if item["type"] == "function" and item["stateMutability"] not in {"view", "pure"}
    }
    assert functions == {rule.function for rule in TABLE}
