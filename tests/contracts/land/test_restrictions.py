"""Freezes by courts, caveats of claimants, priority notices of sales."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import (
    CLOSED,
    DAY,
    NEVER,
    ZERO_ID,
    keccak,
    next_block_at,
    node,
    now,
    plain,
    reverts,
    wait,
)
from tests.contracts.land.conftest import CAVEAT, FREEZE, OTHER_SALE, SALE

ORDER, LIFTING = keccak("an order"), keccak("an order to lift")


def restriction_id(title, kind, by, source):
    """The id that the interface states."""
    words = [keccak_bytes(text="Muniment.Restriction.v1"), *(bytes.fromhex(word[2:]) for word in (title, by, source))]
    packed = encode(["bytes32", "bytes32", "uint8", "bytes32", "bytes32"], [words[0], words[1], kind, *words[2:]])
    return "0x" + keccak_bytes(packed).hex()


# ── Freezes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_frozen(titles, ids, court, owned, owners):
    """Must keep the freeze with its court, show that it stands, and tell so."""
    title = owned(owners.anna)
    tx = titles.freeze(title, ORDER, {"from": court})
    freeze = restriction_id(title, FREEZE, ids.land, ORDER)
    assert str(tx.return_value) == freeze
    assert tx.events["TitleFrozen"] == {
        "title": title,
        "freeze": freeze,
        "court": ids.land,
        "officer": court,
        "order": ORDER,
    }
    assert plain(titles.restrictionOf(freeze)) == (FREEZE, False, 0, title, ids.land)
    assert plain(titles.restrictionsOf(title, FREEZE)) == (freeze,)
    assert plain(titles.restrictionsOf(title, CAVEAT)) == ()
    assert plain(titles.standingOf(title)) == (ids.land, 1, freeze, ZERO_ID, (ZERO_ID, 0))


def test_lifted(titles, ids, court, second_court, owned, owners, freeze):
    """Must be lifted by any officer of the court, with a document, once."""
    title = owned(owners.anna)
    stands = freeze(title)
    with reverts("SourceMissing", title):
        titles.liftFreeze(stands, ZERO_ID, {"from": second_court})
    tx = titles.liftFreeze(stands, LIFTING, {"from": second_court})
    assert tx.events["FreezeLifted"] == {"title": title, "freeze": stands, "officer": second_court, "order": LIFTING}
    assert plain(titles.restrictionsOf(title, FREEZE)) == ()
    assert titles.restrictionOf(stands)["lifted"]
    with reverts("RestrictionMissing", stands):
        titles.liftFreeze(stands, LIFTING, {"from": court})


def test_other_court_lifts_nothing(titles, ids, other_officer, owned, owners, freeze):
    """Must not be lifted by another court than the one that ordered it."""
    stands = freeze(owned(owners.anna))
    with reverts("OtherAgency", other_officer, ids.land):
        titles.liftFreeze(stands, LIFTING, {"from": other_officer})


def test_closed_court_strands_nothing(
    titles, agencies, ids, root, parent_admin, stranger, owned, owners, freeze, state
):
    """Must be lifted by the court above once the court is closed."""
    title = owned(owners.anna)
    stands = freeze(title)
    agencies.accredit(ids.ministry, stranger, state.scope.court, 0, state.end, {"from": parent_admin})
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    titles.liftFreeze(stands, LIFTING, {"from": stranger})
    assert plain(titles.restrictionsOf(title, FREEZE)) == ()


def test_several_freezes(titles, court, owned, owners, freeze):
    """Must stay frozen until the last of up to eight freezes is lifted."""
    title = owned(owners.anna)
    assert titles.MAX_RESTRICTIONS() == 8
    all_of_them = [freeze(title, keccak(f"order {number}")) for number in range(8)]
    with reverts("RestrictionsFull", title, FREEZE):
        freeze(title, keccak("one more"))
    titles.liftFreeze(all_of_them[3], LIFTING, {"from": court})
    again = freeze(title, keccak("one more"))
    standing = {str(each) for each in titles.restrictionsOf(title, FREEZE)}
    assert standing == {*all_of_them, again} - {all_of_them[3]}


def test_order_serves_once(titles, owned, owners, court, freeze):
    """Must refuse to freeze twice by one order, also after it was lifted, and without one."""
    title = owned(owners.anna)
    stands = freeze(title)
    with reverts("RestrictionExists", stands):
        freeze(title)
    titles.liftFreeze(stands, LIFTING, {"from": court})
    with reverts("RestrictionExists", stands):
        freeze(title)
    with reverts("SourceMissing", title):
        titles.freeze(title, ZERO_ID, {"from": court})


def test_unknown_title(titles, court, registrar, owners, title_of, land):
    """Must refuse to restrict what is not there."""
    with reverts("TitleUnknown", title_of()):
        titles.freeze(title_of(), ORDER, {"from": court})
    with reverts("TitleUnknown", title_of()):
        titles.enterCaveat(title_of(), owners.claimant.id, now() + DAY, ORDER, {"from": registrar})
    with reverts("TitleUnknown", title_of()):
        titles.setNotice(title_of(), SALE, now() + DAY, {"from": land.by_sale})


# ── Caveats ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_caveat(titles, ids, registrar, owned, owners):
    """Must keep the caveat with its claimant and end, and tell so."""
    title, until, claimant = owned(owners.anna), now() + DAY, owners.claimant.id
    tx = titles.enterCaveat(title, claimant, until, keccak("a claim"), {"from": registrar})
    caveat = restriction_id(title, CAVEAT, claimant, keccak("a claim"))
    assert str(tx.return_value) == caveat
    assert tx.events["CaveatEntered"] == {
        "title": title,
        "caveat": caveat,
        "claimant": claimant,
        "officer": registrar,
        "until": until,
        "sourceHash": keccak("a claim"),
    }
    assert plain(titles.restrictionOf(caveat)) == (CAVEAT, False, until, title, claimant)
    assert plain(titles.standingOf(title)) == (ids.land, 1, ZERO_ID, caveat, (ZERO_ID, 0))


def test_caveat_ends_by_itself(titles, owned, owners, caveat, land):
    """Must stand to its last second and not a second longer."""
    title = owned(owners.anna)
    stands = caveat(title)
    until = titles.restrictionOf(stands)["until"]
    next_block_at(until)
    with reverts("CaveatStands", title, stands):
        titles.setNotice(title, SALE, until + DAY, {"from": land.by_sale})
    next_block_at(until + 1)
    titles.setNotice(title, SALE, until + DAY, {"from": land.by_sale})


def test_caveat_limits(titles, registrar, owned, owners):
    """Must refuse a caveat without claimant or document, over already, or beyond the limit."""
    title, claimant, by = owned(owners.anna), owners.claimant.id, {"from": registrar}
    limit = titles.CAVEAT_LIMIT()
    assert limit == 365 * DAY
    start = now()
    for who, length in ((ZERO_ID, 1), (claimant, -1), (claimant, limit + 1)):
        start += 100
        next_block_at(start)
        with reverts("CaveatRefused", title, who, start + length):
            titles.enterCaveat(title, who, start + length, ORDER, by)
    with reverts("SourceMissing", title):
        titles.enterCaveat(title, claimant, start + DAY, ZERO_ID, by)
    start += 100
    next_block_at(start)
    titles.enterCaveat(title, claimant, start + limit, ORDER, by)


def test_withdrawn_by_claimant(titles, stranger, owned, owners, caveat, consents):
    """Must be withdrawn by the claimant's signature, sent by anyone, once."""
    title = owned(owners.anna)
    stands = caveat(title)
    consent = consents(titles, "WithdrawCaveat", {"caveat": stands}, owners.claimant)[0]
    tx = titles.withdrawCaveat(stands, consent, {"from": stranger})
    assert tx.events["CaveatWithdrawn"] == {
        "title": title,
        "caveat": stands,
        "officer": ZERO_ADDRESS,
        "sourceHash": ZERO_ID,
    }
    assert plain(titles.restrictionsOf(title, CAVEAT)) == ()
    with reverts("RestrictionMissing", stands):
        titles.withdrawCaveat(stands, consent, {"from": stranger})


