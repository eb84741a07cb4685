"""Recovery: two officers, a delay, a veto by the present wallet, and a court where the veto was a thief's."""

import pytest
from brownie import ZERO_ADDRESS, accounts
from eth_account import Account

from tests.contracts.helpers import CLOSED, DAY, HOUR, NEVER, ZERO_ID, keccak, next_block_at, now, plain, reverts, typed
from tests.contracts.identity.conftest import DIGEST, EVIDENCE, ORDER, RECORD, digest_of, over, turned

DELAY = 14 * DAY
NONE = (ZERO_ADDRESS, 0, False)
THIEF = Account.from_key("0x" + "66" * 32)


@pytest.fixture
def send(parties, ids, second_wallet, identity_officer, officers, give):
    """Send the recovery by one officer; every value can be replaced."""

    def recover(signature=None, by=identity_officer, **changes):
        values = {
            "agency": ids.land,
            "commitment": RECORD,
            "wallet": second_wallet.address,
            "evidence": EVIDENCE,
            "courtOrder": ZERO_ID,
            "deadline": NEVER,
        } | changes
        signature = give.recover(second_wallet) if signature is None else signature
        return parties.recover(*values.values(), signature, {"from": by})

    return recover


@pytest.fixture
def veto(parties, bound, wallet, second_wallet, stranger, give):
    """Veto by the present wallet, sent by a stranger."""

    def send(signature=None, attempt=1, deadline=NEVER, to=second_wallet):
        signature = signature or give.veto(wallet, to, attempt, deadline)
        return parties.vetoRecovery(bound, deadline, signature, {"from": stranger})

    return send


# ── The whole way ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_delay(parties):
    """Must give the present wallet a fortnight."""
    assert parties.RECOVERY_DELAY() == DELAY


def test_first_officer_begins_nothing(parties, bound, wallet, send):
    """Must change nothing for the party while one officer alone asked."""
    tx = send()
    assert tx.return_value is False
    assert "RecoveryBegun" not in tx.events
    assert plain(parties.recoveryOf(bound)) == NONE
    assert plain(parties.recoveriesOf(bound)) == (0, 0, False)
    assert parties.checkSignature(bound, DIGEST, over(wallet))


def test_begun(parties, bound, wallet, second_wallet, begin):
    """Must tell who shall follow, from when and why, and leave the wallet in its place meanwhile."""
    tx = begin()
    ready = tx.timestamp + DELAY
    assert plain(parties.recoveryOf(bound)) == (second_wallet.address, ready, True)
    assert plain(parties.recoveriesOf(bound)) == (1, 0, False)
    assert parties.walletOf(bound) == wallet.address
    assert str(parties.partyOf(second_wallet.address)) == ZERO_ID
    assert tx.events["RecoveryBegun"] == {
        "party": bound,
        "wallet": second_wallet.address,
        "attempt": 1,
        "readyAt": ready,
        "evidence": EVIDENCE,
        "courtOrder": ZERO_ID,
    }


def test_completed(parties, bound, wallet, second_wallet, begin, complete):
    """Must move the party, free the lost wallet, and let the new one alone sign."""
    begin()
    tx = complete()
    assert parties.walletOf(bound) == second_wallet.address
    assert str(parties.partyOf(second_wallet.address)) == bound
    assert str(parties.partyOf(wallet.address)) == ZERO_ID
    assert plain(parties.recoveryOf(bound)) == NONE
    assert plain(parties.recoveriesOf(bound)) == (1, 1, False)
    assert parties.checkSignature(bound, DIGEST, over(second_wallet))
    assert not parties.checkSignature(bound, DIGEST, over(wallet))
    assert tx.events["WalletRecovered"] == {
        "party": bound,
        "previous": wallet.address,
        "wallet": second_wallet.address,
        "attempt": 1,
    }


