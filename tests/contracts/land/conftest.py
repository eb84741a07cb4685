"""The register of Great Britain, its registrars, and people with wallets who hold and charge its titles."""

from itertools import count
from types import SimpleNamespace

import pytest
from brownie import web3
from eth_account import Account

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, jurisdiction, keccak, now, sign, typed, wait

GB = jurisdiction("GB")
SALE, OTHER_SALE = keccak("a sale"), keccak("another sale")
SOURCE = (keccak("a deed"), 20_260_401)
NO_SOURCE = (ZERO_ID, 20_260_401)
FREEZE, CAVEAT = 1, 2
INHERITANCE, DIVORCE, BY_COURT = 1, 2, 3
CONTRACTUAL, STATUTORY, COURT_LIEN = 1, 2, 3
LEASE, EASEMENT = 1, 2
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
GEOMETRY = "0x" + "ab" * 32


@pytest.fixture
def register(titles, registrar, entry):
    """Register one entry in GB; fields can be replaced."""

    def made(ref="landregistry-index:12345678", **changes):
        return titles.register(GB, entry(ref, **changes), {"from": registrar})

    return made


@pytest.fixture
def title_of(titles):
    """The id of a reference in GB, as hex text."""
    return lambda ref="landregistry-index:12345678": str(titles.titleIdOf(GB, ref))


@pytest.fixture(scope="session")
def owners(parties, ids, people, state):
    """People with wallets. Anna's id comes before Bert's, as holders' must."""

    def bound(name):
        key = Account.from_key(keccak(f"key of {name}"))
        record = keccak(f"record of {name}")
        party = str(parties.partyIdOf(ids.land, record))
        message = {"party": party, "wallet": key.address, "nonce": 0, "deadline": NEVER}
        signature = sign(key, parties, "BindWallet", message)
        parties.bind(record, key.address, 0, NEVER, signature, {"from": people.identity_officer})
        return SimpleNamespace(id=party, key=key)

    pair = sorted((bound("one holder"), bound("another holder")), key=lambda owner: owner.id)
    others = {name: bound(name) for name in ("bank", "other_bank", "claimant", "attorney")}
    return SimpleNamespace(anna=pair[0], bert=pair[1], **others)


@pytest.fixture
def owned(register, title_of):
    """Register a title of these owners in equal shares; its id."""

    def made(*holders, ref="landregistry-index:12345678", **changes):
        parts = [(owner.id, 1) for owner in holders]
        register(ref, denominator=len(parts), shares=parts, **changes)
        return title_of(ref)

    return made


@pytest.fixture
def consents():
    """Every owner's consent to the same act, in their order, as the contracts take them."""
    nonces = count(1)

    def given(contract, kind, message, *signers, deadline=NEVER, nonce=None, party=None, chain_id=None):
        made = []
        for owner in signers:
            number = next(nonces) if nonce is None else nonce
            full = message | {"party": party or owner.id, "nonce": number, "deadline": deadline}
            made.append((ZERO_ID, ZERO_ID, number, deadline, sign(owner.key, contract, kind, full, chain_id)))
        return made

    return given


@pytest.fixture
def by_two(registrar, second_registrar):
    """Let both registrars send the same act; the second one's transaction."""

    def sent(function, *arguments):
        first = function(*arguments, {"from": registrar})
        assert first.return_value is False
        assert list(first.events.keys()) == ["ActProposed"]
        second = function(*arguments, {"from": second_registrar})
        assert second.return_value is True
        return second

    return sent


@pytest.fixture
def freeze(titles, court):
    """Freeze a title by court; the freeze's id."""

    def done(title, order=None):
        return str(titles.freeze(title, order or keccak("an order"), {"from": court}).return_value)

    return done


@pytest.fixture
def caveat(titles, registrar, owners):
    """Enter a caveat of the claimant for 30 days; its id."""

    def done(title, source="a claim", days=30):
        until = now() + days * DAY
        sent = titles.enterCaveat(title, owners.claimant.id, until, keccak(source), {"from": registrar})
        return str(sent.return_value)

    return done


@pytest.fixture
def notice(titles, land):
    """Set a sale's priority notice for 30 days; its end."""

    def done(title, sale=SALE, days=30):
        until = now() + days * DAY
        titles.setNotice(title, sale, until, {"from": land.by_sale})
        return until

    return done


@pytest.fixture
def mortgage(owners):
    """The terms of a lien, as the contract takes them; a test changes what it is about."""

    def terms(**changes):
        fields = {
            "kind": CONTRACTUAL,
            "creditor": owners.bank.id,
            "amount": 250_000_00,
            "currency": EURO,
            "deedHash": keccak("a mortgage deed"),
        } | changes
        return tuple(fields.values())

    return terms


@pytest.fixture
def lien_id(liens):
    """A lien's id, as hex text."""
    return lambda terms: str(liens.lienIdOf(terms))


LIEN_FIELDS = ("kind", "creditor", "amount", "currency", "deedHash")
INTEREST_FIELDS = ("kind", "beneficiary", "dominant", "until", "deedHash")


@pytest.fixture
def charge(titles, liens, registrar, consents):
    """Enter a contractual lien with the holders' signatures."""

    def done(title, terms, *holders, rank=0, by=None, signed=None):
        message = {
            "title": title,
            "version": titles.titleOf(title)["version"],
            "lien": dict(zip(LIEN_FIELDS, terms, strict=True)),
            "rank": rank,
            "legalDate": 20_260_401,
        }
        given = consents(liens, "ChargeTitle", message | (signed or {}), *holders)
        return liens.enter(title, terms, rank, 20_260_401, given, {"from": by or registrar})

    return done


@pytest.fixture
def grant(titles, liens, registrar, consents):
    """Enter a lease or an easement with the holders' signatures."""

    def done(title, terms, *holders, signed=None):
        message = {
            "title": title,
            "version": titles.titleOf(title)["version"],
            "interest": dict(zip(INTEREST_FIELDS, terms, strict=True)),
            "legalDate": 20_260_401,
        }
        given = consents(liens, "GrantInterest", message | (signed or {}), *holders)
        return liens.enterInterest(title, terms, 20_260_401, given, {"from": registrar})

    return done


@pytest.fixture
def digest_of():
    """The EIP-712 digest of a message, as a contract reckons it."""

    def reckoned(contract, kind, message):
        signable = typed(contract, kind, message)
        return web3.keccak(b"\x19\x01" + signable.header + signable.body)

    return reckoned


@pytest.fixture
def second_identity_officer(agencies, ids, admin, target, state):
    """A second identity officer, whose key is old enough for dual control."""
    agencies.accredit(ids.land, target, state.scope.identity, 0, state.end, {"from": admin})
    wait(3 * DAY)
    return target


def part(ref, area, geometry=GEOMETRY):
    """A part as the contract takes it."""
    return (ref, geometry, area)


def holder(number):
    """A made-up party id; ascending with the number."""
    return "0x" + number.to_bytes(32, "big").hex()


def shares(*numerators):
    """Shares of holders 1, 2, 3, … with these numerators."""
    return [(holder(index), numerator) for index, numerator in enumerate(numerators, start=1)]
