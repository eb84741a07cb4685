"""Powers of attorney: signed by the principal, narrow, priced where they sell, and over with a recovery."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import DAY, HOUR, NEVER, ZERO_ID, keccak, next_block_at, now, plain, reverts, sign, typed
from tests.contracts.identity.conftest import EVIDENCE, digest_of, joint, turned

SELL = "land.sell"
TITLE = keccak("title")
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
FLOOR = 250_000_00
NONE = (ZERO_ID, ZERO_ID, ZERO_ID, ZERO_ID, 0, ZERO_ID, 0, 0, False)


@pytest.fixture
def attorney(board):
    """Who shall act: party and wallet."""
    return board[0]


@pytest.fixture
def grant(parties, bound, attorney):
    """A power to sell one title for a price, and its fields; a test changes the field it is about."""

    def make(**changes):
        return {
            "principal": bound,
            "attorney": attorney.party,
            "act": SELL,
            "subject": TITLE,
            "priceFloor": FLOOR,
            "currency": EURO,
            "until": now() + 365 * DAY,
            "nonce": 1,
        } | changes

    return make


@pytest.fixture
def send(parties, wallet, stranger):
    """Give a power, sent by a stranger; the signature is the citizen's unless another is given."""

    def give(fields, deadline=NEVER, signature=None):
        if signature is None:
            signature = sign(wallet, parties, "GrantPower", fields | {"deadline": deadline})
        return parties.grantPower(tuple(fields.values()), deadline, signature, {"from": stranger})

    return give


@pytest.fixture
def given(grant, send):
    """The power, given."""
    return str(send(grant()).return_value)


@pytest.fixture
def revoke(parties, bound, wallet, given, stranger):
    """Revoke the power, sent by a stranger."""

    def send(party=bound, signer=wallet, deadline=NEVER, signature=None, power=given):
        message = {"party": party, "power": power, "deadline": deadline}
        signature = signature or sign(signer, parties, "RevokePower", message)
        return parties.revokePower(power, party, deadline, signature, {"from": stranger})

    return send


@pytest.fixture
def require(parties, bound, attorney, given):
    """Ask for leave to sell the title at a price; every value can be replaced."""

    def ask(**changes):
        values = {
            "power": given,
            "principal": bound,
            "attorney": attorney.party,
            "act": keccak(SELL),
            "subject": TITLE,
            "price": FLOOR,
            "currency": EURO,
        } | changes
        parties.requirePower(*values.values())

    return ask


# ── Giving ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_given(parties, bound, attorney, grant, send):
    """Must store the power under the id that the interface states, use the nonce, and tell every term."""
    fields = grant(nonce=7)
    tx = send(fields)
    words = [keccak_bytes(text="Muniment.Power.v1"), bytes.fromhex(bound[2:]), 7]
    power = "0x" + keccak_bytes(encode(["bytes32", "bytes32", "uint256"], words)).hex()
    assert str(tx.return_value) == power
    until = fields["until"]
    stored = (bound, attorney.party, keccak(SELL), TITLE, FLOOR, EURO, until, 0, False)
    assert plain(parties.powerOf(power)) == stored
    assert parties.nonceUsed(bound, 7)
    assert tx.events["PowerGranted"] == fields | {"power": power}


def test_unknown_power_is_all_zero(parties):
    """Must answer with zeros where no power was given."""
    assert plain(parties.powerOf(TITLE)) == NONE


@pytest.mark.parametrize(
    "changes",
    [
        {"attorney": ZERO_ID},
        {"act": ""},
        {"act": "x" * 65},
        {"priceFloor": 0},
        {"currency": ZERO_ID},
        {"until": 1},
    ],
    ids=str,
)
def test_unsound(bound, attorney, grant, send, changes):
    """Must refuse a power to nobody, for no act or one too long, half a price, or one that is over."""
    with reverts("PowerRefused", bound, changes.get("attorney", attorney.party)):
        send(grant(**changes))