def test_completed_from_the_very_second(parties, bound, begin, stranger):
    """Must refuse completion one second before the delay is over, and take it then."""
    ready = begin().timestamp + DELAY
    next_block_at(ready - 1)
    with reverts("RecoveryTooEarly", bound, ready):
        parties.completeRecovery(bound, {"from": stranger})
    next_block_at(ready)
    parties.completeRecovery(bound, {"from": stranger})
    with reverts("RecoveryMissing", bound):
        parties.completeRecovery(bound, {"from": stranger})


def test_recovered_again(parties, bound, wallet, begin, complete):
    """Must let a party lose its wallet more than once, each time with signatures of their own."""
    begin()
    complete()
    begin(THIEF, attempt=2)
    complete()
    begin(wallet, attempt=3)
    complete()
    assert parties.walletOf(bound) == wallet.address
    assert plain(parties.recoveriesOf(bound)) == (3, 3, False)


# ── Meanwhile ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_signs_nothing_meanwhile(parties, documents, bound, wallet, second_wallet, begin, send, give, stranger):
    """Must refuse every act of either wallet until the recovery has ended, here and in other registries."""
    ready = begin().timestamp + DELAY
    moved = [give.rotate(each, wallet, THIEF) for each in (wallet, THIEF)]
    entry = (DIGEST, DIGEST, 1, 0)
    for signer in (wallet, second_wallet):
        assert not parties.checkSignature(bound, DIGEST, over(signer))
        with reverts("RecoveryPending", bound, ready):
            parties.requireSignature(bound, DIGEST, over(signer))
        with reverts("RecoveryPending", bound, ready):
            parties.cancelNonce(bound, 1, NEVER, give.cancel(signer, 1), {"from": stranger})
        with reverts("RecoveryPending", bound, ready):
            documents.issueAsParty(bound, entry, 1, NEVER, over(signer), {"from": stranger})
    with reverts("RecoveryPending", bound, ready):
        parties.rotate(bound, THIEF.address, 1, NEVER, *moved, {"from": stranger})
    with reverts("RecoveryPending", bound, ready):
        send(give.recover(THIEF, attempt=2), wallet=THIEF.address)


def test_wallet_in_person_does_nothing_meanwhile(documents, parties, bound, wallet, begin, veto, stranger):
    """Must keep the present wallet from revoking and cancelling in the document registry until the recovery ends."""
    own = accounts.at(wallet.address, force=True)
    message = {"issuer": bound, "root": DIGEST, "schema": DIGEST, "count": 1, "expiresAt": 0, "policy": ZERO_ID}
    message |= {"nonce": 1, "deadline": NEVER}
    signature = over(wallet, digest_of(typed(documents, "Approval", message)))
    documents.issueAsParty(bound, (DIGEST, DIGEST, 1, 0), 1, NEVER, signature, {"from": stranger})
    ready = begin().timestamp + DELAY
    with reverts("RecoveryPending", bound, ready):
        documents.revoke(bound, DIGEST, 0, 1, {"from": own})
    with reverts("RecoveryPending", bound, ready):
        documents.cancelNonce(bound, 2, {"from": own})
    veto()
    documents.revoke(bound, DIGEST, 0, 1, {"from": own})
    documents.cancelNonce(bound, 2, {"from": own})


def test_late_completion_changes_nothing(parties, bound, wallet, second_wallet, begin):
    """Must keep the present wallet silent after the delay too, until somebody completes the recovery."""
    ready = begin().timestamp + DELAY
    next_block_at(ready + 30 * DAY)
    with reverts("RecoveryPending", bound, ready):
        parties.requireSignature.transact(bound, DIGEST, over(wallet), {"from": accounts[0]})
    assert not parties.checkSignature(bound, DIGEST, over(second_wallet))


