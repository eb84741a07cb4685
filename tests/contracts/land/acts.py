"""Every act on titles and what weighs on them, ready to be tried by anyone, for the table of permissions.

Each act gets all that it needs done first by whoever may do that, so that the caller alone decides.
"""

# ruff: noqa: D103 -- each does what its name says, as the contract's interface describes it

from tests.contracts.helpers import DAY, NEVER, QUALIFIED, ZERO_ID, jurisdiction, keccak, now, sign, wait

GB = jurisdiction("GB")
SALE, SOURCE = keccak("a sale"), (keccak("a deed"), 20_260_401)
HOLDER = [("0x" + "01" * 32, 1)]
GEOMETRY = "0x" + "ab" * 32
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()


def _registered(w, ref="landregistry-index:12345678", holder=HOLDER[0][0], **changes):
    made = w.titles.register(GB, w.entry(ref, shares=[(holder, 1)], **changes), {"from": w.people.registrar})
    return str(made.return_value)


def _bound(w):
    """A party with the world's wallet."""
    party = str(w.parties.partyIdOf(w.ids.land, keccak("record")))
    message = {"party": party, "wallet": w.wallet.address, "nonce": 0, "deadline": NEVER}
    signature = sign(w.wallet, w.parties, "BindWallet", message)
    w.parties.bind(keccak("record"), w.wallet.address, 0, NEVER, signature, {"from": w.people.identity_officer})
    return party


def _consent(w, contract, kind, message, party, nonce=1):
    full = message | {"party": party, "nonce": nonce, "deadline": NEVER}
    return (ZERO_ID, ZERO_ID, nonce, NEVER, sign(w.wallet, contract, kind, full))


def _mortgage(creditor, kind=1):
    return (kind, creditor, 1000, EURO, keccak("a deed"))


def _lease(party):
    return (1, party, ZERO_ID, now() + DAY, keccak("a lease"))


def _named(fields, values):
    return dict(zip(fields, values, strict=True))


def register_absent(w, by):
    w.titles.registerAbsent(GB, w.entry(), b"", by)


def admit(w, by):
    title = w.titles.titleIdOf(GB, "old")
    w.land.migration.believe(title, b"proof", {"from": w.people.deployer})
    w.titles.admit((title, GB, GEOMETRY, 1, 1, 1, HOLDER, [], []), b"proof", by)


def admit_proven(w, by):
    title = w.titles.titleIdOf(GB, "old")
    w.titles.admitProven([(title, GB, GEOMETRY, 1, 1, 1, HOLDER, [], [])], by)


def _cancel(w, contract, by):
    party = _bound(w)
    signature = sign(w.wallet, contract, "CancelNonce", {"party": party, "nonce": 1, "deadline": NEVER})
    contract.cancelNonce(party, 1, NEVER, signature, by)


def cancel_titles_nonce(w, by):
    _cancel(w, w.titles, by)


def cancel_liens_nonce(w, by):
    _cancel(w, w.liens, by)


def freeze(w, by):
    w.titles.freeze(_registered(w), keccak("an order"), by)


def lift_freeze(w, by):
    made = w.titles.freeze(_registered(w), keccak("an order"), {"from": w.people.second_court})
    w.titles.liftFreeze(made.return_value, keccak("lifted"), by)


def enter_caveat(w, by):
    w.titles.enterCaveat(_registered(w), HOLDER[0][0], now() + DAY, keccak("a claim"), by)


def _caveat(w, claimant):
    made = w.titles.enterCaveat(
        _registered(w), claimant, now() + DAY, keccak("a claim"), {"from": w.people.second_registrar}
    )
    return str(made.return_value)


def cancel_caveat(w, by):
    w.titles.cancelCaveat(_caveat(w, HOLDER[0][0]), keccak("settled"), by)


def withdraw_caveat(w, by):
    party = _bound(w)
    caveat = _caveat(w, party)
    w.titles.withdrawCaveat(caveat, _consent(w, w.titles, "WithdrawCaveat", {"caveat": caveat}, party), by)


def set_notice(w, by):
    w.titles.setNotice(_registered(w), SALE, now() + DAY, by)


def clear_notice(w, by):
    w.titles.clearNotice(_registered(w), SALE, by)


def convey(w, by):
    w.titles.convey(_registered(w), SALE, 1, [HOLDER[0][0]], 1, HOLDER, SOURCE, by)


def transmit(w, by):
    w.titles.transmit(_registered(w), 1, 1, HOLDER, SOURCE, by)


def rectify(w, by):
    w.titles.rectify(_registered(w), (GEOMETRY, 1, QUALIFIED, 1, HOLDER), SOURCE, by)


def propose_grade(w, by):
    w.titles.proposeGrade(_registered(w), QUALIFIED, keccak("a survey"), by)


def _proposed(w):
    title = _registered(w)
    w.titles.proposeGrade(title, QUALIFIED, keccak("a survey"), {"from": w.people.second_registrar})
    return title


def withdraw_grade(w, by):
    w.titles.withdrawGrade(_proposed(w), by)


