"""Who may do what in a sale: every state-changing function of sales and their escrow against every role.

The other contracts' tables stand in tests/contracts/test_permissions.py.
"""

import copy
from types import SimpleNamespace

import pytest

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CANCELLED,
    CONTRACT_SIGNED,
    DUTY_PAID,
    EURO,
    FEE,
    FINANCED,
    GB,
    LISTED,
    NOBODY,
    OFFER_ACCEPTED,
    ORGANISATION,
    PENDING_TITLE,
    PERSON,
    REGISTERED,
    papers,
    words,
)
from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, node, reverts, sign, wait
from tests.contracts.test_permissions import ROLES, UNFIT_FOR_AGENCY, Rule

STAGES = (None, LISTED, OFFER_ACCEPTED, CONTRACT_SIGNED, PENDING_TITLE, FINANCED, BILL_SIGNED, DUTY_PAID)


@pytest.fixture(scope="module")
def stages(world):
    """Sales at every step: by a bank's word by their state, and three with money in escrow by name."""
    snapshot = node("evm_snapshot")
    made = {status: _sale(world, f"at {status}", None) for status in STAGES}
    for status, sale in made.items():
        if status is not None:
            sale.to(status)
    for name, status in (("paying", PENDING_TITLE), ("ended", PENDING_TITLE), ("done", REGISTERED)):
        made[name] = _sale(world, name, world.money.FairMoney).to(status)
    made["ended"].deposit()
    made["ended"].cancel()
    assert made["ended"].status == CANCELLED
    yield made
    node("evm_revert", snapshot)


def _sale(world, ref, token):
    land = (ref, keccak(ref), 1, 3, 1, [(world.anna.id, 1)], keccak("a deed"), 0)
    title = str(world.titles.register(GB, land, {"from": world.registrar}).return_value)
    return papers(world, title, [world.anna], [world.carl], token=token, seed=ref)


def _step(name, stage):
    """A step of the sale at this stage, relayed by the caller."""

    def act(w, by):
        sale = copy.copy(w.stages[stage])
        sale.world = SimpleNamespace(**vars(sale.world) | {"relay": by})
        getattr(sale, name)()

    return act


def _by_officer(name, stage):
    return lambda w, by: getattr(w.stages[stage], name)(by=by["from"])


def _deposit(w, by):
    w.stages["paying"].deposit(payer=by["from"])


def _expire(w, by):
    wait(11 * DAY)
    _step("expire", LISTED)(w, by)


def _cancel_nonce(w, by):
    anna = w.world.anna
    message = {"party": anna.id, "nonce": 10**9, "deadline": NEVER}
    signature = sign(anna.key, w.world.sales, "CancelNonce", message)
    w.world.sales.cancelNonce(anna.id, 10**9, NEVER, signature, by)


def _multicall(w, by):
    """What it carries out is judged as if it were sent alone."""
    sale = w.stages[CONTRACT_SIGNED]
    call = w.world.sales.lodge.encode_input(words(sale.listing), words(sale.terms))
    w.world.sales.multicall([call], by)


def _set_rates(w, by):
    w.world.escrow.setRates(GB, EURO, (True, PERSON, ORGANISATION, NOBODY, FEE), by)


def _take(w, by):
    sale = w.stages["paying"]
    w.world.escrow.take(sale.id, sale.token, by["from"], 0, NEVER, by)


def _release(w, by):
    sale = w.stages["paying"]
    w.world.escrow.release(sale.id, sale.token, [], ZERO_ID, 0, by)


def _refund(w, by):
    w.world.escrow.refund(w.stages["ended"].id, w.world.payer, by)


def _withdraw(w, by):
    w.world.escrow.withdraw(w.world.money.FairMoney, by["from"], by)


def _withdraw_for(w, by):
    w.world.escrow.withdrawFor(w.world.money.FairMoney, w.world.treasury, by)


TABLES = {
    "Conveyance": (
        Rule("list", _step("list", None), ROLES),
        Rule("acceptOffer", _step("accept", LISTED), ROLES),
        Rule("signContract", _step("contract", OFFER_ACCEPTED), ROLES),
        Rule("lodge", _by_officer("lodge", CONTRACT_SIGNED), ("registrar",), refused=UNFIT_FOR_AGENCY),
        # The buyers name who may pay, whatever else he may.
        Rule("deposit", _deposit, (), "PayerRefused"),
        Rule("finance", _step("finance", PENDING_TITLE), ROLES),
        Rule("signBillOfSale", _step("bill", FINANCED), ROLES),
        Rule("confirmDuty", _by_officer("duty", BILL_SIGNED), ("registrar",), refused=UNFIT_FOR_AGENCY),
        Rule("settle", _step("settle", DUTY_PAID), ROLES),
        Rule("cancel", _step("cancel", FINANCED), ROLES),
        Rule("expire", _expire, ROLES),
        Rule("cancelNonce", _cancel_nonce, ROLES),
        Rule("multicall", _multicall, ("registrar",), refused=UNFIT_FOR_AGENCY),
    ),
    "SaleEscrow": (
        Rule("setRates", _set_rates, ("admin",), "NotAdmin"),
        Rule("take", _take, (), "NotConveyance"),
        Rule("release", _release, (), "NotConveyance"),
        Rule("refund", _refund, ROLES),
        # Each fetches what is to its own credit: these have none.
        Rule("withdraw", _withdraw, (), "NothingDue"),
        Rule("withdrawFor", _withdraw_for, ROLES),
    ),
}
ROWS = [pytest.param(rule, id=f"{contract}-{rule.function}") for contract, table in TABLES.items() for rule in table]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", ROWS)
def test_role_and_function(rule, role, world, stages, people):
    """Must let through exactly the roles that the table allows, and meet every other with the error it names."""
    w, caller = SimpleNamespace(world=world, stages=stages), {"from": getattr(people, role)}
    error = rule.error(role)
    if error is None:
        rule.act(w, caller)
    else:
        with reverts(error, ...):
            rule.act(w, caller)


def test_tables_cover_every_function(world):
    """Must have a row for each function that changes state, so that none is added without a decision."""
    functions = {
        contract._name: {
            each["name"]
            for each in contract.abi
            if each["type"] == "function" and each["stateMutability"] not in {"view", "pure"}
        }
        for contract in (world.sales, world.escrow)
    }
    assert functions == {contract: {rule.function for rule in table} for contract, table in TABLES.items()}