# ── Veto ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_vetoed(parties, bound, wallet, begin, veto):
    """Must leave the party with its wallet, which signs again, and ask for a court from then on."""
    begin()
    tx = veto()
    assert tx.events["RecoveryVetoed"] == {"party": bound, "attempt": 1}
    assert plain(parties.recoveryOf(bound)) == NONE
    assert plain(parties.recoveriesOf(bound)) == (1, 0, True)
    assert parties.walletOf(bound) == wallet.address
    assert parties.checkSignature(bound, DIGEST, over(wallet))


def test_vetoed_never_completes(parties, bound, begin, veto, stranger):
    """Must not complete a vetoed recovery, however long one waits."""
    begin()
    veto()
    next_block_at(now() + 100 * DAY)
    with reverts("RecoveryMissing", bound):
        parties.completeRecovery(bound, {"from": stranger})


def test_veto_until_the_last_second(bound, begin, veto):
    """Must take a veto in the last second of the delay."""
    ready = begin().timestamp + DELAY
    next_block_at(ready - 1)
    veto()


def test_veto_too_late(bound, begin, veto):
    """Must refuse a veto from the second on in which the recovery can be completed."""
    ready = begin().timestamp + DELAY
    next_block_at(ready)
    with reverts("VetoTooLate", bound, ready):
        veto()


def test_veto_in_time(bound, begin, veto):
    """Must take a veto at its very deadline and refuse it a second later."""
    begin()
    deadline = now() + HOUR
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        veto(deadline=deadline)
    deadline = now() + HOUR
    next_block_at(deadline)
    veto(deadline=deadline)


def test_veto_without_recovery(bound, veto):
    """Must refuse a veto of nothing."""
    with reverts("RecoveryMissing", bound):
        veto()


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 1},
        {"contract": ("PartyRegistry", "0x" + "99" * 20)},
        {"party": ZERO_ID},
        {"attempt": 2},
        {"deadline": 1},
        {"wallet": "0x" + "99" * 20},
    ],
    ids=lambda change: next(iter(change)),
)
def test_veto_binds_every_value(wallet, second_wallet, begin, veto, give, change):
    """Must refuse a veto of another party, wallet, attempt, contract or chain."""
    begin()
    values = {"deadline": NEVER, "attempt": 1} | change
    with reverts("SignatureInvalid", wallet.address):
        veto(give.veto(wallet, second_wallet, **values))


def test_veto_by_the_present_wallet_alone(wallet, second_wallet, begin, veto, give):
    """Must refuse a veto by the new wallet, and a turned signature."""
    begin()
    with reverts("SignatureInvalid", wallet.address):
        veto(give.veto(second_wallet, second_wallet))
    with reverts("SignatureMalleable", wallet.address):
        veto(turned(give.veto(wallet, second_wallet)))


def test_veto_serves_once(parties, ids, wallet, begin, veto, identity_officer, give, second_wallet):
    """Must refuse the veto of an earlier attempt against the next one, to the same wallet."""
    begin()
    parties.cancelRecovery(ids.land, RECORD, {"from": identity_officer})
    begin(attempt=2)
    with reverts("SignatureInvalid", wallet.address):
        veto(give.veto(wallet, second_wallet, attempt=1))


# ── A court ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_court_order_after_a_veto(parties, bound, second_wallet, begin, veto, send, give):
    """Must ask for a court order once a veto was given, refuse to veto that recovery, and complete it."""
    begin()
    veto()
    with reverts("CourtOrderMissing", bound):
        send(give.recover(second_wallet, 2))
    tx = begin(attempt=2, order=ORDER)
    assert tx.events["RecoveryBegun"]["courtOrder"] == ORDER
    assert plain(parties.recoveryOf(bound)) == (second_wallet.address, tx.timestamp + DELAY, False)
    with reverts("VetoRefused", bound):
        veto(attempt=2)