def test_withdrawal_is_the_claimants(titles, stranger, owned, owners, caveat, consents):
    """Must refuse anybody else's signature, another caveat's, a late one and a nonce for the second time."""
    title = owned(owners.anna)
    stands, other = caveat(title), caveat(title, "another claim")
    wrong = consents(titles, "WithdrawCaveat", {"caveat": stands}, owners.anna)[0]
    with reverts("SignatureInvalid", owners.claimant.key.address):
        titles.withdrawCaveat(stands, wrong, {"from": stranger})
    right = consents(titles, "WithdrawCaveat", {"caveat": stands}, owners.claimant, nonce=5)[0]
    with reverts("SignatureInvalid", owners.claimant.key.address):
        titles.withdrawCaveat(other, right, {"from": stranger})
    late = consents(titles, "WithdrawCaveat", {"caveat": stands}, owners.claimant, deadline=now() - 1)[0]
    with reverts("DeadlinePassed", late[3]):
        titles.withdrawCaveat(stands, late, {"from": stranger})
    titles.withdrawCaveat(stands, right, {"from": stranger})
    again = consents(titles, "WithdrawCaveat", {"caveat": other}, owners.claimant, nonce=5)[0]
    with reverts("NonceUsed", owners.claimant.id, 5):
        titles.withdrawCaveat(other, again, {"from": stranger})