def complete_grade(w, by):
    title = _proposed(w)
    wait(30 * DAY)
    w.titles.completeGrade(title, by)


def subdivide(w, by):
    party = _bound(w)
    title = _registered(w, holder=party, area=2)
    parts = [("A", GEOMETRY, 1), ("B", GEOMETRY, 1)]
    message = {"title": title, "version": 1, "sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    message["parts"] = [_named(("ref", "geometryHash", "area"), each) for each in parts]
    w.titles.subdivide(title, parts, SOURCE, [_consent(w, w.titles, "SubdivideTitle", message, party)], [], by)


def merge(w, by):
    party = _bound(w)
    titles = sorted(_registered(w, ref, party, area=1) for ref in "AB")
    whole = ("AB", GEOMETRY, 2)
    message = {"titles": titles, "versions": [1, 1], "sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    message["whole"] = _named(("ref", "geometryHash", "area"), whole)
    w.titles.merge(titles, whole, SOURCE, [_consent(w, w.titles, "MergeTitles", message, party)], b"", by)


def _charge(w, by):
    """A title charged by its holder, who is the creditor too: one wallet signs everything."""
    party = _bound(w)
    title, lien = _registered(w, holder=party), _mortgage(party)
    message = {"title": title, "version": 1, "rank": 1, "legalDate": 0}
    message["lien"] = _named(("kind", "creditor", "amount", "currency", "deedHash"), lien)
    w.liens.enter(title, lien, 1, 0, [_consent(w, w.liens, "ChargeTitle", message, party)], by)
    return party, title, lien


def enter_lien(w, by):
    _charge(w, by)


def enter_by_order(w, by):
    w.liens.enterByOrder(_registered(w), _mortgage(HOLDER[0][0], 3), 0, by)


def enter_for_sale(w, by):
    w.liens.enterForSale(_registered(w), SALE, _mortgage(HOLDER[0][0]), 1, 0, by)


def discharge_for_sale(w, by):
    w.liens.dischargeForSale(_registered(w), SALE, _mortgage(HOLDER[0][0]), by)


def discharge_by_order(w, by):
    w.liens.dischargeByOrder(_registered(w), _mortgage(HOLDER[0][0]), keccak("an order"), by)


def _charged(w):
    return _charge(w, {"from": w.people.second_registrar})


def discharge(w, by):
    party, title, lien = _charged(w)
    message = {"lien": str(w.liens.lienIdOf(lien)), "titles": [title]}
    w.liens.discharge([title], lien, _consent(w, w.liens, "DischargeLien", message, party, 2), by)


def assign(w, by):
    party, _, lien = _charged(w)
    message = {"lien": str(w.liens.lienIdOf(lien)), "to": HOLDER[0][0]}
    w.liens.assign(lien, HOLDER[0][0], _consent(w, w.liens, "AssignLien", message, party, 2), by)


def postpone(w, by):
    party, title, lien = _charged(w)
    tax = _mortgage(HOLDER[0][0], 2)
    for officer in (w.people.registrar, w.people.second_registrar):
        w.liens.enterByOrder(title, tax, 0, {"from": officer})
    behind = str(w.liens.lienIdOf(tax))
    message = {"title": title, "lien": str(w.liens.lienIdOf(lien)), "behind": behind, "rank": 2}
    w.liens.postpone(title, lien, behind, 2, _consent(w, w.liens, "PostponeLien", message, party, 2), by)


def _grant(w, by):
    party = _bound(w)
    title, lease = _registered(w, holder=party), _lease(party)
    message = {"title": title, "version": 1, "legalDate": 0}
    message["interest"] = _named(("kind", "beneficiary", "dominant", "until", "deedHash"), lease)
    w.liens.enterInterest(title, lease, 0, [_consent(w, w.liens, "GrantInterest", message, party)], by)
    return party, title, lease


def enter_interest(w, by):
    _grant(w, by)


def enter_interest_by_order(w, by):
    w.liens.enterInterestByOrder(_registered(w), _lease(HOLDER[0][0]), 0, by)


def end_interest_by_order(w, by):
    w.liens.endInterestByOrder(_registered(w), _lease(HOLDER[0][0]), keccak("an order"), by)


def end_interest(w, by):
    party, title, lease = _grant(w, {"from": w.people.second_registrar})
    message = {"interest": str(w.liens.interestIdOf(lease)), "titles": [title]}
    w.liens.endInterest([title], lease, [_consent(w, w.liens, "EndInterest", message, party, 2)], by)


def expire_interest(w, by):
    _, title, lease = _grant(w, {"from": w.people.second_registrar})
    wait(2 * DAY)
    w.liens.expireInterest(title, lease, by)


def carry_in(w, by):
    w.liens.carryIn(_registered(w), [], [], by)


def carry_to_parts(w, by):
    w.liens.carryToParts(_registered(w), [], by)


def carry_to_whole(w, by):
    w.liens.carryToWhole([_registered(w)], ZERO_ID, by)
