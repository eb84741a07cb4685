"""Typed data of titles and what weighs on them: the shared vectors against the registries, each at its act."""

import pytest

from tests.contracts.conveyance.deals import consent, words
from tests.contracts.conveyance.moved import CASES, HOME_NONCE, Moved, paper
from tests.contracts.helpers import DAY, ZERO_ID, now, reverts
from tests.contracts.identity.test_typed_data import each, numbers, on_chain
from tests.vectors.land import lien_id

__all__ = ["on_chain"]


@pytest.fixture
def moved(world, identity_officer):
    """The registries where a case has them."""
    return lambda case: Moved.of(world, case, identity_officer)


def signed(there, case, signers, deadline):
    """Everybody's consents, the case's own among them with this deadline."""
    own = case["signatures"][0]
    given = []
    for one in signers:
        if one.id == own["party"]:
            given.append((ZERO_ID, ZERO_ID, int(case["message"]["nonce"]), deadline, own["signature"]))
        else:
            given.append(consent(there, case["kind"], numbers(case), one, nonce=HOME_NONCE, contract=there.registry))
    return given


def cancelling(there, case):
    """The one act that takes its parts one by one."""
    (own,), message = case["signatures"], numbers(case)
    there.person(own)
    values = (message["party"], message["nonce"])
    return lambda deadline: there.registry.cancelNonce.call(*values, deadline, own["signature"], there.relay)


def tried(case, act, on_chain):
    """The act passes as it was signed, and with another deadline it does not."""
    deadline = int(case["message"]["deadline"])
    on_chain(case)
    act(deadline)
    with reverts("SignatureInvalid", ...):
        act(deadline - 1)


@each(CASES["TitleRegistry"])
def test_title_registry_agrees(case, moved, on_chain):
    """Must be accepted under the contract's own address and chain id, as it was signed and not otherwise."""
    there, message, kind = moved(case), numbers(case), case["kind"]
    registry, registrar, anyone = there.titles, {"from": there.registrar}, there.relay
    signer = there.person(case["signatures"][0])

    if kind == "SubdivideTitle":
        source = (message["sourceHash"], message["legalDate"])
        holders = there.holders(case["titles"][0])

        def act(deadline):
            parts, given = words(message["parts"]), signed(there, case, holders, deadline)
            return registry.subdivide.call(message["title"], parts, source, given, [], registrar)
    elif kind == "MergeTitles":
        source = (message["sourceHash"], message["legalDate"])
        holders = there.holders(case["titles"][0])

        def act(deadline):
            whole, given = words(message["whole"]), signed(there, case, holders, deadline)
            return registry.merge.call(message["titles"], whole, source, given, b"", registrar)
    elif kind == "WithdrawCaveat":
        title, until = case["titles"][0]["id"], now() + DAY
        made = registry.enterCaveat(title, message["party"], until, case["claim"], registrar)
        assert str(made.return_value) == message["caveat"]

        def act(deadline):
            return registry.withdrawCaveat.call(message["caveat"], *signed(there, case, [signer], deadline), anyone)
    else:
        act = cancelling(there, case)

    tried(case, act, on_chain)


@each(CASES["LienRegistry"])
def test_lien_registry_agrees(case, moved, on_chain):
    """Must be accepted under the contract's own address and chain id, as it was signed and not otherwise."""
    there, message, kind = moved(case), numbers(case), case["kind"]
    registry, registrar, anyone = there.liens, {"from": there.registrar}, there.relay
    signer = there.person(case["signatures"][0])
    title = case["titles"][0] if "titles" in case else None
    lien = words(paper("Lien", case["lien"])) if "lien" in case else None
    interest = words(paper("Interest", case["interest"])) if "interest" in case else None

    if kind == "ChargeTitle":
        there.carry(title["id"], case["liens"])

        def act(deadline):
            given = signed(there, case, there.holders(title), deadline)
            terms = (words(message["lien"]), message["rank"], message["legalDate"])
            return registry.enter.call(title["id"], *terms, given, registrar)
    elif kind == "DischargeLien":
        for each_ in message["titles"]:
            there.carry(each_, [lien_id(case["lien"])])

        def act(deadline):
            return registry.discharge.call(message["titles"], lien, *signed(there, case, [signer], deadline), anyone)
    elif kind == "PostponeLien":
        there.carry(title["id"], case["liens"])

        def act(deadline):
            (given,) = signed(there, case, [signer], deadline)
            return registry.postpone.call(title["id"], lien, message["behind"], message["rank"], given, anyone)
    elif kind == "AssignLien":

        def act(deadline):
            return registry.assign.call(lien, message["to"], *signed(there, case, [signer], deadline), anyone)
    elif kind == "GrantInterest":

        def act(deadline):
            given = signed(there, case, there.holders(title), deadline)
            return registry.enterInterest.call(title["id"], interest, message["legalDate"], given, registrar)
    elif kind == "EndInterest":
        for each_ in message["titles"]:
            there.carry(each_, [], [message["interest"]])

        def act(deadline):
            given = signed(there, case, [signer], deadline)
            return registry.endInterest.call(message["titles"], interest, given, anyone)
    else:
        act = cancelling(there, case)

    tried(case, act, on_chain)


@each([case for cases in CASES.values() for case in cases if case["kind"] == "CancelNonce"])
def test_domain_is_told(case, moved, on_chain):
    """Must tell wallets its domain as ERC-5267 says, after a fork of the chain the new one."""
    there = moved(case)
    on_chain(case)
    _, name, version, chain_id, contract, salt, extensions = there.registry.eip712Domain()
    domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract.lower()}
    assert domain == case["domain"]
    assert (int(str(salt), 16), list(extensions)) == (0, [])
