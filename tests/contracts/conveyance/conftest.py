"""The whole land registry with sales in it, and people, agents and banks who sell, buy and lend."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from brownie import Conveyance, CredentialRegistry, LienRegistry, SaleEscrow, TitleRegistry, accounts, compile_source
from eth_account import Account

from tests.contracts.conveyance.deals import (
    EURO,
    FEE,
    GB,
    NOBODY,
    ORGANISATION,
    PERSON,
    consent,
    currency_of,
    lien,
    papers,
    words,
)
from tests.contracts.helpers import DAY, MIRROR, NEVER, ZERO_ID, keccak, sign, wait

ROOT = Path(__file__).parents[3]
NAMES = ("anna", "bert", "carl", "dora", "agent", "sellers_bank", "buyers_bank", "lender", "attorney", "unlicensed")


@pytest.fixture(scope="session")
def money(people, state):
    """Tokens, good and bad, that exist for tests only: one of each, by name."""
    project = compile_source((ROOT / "tests/contracts/doubles/SaleTokens.sol").read_text(), evm_version="cancun")
    return SimpleNamespace(**{each._name: each.deploy({"from": people.deployer}) for each in project})


@pytest.fixture(scope="session")
def world(people, ids, state, agencies, parties, land, money):
    """The contracts wired to each other, GB's register with its rates, and licensed people with wallets."""
    p, by = people, {"from": people.deployer}
    credentials = CredentialRegistry.deploy(agencies, by)
    address = [p.deployer.get_deployment_address(p.deployer.nonce + place) for place in range(5)]
    liens = LienRegistry.deploy(agencies, parties, address[4], by)
    migration = land.doubles.MigrationDouble.deploy(address[4], by)
    escrow = SaleEscrow.deploy(agencies, parties, address[4], address[3], by)
    sales = Conveyance.deploy(agencies, parties, credentials, address[4], liens, escrow, by)
    titles = TitleRegistry.deploy(agencies, parties, liens, migration, sales, by)
    titles.setRegister(GB, ids.land, MIRROR, {"from": p.root})

    licensing = accounts[46]
    agencies.accredit(ids.land, licensing, agencies.LICENSING(), 0, state.end, {"from": p.admin})
    treasury = accounts[47]
    for currency in (EURO, *(currency_of(token) for token in vars(money).values())):
        payee = NOBODY if currency == EURO else treasury
        escrow.setRates(GB, currency, (True, PERSON, ORGANISATION, payee, FEE), {"from": p.admin})

    named = {}
    for name in NAMES:
        key = Account.from_key(keccak(f"key of {name} who sells"))
        record = keccak(f"record of {name} who sells")
        party = str(parties.partyIdOf(ids.land, record))
        signature = sign(
            key, parties, "BindWallet", {"party": party, "wallet": key.address, "nonce": 0, "deadline": NEVER}
        )
        parties.bind(record, key.address, 0, NEVER, signature, {"from": p.identity_officer})
        named[name] = SimpleNamespace(id=party, key=key, record=record)
    for first, second in (("anna", "bert"), ("carl", "dora")):
        if named[first].id > named[second].id:
            named[first], named[second] = named[second], named[first]
    bank, agent = credentials.BANK(), credentials.ESTATE_AGENT()
    for name, kind in (("agent", agent), ("sellers_bank", bank), ("buyers_bank", bank)):
        issued = (ids.land, named[name].id, kind, 0, state.end, keccak("a decision"))
        credentials.issue(*issued, {"from": licensing})
    return SimpleNamespace(
        **named,
        sales=sales,
        escrow=escrow,
        liens=liens,
        titles=titles,
        credentials=credentials,
        agencies=agencies,
        parties=parties,
        ids=ids,
        money=money,
        registrar=p.registrar,
        court=p.court,
        admin=p.admin,
        stranger=p.stranger,
        relay={"from": p.stranger},
        licensing=licensing,
        treasury=treasury,
        payer=accounts[48],
        second_payer=accounts[49],
        agent_payout=accounts[50],
        lender_payout=accounts[51],
        payout_of={named[name].id: accounts[52 + place] for place, name in enumerate(NAMES[:4])},
        state=state,
    )


@pytest.fixture
def owned(world, entry):
    """Register a title of these in equal shares; its id."""

    def made(*holders, ref="landregistry-index:12345678"):
        parts = [(each.id, 1) for each in holders]
        made = entry(ref, denominator=len(parts), shares=parts)
        return str(world.titles.register(GB, made, {"from": world.registrar}).return_value)

    return made


@pytest.fixture
def charged(world):
    """Charge a title at version 1 with a lien of the lender; its terms."""

    def done(title, *holders, amount=1_000_000, deed="a deed"):
        terms = lien(world.lender, amount, deed=deed)
        message = {"title": title, "version": 1, "lien": terms, "rank": 0, "legalDate": 0}
        given = [consent(world, "ChargeTitle", message, each, contract=world.liens) for each in holders]
        world.liens.enter(title, words(terms), 0, 0, given, {"from": world.registrar})
        return terms

    return done


@pytest.fixture
def deal(world, owned):
    """Anna and Bert sell to Carl, for fair money, through an agent; Carl's bank signs for its money."""

    def made(*, sellers=None, buyers=None, token=world.money.FairMoney, ref="landregistry-index:12345678", **changes):
        sellers = sellers or [world.anna, world.bert]
        title = owned(*sellers, ref=ref)
        return papers(world, title, sellers, buyers or [world.carl], token=token, **changes)

    return made


@pytest.fixture
def with_liens(world, charged):
    """Charge the deal's title, and say for each lien the most that it may cost to pay it off, or 0 to keep it."""

    def done(the, *fates):
        for place, payoff in enumerate(fates):
            terms = charged(the.title, *the.sellers, amount=500_000 + place, deed=f"deed {place}")
            the.mortgages.append(terms)
            the.terms["liens"].append({"lien": str(world.liens.lienIdOf(words(terms))), "payoff": payoff})
        return the

    return done


@pytest.fixture
def freeze(world):
    """Freeze a title by court; the freeze's id."""

    def done(title):
        return str(world.titles.freeze(title, keccak("an order"), {"from": world.court}).return_value)

    return done


@pytest.fixture
def second_identity_officer(world, agencies, ids, admin, target, state):
    """A second identity officer, whose key is old enough for dual control."""
    agencies.accredit(ids.land, target, state.scope.identity, 0, state.end, {"from": admin})
    wait(3 * DAY)
    return target


@pytest.fixture
def power(world):
    """Give the attorney a power of this principal's; its id."""

    def given(principal, act, *, floor=0, currency=ZERO_ID, subject=ZERO_ID, nonce=77):
        grant = {
            "principal": principal.id,
            "attorney": world.attorney.id,
            "act": act,
            "subject": subject,
            "priceFloor": floor,
            "currency": currency if floor else ZERO_ID,
            "until": world.state.end,
            "nonce": nonce,
        }
        signature = sign(principal.key, world.parties, "GrantPower", grant | {"deadline": NEVER})
        return str(world.parties.grantPower(words(grant), NEVER, signature, world.relay).return_value)

    return given