def test_court_order_is_spent(parties, bound, wallet, begin, veto, complete, send, give):
    """Must hear the wallet again once a recovery was completed, and refuse a court order before a veto."""
    begin()
    veto()
    begin(attempt=2, order=ORDER)
    complete()
    assert plain(parties.recoveriesOf(bound)) == (2, 1, False)
    with reverts("CourtOrderTooEarly", bound):
        send(give.recover(wallet, 3), wallet=wallet.address, courtOrder=ORDER)
    begin(wallet, attempt=3)
    assert parties.recoveryOf(bound)[2] is True


def test_court_waits_too(parties, bound, begin, veto, stranger):
    """Must keep the delay for a recovery that a court ordered."""
    begin()
    veto()
    ready = begin(attempt=2, order=ORDER).timestamp + DELAY
    next_block_at(ready - 1)
    with reverts("RecoveryTooEarly", bound, ready):
        parties.completeRecovery(bound, {"from": stranger})


def test_rotation_does_not_undo_a_veto(parties, bound, wallet, begin, veto, send, stranger, give, second_wallet):
    """Must ask for the court also where the thief moved on after the veto."""
    begin()
    veto()
    moved = [give.rotate(each, wallet, THIEF) for each in (wallet, THIEF)]
    parties.rotate(bound, THIEF.address, 1, NEVER, *moved, {"from": stranger})
    with reverts("CourtOrderMissing", bound):
        send(give.recover(second_wallet, 2))
    begin(attempt=2, order=ORDER)


# ── Cancelled ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cancelled(parties, ids, bound, wallet, begin, officers):
    """Must let one officer stop a recovery, after its delay too, and count no veto."""
    begin()
    officer = officers.land[1]
    next_block_at(now() + 20 * DAY)
    tx = parties.cancelRecovery(ids.land, RECORD, {"from": officer})
    assert tx.events["RecoveryCancelled"] == {"party": bound, "attempt": 1, "officer": officer}
    assert plain(parties.recoveryOf(bound)) == NONE
    assert plain(parties.recoveriesOf(bound)) == (1, 0, False)
    assert parties.checkSignature(bound, DIGEST, over(wallet))
    with reverts("RecoveryMissing", bound):
        parties.cancelRecovery(ids.land, RECORD, {"from": officer})


def test_cancelled_court_order(parties, ids, bound, begin, veto, send, give, second_wallet, identity_officer):
    """Must go on asking for a court order when a recovery under one was stopped."""
    begin()
    veto()
    begin(attempt=2, order=ORDER)
    parties.cancelRecovery(ids.land, RECORD, {"from": identity_officer})
    assert plain(parties.recoveriesOf(bound)) == (2, 0, True)
    with reverts("CourtOrderMissing", bound):
        send(give.recover(second_wallet, 3))


# ── Thieves ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_thief_rotates_between_the_officers(parties, bound, wallet, second_wallet, send, officers, give, stranger):
    """Must carry the officers' act out although the party moved between the first and the second."""
    send()
    moved = [give.rotate(each, wallet, THIEF) for each in (wallet, THIEF)]
    parties.rotate(bound, THIEF.address, 1, NEVER, *moved, {"from": stranger})
    assert send(by=officers.land[1]).return_value is True
    assert parties.recoveryOf(bound)[0] == second_wallet.address
    with reverts("SignatureInvalid", THIEF.address):
        parties.vetoRecovery(bound, NEVER, give.veto(wallet, second_wallet), {"from": stranger})


def test_thief_cancels_nonces(parties, bound, wallet, send, officers, give, stranger):
    """Must not let used or cancelled nonces stand in the way of a recovery."""
    send()
    for nonce in (1, 2, 3):
        parties.cancelNonce(bound, nonce, NEVER, give.cancel(wallet, nonce), {"from": stranger})
    assert send(by=officers.land[1]).return_value is True


def test_stale_approval(parties, ids, bound, wallet, second_wallet, begin, send, officers, give):
    """Must not carry out an act whose first half is from before another attempt."""
    send(give.recover(THIEF), wallet=THIEF.address)
    begin()
    parties.cancelRecovery(ids.land, RECORD, {"from": officers.land[0]})
    with reverts("SignatureInvalid", THIEF.address):
        send(give.recover(THIEF), wallet=THIEF.address, by=officers.land[1])
    assert send(give.recover(THIEF, 2), wallet=THIEF.address, by=officers.land[1]).return_value is False