def test_cancelled_nonce(titles, stranger, owned, owners, caveat, consents):
    """Must make a signature useless when its party cancels the nonce."""
    stands = caveat(owned(owners.anna))
    consent = consents(titles, "WithdrawCaveat", {"caveat": stands}, owners.claimant, nonce=5)[0]
    cancelling = consents(titles, "CancelNonce", {}, owners.claimant, nonce=5)[0]
    titles.cancelNonce(owners.claimant.id, 5, NEVER, cancelling[4], {"from": stranger})
    with reverts("NonceUsed", owners.claimant.id, 5):
        titles.withdrawCaveat(stands, consent, {"from": stranger})


def test_struck_out_by_registrar(titles, registrar, owned, owners, caveat):
    """Must be struck out by a registrar with a document."""
    title = owned(owners.anna)
    stands = caveat(title)
    with reverts("SourceMissing", title):
        titles.cancelCaveat(stands, ZERO_ID, {"from": registrar})
    tx = titles.cancelCaveat(stands, ORDER, {"from": registrar})
    assert tx.events["CaveatWithdrawn"] == {
        "title": title,
        "caveat": stands,
        "officer": registrar,
        "sourceHash": ORDER,
    }
    with reverts("RestrictionMissing", stands):
        titles.cancelCaveat(stands, ORDER, {"from": registrar})


def test_each_by_its_own_path(titles, court, registrar, owned, owners, caveat, freeze):
    """Must not lift a caveat as a freeze, nor a freeze as a caveat."""
    title = owned(owners.anna)
    frozen, claimed = freeze(title), caveat(title)
    with reverts("RestrictionMissing", claimed):
        titles.liftFreeze(claimed, LIFTING, {"from": court})
    with reverts("RestrictionMissing", frozen):
        titles.cancelCaveat(frozen, LIFTING, {"from": registrar})


def test_caveats_leave_room_for_the_court(titles, owned, owners, caveat, freeze):
    """Must take eight caveats, refuse the ninth, drop those that ended, and freeze all the same."""
    title = owned(owners.anna)
    for number in range(8):
        caveat(title, f"claim {number}", days=30 if number else 10)
    with reverts("RestrictionsFull", title, CAVEAT):
        caveat(title, "one more")
    freeze(title)
    wait(11 * DAY)
    caveat(title, "one more")
    assert len(titles.restrictionsOf(title, CAVEAT)) == 8


# ── Priority notices ─────────────────────────────────────────────────────────────────────────────────────────────