def test_to_oneself(bound, grant, send):
    """Must refuse the principal as attorney."""
    with reverts("PowerRefused", bound, bound):
        send(grant(attorney=bound))


def test_longest_and_shortest_act(parties, grant, send):
    """Must take the name of an act of 1 and of 64 bytes, two bytes to a letter where it is no ASCII."""
    send(grant(act="x", nonce=1))
    power = send(grant(act="ä" * 32, nonce=2)).return_value
    assert str(parties.powerOf(power)[2]) == keccak("ä" * 32)


def test_last_second(bound, attorney, grant, send):
    """Must take a power that ends with the very second in which it is given, and refuse it a second later."""
    until = now() + HOUR
    next_block_at(until)
    send(grant(until=until))
    next_block_at(until + 1)
    with reverts("PowerRefused", bound, attorney.party):
        send(grant(until=until, nonce=2))


def test_deadline(grant, send):
    """Must take the signature at its very deadline and refuse it a second later."""
    deadline = now() + HOUR
    next_block_at(deadline)
    send(grant(), deadline)
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        send(grant(nonce=2), deadline)


@pytest.mark.parametrize(
    "change",
    [
        {"principal": TITLE},
        {"attorney": TITLE},
        {"act": "land.charge"},
        {"subject": ZERO_ID},
        {"priceFloor": FLOOR - 1},
        {"currency": TITLE},
        {"until": 1},
        {"nonce": 2},
        {"deadline": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_term_is_signed(parties, wallet, grant, send, change):
    """Must refuse a signature over any other term."""
    fields = grant()
    with reverts("SignatureInvalid", wallet.address):
        send(fields, signature=sign(wallet, parties, "GrantPower", fields | {"deadline": NEVER} | change))


def test_signature_is_the_principals(parties, wallet, second_wallet, attorney, grant, send):
    """Must refuse the attorney's or anyone's signature, another chain's or contract's, and a turned one."""
    fields = grant()
    message = fields | {"deadline": NEVER}
    elsewhere = ("PartyRegistry", "0x" + "99" * 20)
    wrong = [sign(each, parties, "GrantPower", message) for each in (attorney.wallet, second_wallet)]
    wrong += [sign(wallet, elsewhere, "GrantPower", message), sign(wallet, parties, "GrantPower", message, 1)]
    for signature in wrong:
        with reverts("SignatureInvalid", wallet.address):
            send(fields, signature=signature)
    with reverts("SignatureMalleable", wallet.address):
        send(fields, signature=turned(sign(wallet, parties, "GrantPower", message)))


def test_given_once(parties, bound, wallet, grant, send, revoke, give, stranger):
    """Must not give a power again after it was revoked, nor one whose nonce was cancelled."""
    revoke()
    with reverts("NonceUsed", bound, 1):
        send(grant())
    parties.cancelNonce(bound, 2, NEVER, give.cancel(wallet, 2), {"from": stranger})
    with reverts("NonceUsed", bound, 2):
        send(grant(nonce=2))


def test_not_while_recovering(bound, grant, send, begin, parties):
    """Must refuse a power that is given while the principal's wallet is being recovered."""
    ready = begin().timestamp + parties.RECOVERY_DELAY()
    with reverts("RecoveryPending", bound, ready):
        send(grant())


def test_by_a_principal_without_wallet(parties, ids, board, both, grant, send):
    """Must take a power from a party for whom two officers stood in."""
    record = keccak("record of an old lady")
    lady = str(parties.partyIdOf(ids.land, record))
    fields = grant(principal=lady)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        send(fields, signature=b"")
    digest = digest_of(typed(parties, "GrantPower", fields | {"deadline": NEVER}))
    both(parties.attest, ids.land, record, digest, EVIDENCE)
    power = send(fields, signature=b"").return_value
    parties.requirePower(power, lady, board[0].party, keccak(SELL), TITLE, FLOOR, EURO)


# ── Using ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_covered(require):
    """Must let the attorney act at the floor and above."""
    require()
    require(price=FLOOR + 1)


def test_unknown(require):
    """Must refuse a power that was never given."""
    with reverts("PowerUnknown", TITLE):
        require(power=TITLE)


@pytest.mark.parametrize(
    "change",
    [{"principal": TITLE}, {"attorney": TITLE}, {"act": keccak("land.charge")}, {"subject": keccak("another title")}],
    ids=lambda change: next(iter(change)),
)
def test_out_of_scope(given, require, change):
    """Must refuse the power between other parties, for another act or about another thing."""
    with reverts("PowerOutOfScope", given):
        require(**change)


def test_parties_change_no_places(given, require, bound, attorney):
    """Must not let the principal act for the attorney."""
    with reverts("PowerOutOfScope", given):
        require(principal=attorney.party, attorney=bound)


def test_any_subject(grant, send, require):
    """Must cover every thing where the power names none."""
    power = send(grant(subject=ZERO_ID, nonce=2)).return_value
    require(power=power, subject=keccak("another title"))
    require(power=power, subject=ZERO_ID)


@pytest.mark.parametrize(
    ("price", "currency"),
    [(FLOOR - 1, EURO), (0, EURO), (0, ZERO_ID), (FLOOR, "0x" + b"SEK".ljust(32, b"\0").hex()), (FLOOR, ZERO_ID)],
)
def test_price(given, require, price, currency):
    """Must refuse a price below the floor, in another currency, or no price at all."""
    with reverts("PriceRefused", given, price, FLOOR):
        require(price=price, currency=currency)


def test_without_floor(grant, send, require):
    """Must cover any price, or none, where the power sets no floor."""
    power = send(grant(priceFloor=0, currency=ZERO_ID, nonce=2)).return_value
    require(power=power, price=0, currency=ZERO_ID)
    require(power=power, price=1, currency=EURO)


def test_runs_out(parties, bound, attorney, grant, send, stranger):
    """Must cover the last second of the power, and nothing after it."""
    until = now() + DAY
    power = str(send(grant(until=until)).return_value)
    values = (power, bound, attorney.party, keccak(SELL), TITLE, FLOOR, EURO)
    next_block_at(until)
    parties.requirePower.transact(*values, {"from": stranger})
    next_block_at(until + 1)
    with reverts("PowerExpired", power, until):
        parties.requirePower.transact(*values, {"from": stranger})


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_revoked_by_the_principal(parties, bound, given, revoke, require):
    """Must end with the principal's word, and tell so."""
    tx = revoke()
    assert tx.events["PowerRevoked"] == {"power": given, "by": bound}
    assert parties.powerOf(given)[8] is True
    with reverts("PowerEnded", given):
        require()


def test_renounced_by_the_attorney(given, attorney, revoke, require):
    """Must end with the attorney's word too."""
    tx = revoke(attorney.party, attorney.wallet)
    assert tx.events["PowerRevoked"] == {"power": given, "by": attorney.party}
    with reverts("PowerEnded", given):
        require()


def test_revoked_by_nobody_else(given, board, revoke):
    """Must refuse a third party's word."""
    with reverts("NotOfPower", given, board[1].party):
        revoke(board[1].party, board[1].wallet)


def test_revoked_once(given, revoke):
    """Must refuse to revoke what has ended, or was never given."""
    with reverts("PowerUnknown", TITLE):
        revoke(power=TITLE)
    revoke()
    with reverts("PowerEnded", given):
        revoke()


def test_revocation_is_signed(parties, bound, wallet, given, attorney, revoke):
    """Must refuse the other side's signature, or one over another power, party, deadline, contract or chain."""
    message = {"party": bound, "power": given, "deadline": NEVER}
    elsewhere = ("PartyRegistry", "0x" + "99" * 20)
    wrong = [sign(attorney.wallet, parties, "RevokePower", message)]
    for change in ({"power": TITLE}, {"party": attorney.party}, {"deadline": 1}):
        wrong.append(sign(wallet, parties, "RevokePower", message | change))
    wrong += [sign(wallet, elsewhere, "RevokePower", message), sign(wallet, parties, "RevokePower", message, 1)]
    for signature in wrong:
        with reverts("SignatureInvalid", wallet.address):
            revoke(signature=signature)
    with reverts("SignatureMalleable", wallet.address):
        revoke(signature=turned(sign(wallet, parties, "RevokePower", message)))


def test_revoked_in_time(revoke):
    """Must refuse a revocation one second late, and take one at its deadline."""
    deadline = now() + HOUR
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        revoke(deadline=deadline)
    deadline = now() + HOUR
    next_block_at(deadline)
    revoke(deadline=deadline)


def test_rotation_keeps_powers(parties, bound, wallet, second_wallet, given, require, give, stranger):
    """Must keep a power when the principal moves to another wallet of its own."""
    moved = [give.rotate(each, wallet, second_wallet, nonce=2) for each in (wallet, second_wallet)]
    parties.rotate(bound, second_wallet.address, 2, NEVER, *moved, {"from": stranger})
    require()


def test_recovery_suspends_and_ends(parties, bound, given, begin, complete, revoke, require, second_wallet, attorney):
    """Must suspend a power while the principal's wallet is being recovered, and end it with the recovery."""
    ready = begin().timestamp + parties.RECOVERY_DELAY()
    with reverts("PowerSuspended", given):
        require()
    with reverts("RecoveryPending", bound, ready):
        revoke()
    complete()
    with reverts("PowerEnded", given):
        require()
    with reverts("PowerEnded", given):
        revoke(signer=second_wallet)
    assert parties.powerOf(given)[7] == 0


def test_recovery_that_fails_ends_nothing(parties, bound, wallet, second_wallet, begin, give, require, stranger, given):
    """Must bring a power back when the recovery was vetoed."""
    begin()
    with reverts("PowerSuspended", given):
        require()
    parties.vetoRecovery(bound, NEVER, give.veto(wallet, second_wallet), {"from": stranger})
    require()


def test_power_after_a_recovery(parties, bound, second_wallet, begin, complete, grant, send, require):
    """Must cover a power that the new wallet gave, until it is lost in its turn."""
    begin()
    complete()
    fields = grant(nonce=2)
    signature = sign(second_wallet, parties, "GrantPower", fields | {"deadline": NEVER})
    power = send(fields, signature=signature).return_value
    assert parties.powerOf(power)[7] == 1
    require(power=power)


def test_attorney_renounces_meanwhile(given, begin, revoke, attorney, require):
    """Must let the attorney renounce while the principal's wallet is being recovered."""
    begin()
    revoke(attorney.party, attorney.wallet)
    with reverts("PowerEnded", given):
        require()


def test_organisation_as_principal(parties, ids, board, both, grant, send):
    """Must let an organisation give a power, which rests once the organisation has ended."""
    record = keccak("record of an organisation")
    organisation = str(parties.partyIdOf(ids.land, record))
    members = [each.party for each in board[1:]]
    both(parties.setRepresentation, ids.land, record, 2, members, EVIDENCE)
    fields = grant(principal=organisation)
    message = fields | {"deadline": NEVER}
    parts = ((each.party, sign(each.wallet, parties, "GrantPower", message)) for each in board[1:])
    power = str(send(fields, signature=joint(*parts)).return_value)
    values = (power, organisation, board[0].party, keccak(SELL), TITLE, FLOOR, EURO)
    parties.requirePower(*values)
    both(parties.setRepresentation, ids.land, record, 1, members[:1], EVIDENCE)
    parties.requirePower(*values)
    both(parties.endRepresentation, ids.land, record, EVIDENCE)
    with reverts("PowerSuspended", power):
        parties.requirePower(*values)