# ── The new wallet ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_wallet_is_free(bound, wallet, send, give):
    """Must refuse the zero address, and a wallet that stands for a party, this one included."""
    with reverts("WalletMissing"):
        send(wallet=ZERO_ADDRESS)
    with reverts("WalletTaken", wallet.address, bound):
        send(give.recover(wallet), wallet=wallet.address)


def test_new_wallet_taken_meanwhile(parties, ids, bound, wallet, second_wallet, begin, person, officers, complete):
    """Must refuse a wallet that another party took during the delay, and let an officer stop the recovery then."""
    begin()
    other = person(second_wallet, keccak("another record"))
    with reverts("WalletTaken", second_wallet.address, other):
        complete()
    assert parties.walletOf(other) == second_wallet.address
    parties.cancelRecovery(ids.land, RECORD, {"from": officers.land[0]})
    assert parties.checkSignature(bound, DIGEST, over(wallet))


def test_new_wallet_taken_between_the_officers(second_wallet, bound, send, person, officers):
    """Must judge the new wallet again when the second officer comes."""
    send()
    other = person(second_wallet, keccak("another record"))
    with reverts("WalletTaken", second_wallet.address, other):
        send(by=officers.land[1])


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 1},
        {"contract": ("PartyRegistry", "0x" + "99" * 20)},
        {"party": ZERO_ID},
        {"attempt": 2},
        {"attempt": 0},
        {"deadline": 1},
        {"wallet": "0x" + "99" * 20},
    ],
    ids=str,
)
def test_new_wallet_signs_every_value(bound, second_wallet, send, give, change):
    """Must refuse a new wallet's signature over another party, wallet, attempt, contract or chain."""
    with reverts("SignatureInvalid", second_wallet.address):
        send(give.recover(second_wallet, **change))


def test_new_wallet_signs_itself(bound, wallet, second_wallet, send, give):
    """Must refuse another wallet's signature, and a turned one."""
    with reverts("SignatureInvalid", second_wallet.address):
        send(give.recover(wallet, wallet=second_wallet.address))
    with reverts("SignatureMalleable", second_wallet.address):
        send(turned(give.recover(second_wallet)))


def test_new_wallet_signs_in_time(bound, second_wallet, send, officers, give):
    """Must judge the deadline at both officers' acts, to the second."""
    deadline = now() + HOUR
    signature = give.recover(second_wallet, deadline=deadline)
    next_block_at(deadline)
    send(signature, deadline=deadline)
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        send(signature, deadline=deadline, by=officers.land[1])


def test_contract_wallet_follows(parties, ids, bound, doubles, deployer, both, complete):
    """Must recover to a contract wallet by its own word (ERC-1271), and ask it from then on."""
    contract = doubles.ApprovingWallet
    message = {"party": bound, "wallet": contract.address, "attempt": 1, "deadline": NEVER}
    contract.approve(digest_of(typed(parties, "RecoverWallet", message)), {"from": deployer})
    both(parties.recover, ids.land, RECORD, contract.address, EVIDENCE, ZERO_ID, NEVER, b"by resolution")
    complete()
    contract.approve(DIGEST, {"from": deployer})
    assert parties.checkSignature(bound, DIGEST, b"by resolution")