def test_notice(titles, ids, land, owned, owners):
    """Must stand for one sale until its last second, and be told."""
    title, until = owned(owners.anna), now() + DAY
    tx = titles.setNotice(title, SALE, until, {"from": land.by_sale})
    assert tx.events["NoticeSet"] == {"title": title, "sale": SALE, "until": until}
    assert plain(titles.noticeOf(title)) == (SALE, until)
    assert plain(titles.standingOf(title)) == (ids.land, 1, ZERO_ID, ZERO_ID, (SALE, until))
    for sale in (SALE, OTHER_SALE):
        with reverts("NoticeStands", title, SALE, until):
            titles.setNotice(title, sale, until + 1, {"from": land.by_sale})
    next_block_at(until + 1)
    titles.setNotice(title, OTHER_SALE, until + DAY, {"from": land.by_sale})
    assert plain(titles.noticeOf(title)) == (OTHER_SALE, until + DAY)


def test_notice_runs_out(titles, owned, owners, notice):
    """Must show no notice whose time is over."""
    title = owned(owners.anna)
    until = notice(title)
    next_block_at(until)
    node("evm_mine")
    assert plain(titles.noticeOf(title)) == (SALE, until)
    next_block_at(until + 1)
    node("evm_mine")
    assert plain(titles.noticeOf(title)) == (ZERO_ID, 0)


def test_notice_cleared(titles, land, owned, owners, notice):
    """Must be cleared for the sale that it stands for, and no other."""
    title = owned(owners.anna)
    notice(title)
    for sale in (OTHER_SALE, ZERO_ID):
        with reverts("NoticeMissing", title, sale):
            titles.clearNotice(title, sale, {"from": land.by_sale})
    tx = titles.clearNotice(title, SALE, {"from": land.by_sale})
    assert tx.events["NoticeCleared"] == {"title": title, "sale": SALE}
    assert plain(titles.noticeOf(title)) == (ZERO_ID, 0)
    for sale in (SALE, ZERO_ID):
        with reverts("NoticeMissing", title, sale):
            titles.clearNotice(title, sale, {"from": land.by_sale})


def test_notice_limits(titles, land, owned, owners):
    """Must refuse a notice without a sale, over already, or beyond the limit."""
    title, by = owned(owners.anna), {"from": land.by_sale}
    limit = titles.NOTICE_LIMIT()
    assert limit == 180 * DAY
    start = now()
    for sale, length in ((ZERO_ID, 1), (SALE, -1), (SALE, limit + 1)):
        start += 100
        next_block_at(start)
        with reverts("NoticeRefused", title, sale, start + length):
            titles.setNotice(title, sale, start + length, by)
    start += 100
    next_block_at(start)
    titles.setNotice(title, SALE, start + limit, by)


def test_notice_needs_a_free_title(titles, land, owned, owners, freeze, caveat):
    """Must refuse a sale while a freeze or a caveat stands."""
    title, claimed = owned(owners.anna), owned(owners.anna, ref="another")
    stands, claim = freeze(title), caveat(claimed)
    with reverts("FreezeStands", title, stands):
        titles.setNotice(title, SALE, now() + DAY, {"from": land.by_sale})
    with reverts("CaveatStands", claimed, claim):
        titles.setNotice(claimed, SALE, now() + DAY, {"from": land.by_sale})


def test_only_a_court_comes_in_between(titles, registrar, owned, owners, notice, freeze):
    """Must refuse a caveat while a notice stands, and freeze all the same."""
    title = owned(owners.anna)
    until = notice(title)
    with reverts("NoticeStands", title, SALE, until):
        titles.enterCaveat(title, owners.claimant.id, now() + DAY, ORDER, {"from": registrar})
    freeze(title)


@pytest.mark.parametrize("role", ["registrar", "court", "root", "stranger"])
def test_notices_by_conveyance_alone(titles, people, owned, owners, role):
    """Must let nobody but the conveyance contract set and clear notices."""
    title, caller = owned(owners.anna), getattr(people, role)
    with reverts("NotConveyance", caller):
        titles.setNotice(title, SALE, now() + DAY, {"from": caller})
    with reverts("NotConveyance", caller):
        titles.clearNotice(title, SALE, {"from": caller})