def test_contract_wallet_vetoes(parties, ids, doubles, deployer, identity_officer, stranger, both, second_wallet, give):
    """Must hear a contract wallet that is to be replaced."""
    contract, record = doubles.ApprovingWallet, keccak("record of a contract's owner")
    owner = str(parties.partyIdOf(ids.land, record))
    message = {"party": owner, "wallet": contract.address, "nonce": 0, "deadline": NEVER}
    contract.approve(digest_of(typed(parties, "BindWallet", message)), {"from": deployer})
    parties.bind(record, contract.address, 0, NEVER, b"by resolution", {"from": identity_officer})
    signature = give.recover(second_wallet, party=owner)
    both(parties.recover, ids.land, record, second_wallet.address, EVIDENCE, ZERO_ID, NEVER, signature)

    with reverts("SignatureInvalid", contract.address):
        parties.vetoRecovery(owner, NEVER, b"by resolution", {"from": stranger})
    message = {"party": owner, "wallet": second_wallet.address, "attempt": 1, "deadline": NEVER}
    contract.approve(digest_of(typed(parties, "VetoRecovery", message)), {"from": deployer})
    parties.vetoRecovery(owner, NEVER, b"by resolution", {"from": stranger})
    assert parties.walletOf(owner) == contract.address


def test_delegated_accounts(parties, bound, wallet, second_wallet, put_code, begin, veto, complete):
    """Must take the keys' own signatures of accounts with code under EIP-7702, as present and as new wallet."""
    for each in (wallet, second_wallet):
        put_code(each.address, "RefusingWallet")
    begin()
    veto()
    begin(attempt=2, order=ORDER)
    complete()
    assert parties.checkSignature(bound, DIGEST, over(second_wallet))


# ── Officers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_officers(state, bound, send, identity_officer):
    """Must refuse the first officer as the second."""
    act = send().events["ActProposed"]
    assert (act["scope"], act["version"]) == (state.scope.identity, 0)
    with reverts("SecondOfficerNeeded", act["id"], identity_officer):
        send()


def test_fresh_officer(agencies, ids, bound, send, state, admin):
    """Must not count a key that was made two days ago or less."""
    fresh = accounts[36]
    since = agencies.accredit(ids.land, fresh, state.scope.identity, 0, state.end, {"from": admin}).timestamp
    with reverts("OfficerTooFresh", fresh, since + 2 * DAY):
        send(by=fresh)


def test_officers_of_the_agency(parties, ids, bound, begin, send, other_officer, officers):
    """Must refuse officers of another agency, the one above included while the party's own stands."""
    for key in (other_officer, officers.ministry[0]):
        with reverts("OtherAgency", key, ids.land):
            send(by=key)
    begin()
    for key in (other_officer, officers.ministry[0]):
        with reverts("OtherAgency", key, ids.land):
            parties.cancelRecovery(ids.land, RECORD, {"from": key})


def test_closed_agency(agencies, parties, ids, root, bound, begin, send, complete, second_wallet, officers):
    """Must let the agency above, and it alone, recover the parties of a closed agency."""
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    with reverts("OtherAgency", officers.land[0], ids.ministry):
        send()
    begin(by=officers.ministry)
    parties.cancelRecovery(ids.land, RECORD, {"from": officers.ministry[0]})
    begin(attempt=2, by=officers.ministry)
    complete()
    assert parties.walletOf(bound) == second_wallet.address


# ── What is missing ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_record_and_evidence_are_named(parties, ids, bound, send, identity_officer):
    """Must refuse an empty commitment and empty evidence."""
    with reverts("EvidenceMissing", bound):
        send(evidence=ZERO_ID)
    with reverts("CommitmentMissing"):
        send(commitment=ZERO_ID)
    with reverts("CommitmentMissing"):
        parties.cancelRecovery(ids.land, ZERO_ID, {"from": identity_officer})


def test_party_has_a_wallet(party, send):
    """Must refuse to recover what was never bound: such a party is bound."""
    with reverts("PartyUnbound", party):
        send()


def test_organisation_has_none(parties, ids, party, both, board, send):
    """Must refuse to recover an organisation: its representatives are recovered."""
    both(parties.setRepresentation, ids.land, RECORD, 1, [board[0].party], EVIDENCE)
    with reverts("PartyIsOrganisation", party):
        send()
