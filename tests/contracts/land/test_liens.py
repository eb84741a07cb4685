"""Liens: entered behind all others, discharged, postponed and passed on by whoever holds them."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import NEVER, ZERO_ID, keccak, now, plain, reverts
from tests.contracts.land.conftest import (
    BY_COURT,
    CONTRACTUAL,
    COURT_LIEN,
    EURO,
    LIEN_FIELDS,
    OTHER_SALE,
    SALE,
    SOURCE,
    STATUTORY,
    shares,
)

ORDER = keccak("an order")


@pytest.fixture
def charged(owned, owners, charge, mortgage):
    """Anna's title with liens of these deeds in their order; the title and the terms."""

    def made(*deeds, ref="landregistry-index:12345678"):
        title = owned(owners.anna, ref=ref)
        terms = [mortgage(deedHash=keccak(deed)) for deed in deeds]
        for each in terms:
            charge(title, each, owners.anna)
        return title, terms

    return made


@pytest.fixture
def discharge(liens, stranger, consents, lien_id):
    """Release titles from a lien by the signature of its holder."""

    def done(titles, terms, signer, signed=None):
        message = {"lien": lien_id(terms), "titles": list(titles)} | (signed or {})
        consent = consents(liens, "DischargeLien", message, signer)[0]
        return liens.discharge(list(titles), terms, consent, {"from": stranger})

    return done


@pytest.fixture
def postpone(liens, stranger, consents, lien_id):
    """Put a lien behind another by the signature of its holder."""

    def done(title, terms, behind, signer, rank=16, signed=None):
        message = {"title": title, "lien": lien_id(terms), "behind": lien_id(behind), "rank": rank} | (signed or {})
        consent = consents(liens, "PostponeLien", message, signer)[0]
        return liens.postpone(title, terms, lien_id(behind), rank, consent, {"from": stranger})

    return done


@pytest.fixture
def assign(liens, stranger, consents, lien_id):
    """Pass a lien on by the signature of its holder."""

    def done(terms, to, signer, signed=None):
        message = {"lien": lien_id(terms), "to": to} | (signed or {})
        return liens.assign(terms, to, consents(liens, "AssignLien", message, signer)[0], {"from": stranger})

    return done


# ── Entering ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_id_is_derived_from_the_terms(liens, mortgage, owners):
    """Must be the hash that the interface states."""
    terms = mortgage()
    words = [keccak_bytes(text="Muniment.Lien.v1"), terms[0], bytes.fromhex(terms[1][2:]), terms[2]]
    words += [bytes.fromhex(word[2:]) for word in terms[3:]]
    packed = encode(["bytes32", "uint8", "bytes32", "uint256", "bytes32", "bytes32"], words)
    assert str(liens.lienIdOf(terms)) == "0x" + keccak_bytes(packed).hex()


def test_entered(liens, registrar, owned, owners, charge, mortgage, lien_id):
    """Must stand on the title in its rank, and be told with all its terms."""
    title, terms = owned(owners.anna, owners.bert), mortgage()
    tx = charge(title, terms, owners.anna, owners.bert, rank=1)
    assert str(tx.return_value) == lien_id(terms)
    assert plain(liens.liensOf(title)) == (lien_id(terms),)
    assert liens.holderOf(terms) == owners.bank.id
    assert tx.events["LienEntered"] == {
        "title": title,
        "lien": lien_id(terms),
        "creditor": owners.bank.id,
        "kind": CONTRACTUAL,
        "amount": 250_000_00,
        "currency": EURO,
        "deedHash": keccak("a mortgage deed"),
        "rank": 1,
        "legalDate": 20_260_401,
        "by": registrar,
        "sale": ZERO_ID,
    }
    assert len(tx.events) == 1


def test_sixteen_in_one_order(liens, charged, owners, charge, mortgage, lien_id):
    """Must stand in the order of their entry, up to 16."""
    title, terms = charged(*(f"deed {number}" for number in range(16)))
    assert liens.MAX_LIENS() == 16
    assert plain(liens.liensOf(title)) == tuple(lien_id(each) for each in terms)
    with reverts("LiensFull", title):
        charge(title, mortgage(), owners.anna)


def test_promised_rank(charged, owners, charge, mortgage, lien_id):
    """Must refuse a lien that would not get the rank it was promised, because another came first."""
    title, _ = charged("first")
    with reverts("RankRefused", title, lien_id(mortgage()), 2):
        charge(title, mortgage(), owners.anna, rank=1)
    charge(title, mortgage(), owners.anna, rank=2)


def test_once_on_a_title(charged, owners, charge, lien_id):
    """Must refuse the same lien on the title again."""
    title, (terms,) = charged("deed")
    with reverts("LienExists", title, lien_id(terms)):
        charge(title, terms, owners.anna)


@pytest.mark.parametrize(
    "gap",
    [
        {"kind": 0},
        {"kind": STATUTORY},
        {"kind": COURT_LIEN},
        {"creditor": ZERO_ID},
        {"amount": 0},
        {"currency": ZERO_ID},
        {"deedHash": ZERO_ID},
    ],
    ids=lambda gap: "-".join(str(part) for part in next(iter(gap.items()))),
)
def test_terms_are_complete(owned, owners, charge, mortgage, lien_id, gap):
    """Must refuse a lien without one of its terms, or of a kind that nobody signs."""
    title, terms = owned(owners.anna), mortgage(**gap)
    with reverts("LienRefused", title, lien_id(terms)):
        charge(title, terms, owners.anna)


def test_every_holder_signs(owned, owners, charge, mortgage):
    """Must refuse a lien that one of the holders did not sign."""
    title = owned(owners.anna, owners.bert)
    with reverts("ConsentsRefused", 1, 2):
        charge(title, mortgage(), owners.anna)
    with reverts("SignatureInvalid", owners.bert.key.address):
        charge(title, mortgage(), owners.anna, owners.bank)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": keccak("another title")},
        {"version": 2},
        {"lien": ("amount", 1)},
        {"lien": ("creditor", ORDER)},
        {"lien": ("currency", ORDER)},
        {"lien": ("deedHash", ORDER)},
        {"rank": 1},
        {"legalDate": 0},
    ],
    ids=lambda changes: str(next(iter(changes.values()))),
)
def test_every_value_is_signed(owned, owners, charge, mortgage, changes):
    """Must refuse a signature over anything else."""
    title, terms = owned(owners.anna), mortgage()
    if "lien" in changes:
        field, value = changes["lien"]
        changes = {"lien": dict(zip(LIEN_FIELDS, terms, strict=True)) | {field: value}}
    with reverts("SignatureInvalid", owners.anna.key.address):
        charge(title, terms, owners.anna, signed=changes)


def test_consent_serves_once(titles, liens, registrar, owned, owners, consents, mortgage, discharge):
    """Must not charge a title a second time by a consent whose lien was discharged."""
    title, terms = owned(owners.anna), mortgage()
    message = {"title": title, "version": 1, "lien": dict(zip(LIEN_FIELDS, terms, strict=True)), "rank": 0}
    given = consents(liens, "ChargeTitle", message | {"legalDate": 0}, owners.anna, nonce=9)
    liens.enter(title, terms, 0, 0, given, {"from": registrar})
    discharge([title], terms, owners.bank)
    with reverts("NonceUsed", owners.anna.id, 9):
        liens.enter(title, terms, 0, 0, given, {"from": registrar})


def test_stale_consent(titles, owned, owners, charge, mortgage, by_two):
    """Must refuse the consent of somebody who held the title when signing and gave it for an earlier state."""
    title = owned(owners.anna)
    by_two(titles.transmit, title, BY_COURT, 2, [(owners.anna.id, 1), (owners.bert.id, 1)], SOURCE)
    with reverts("SignatureInvalid", owners.anna.key.address):
        charge(title, mortgage(), owners.anna, owners.bert, signed={"version": 1})


def test_new_domain(titles, liens, registrar, owned, owners, consents, mortgage):
    """Must refuse a signature given for another contract or chain, or too late."""
    title, terms = owned(owners.anna), mortgage()
    message = {"title": title, "version": 1, "lien": dict(zip(LIEN_FIELDS, terms, strict=True)), "rank": 0}
    message |= {"legalDate": 0}
    for given in (
        consents(titles, "ChargeTitle", message, owners.anna),
        consents(liens, "ChargeTitle", message, owners.anna, chain_id=1),
    ):
        with reverts("SignatureInvalid", owners.anna.key.address):
            liens.enter(title, terms, 0, 0, given, {"from": registrar})
    end = now() - 1
    with reverts("DeadlinePassed", end):
        given = consents(liens, "ChargeTitle", message, owners.anna, deadline=end)
        liens.enter(title, terms, 0, 0, given, {"from": registrar})


def test_by_registrar_of_the_keeper(ids, owned, owners, charge, mortgage, other_officer, stranger, title_of):
    """Must refuse another agency's registrar, and a title that is not there."""
    title = owned(owners.anna)
    with reverts("OtherAgency", other_officer, ids.land):
        charge(title, mortgage(), owners.anna, by=other_officer)
    with reverts("NotAnOfficer", stranger):
        charge(title, mortgage(), owners.anna, by=stranger)


def test_unknown_title(liens, registrar, mortgage, title_of):
    """Must refuse to charge what is not there."""
    with reverts("TitleUnknown", title_of()):
        liens.enter(title_of(), mortgage(), 0, 0, [], {"from": registrar})


def test_what_stops_a_charge(titles, court, owned, owners, charge, mortgage, freeze, notice, caveat):
    """Must refuse a lien while a freeze or a sale's notice stands; a caveat does not stop it."""
    title = owned(owners.anna)
    caveat(title)
    charge(title, mortgage(), owners.anna)
    other = owned(owners.anna, ref="other")
    until = notice(other)
    with reverts("NoticeStands", other, SALE, until):
        charge(other, mortgage(), owners.anna)
    stands = freeze(other)
    with reverts("FreezeStands", other, stands):
        charge(other, mortgage(), owners.anna)


def test_passes_with_the_title(titles, liens, charged, by_two, lien_id):
    """Must weigh on the title whoever holds it."""
    title, (terms,) = charged("deed")
    by_two(titles.transmit, title, BY_COURT, 1, shares(1), SOURCE)
    assert plain(liens.liensOf(title)) == (lien_id(terms),)


# ── By order ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [STATUTORY, COURT_LIEN])
def test_by_order(liens, second_registrar, owned, owners, mortgage, by_two, lien_id, kind):
    """Must charge a title by two registrars, without its holders."""
    title, terms = owned(owners.anna), mortgage(kind=kind, deedHash=ORDER)
    tx = by_two(liens.enterByOrder, title, terms, 20_260_401)
    assert plain(liens.liensOf(title)) == (lien_id(terms),)
    event = tx.events["LienEntered"]
    assert (event["kind"], event["deedHash"], event["by"], event["rank"]) == (kind, ORDER, second_registrar, 1)


def test_order_is_complete(liens, registrar, owned, owners, mortgage, lien_id):
    """Must refuse a contractual lien by order, and one without the order's hash."""
    title = owned(owners.anna)
    for terms in (mortgage(), mortgage(kind=COURT_LIEN, deedHash=ZERO_ID)):
        with reverts("LienRefused", title, lien_id(terms)):
            liens.enterByOrder(title, terms, 0, {"from": registrar})


def test_a_court_passes_over_a_notice(liens, registrar, owned, owners, mortgage, notice, freeze, by_two):
    """Must let a court's lien in while a title is being sold, and no statutory one; neither on a frozen title."""
    title = owned(owners.anna)
    until = notice(title)
    with reverts("NoticeStands", title, SALE, until):
        liens.enterByOrder(title, mortgage(kind=STATUTORY), 0, {"from": registrar})
    by_two(liens.enterByOrder, title, mortgage(kind=COURT_LIEN), 0)
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        liens.enterByOrder(title, mortgage(kind=COURT_LIEN), 1, {"from": registrar})


def test_stale_order(titles, liens, registrar, second_registrar, owned, owners, charge, mortgage, by_two):
    """Must not run a first registrar's approval once the title, or what weighs on it, has changed."""
    title, terms = owned(owners.anna), mortgage(kind=COURT_LIEN)
    liens.enterByOrder(title, terms, 0, {"from": registrar})
    charge(title, mortgage(), owners.anna)
    assert liens.enterByOrder(title, terms, 0, {"from": second_registrar}).return_value is False
    by_two(titles.transmit, title, BY_COURT, 1, [(owners.bert.id, 1)], SOURCE)
    assert liens.enterByOrder(title, terms, 0, {"from": registrar}).return_value is False


def test_orders_need_two(liens, registrar, other_officer, ids, owned, owners, mortgage):
    """Must not take one registrar for two, nor another agency's."""
    title, terms = owned(owners.anna), mortgage(kind=COURT_LIEN)
    liens.enterByOrder(title, terms, 0, {"from": registrar})
    with reverts("SecondOfficerNeeded", ...):
        liens.enterByOrder(title, terms, 0, {"from": registrar})
    with reverts("OtherAgency", other_officer, ids.land):
        liens.enterByOrder(title, terms, 0, {"from": other_officer})


def test_discharged_by_order(liens, registrar, second_registrar, charged, by_two, lien_id):
    """Must release a title by two registrars with an order, without the lien's holder."""
    title, (terms,) = charged("deed")
    with reverts("OrderMissing", title):
        liens.dischargeByOrder(title, terms, ZERO_ID, {"from": registrar})
    tx = by_two(liens.dischargeByOrder, title, terms, ORDER)
    assert tx.events["LienDischarged"] == {
        "title": title,
        "lien": lien_id(terms),
        "officer": second_registrar,
        "source": ORDER,
    }
    assert plain(liens.liensOf(title)) == ()


# ── For a sale ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_for_its_sale(titles, liens, land, charged, mortgage, notice, lien_id):
    """Must let the sale that has the notice pay one lien off and enter another, and tell the sale."""
    title, (old,) = charged("old")
    notice(title)
    by = {"from": land.by_sale}
    tx = liens.dischargeForSale(title, SALE, old, by)
    assert tx.events["LienDischarged"] == {
        "title": title,
        "lien": lien_id(old),
        "officer": ZERO_ADDRESS,
        "source": SALE,
    }
    tx = liens.enterForSale(title, SALE, mortgage(), 1, 20_260_401, by)
    assert str(tx.return_value) == lien_id(mortgage())
    assert (tx.events["LienEntered"]["sale"], tx.events["LienEntered"]["by"]) == (SALE, land.by_sale)
    assert plain(liens.liensOf(title)) == (lien_id(mortgage()),)


def test_for_no_other_sale(liens, land, charged, mortgage, notice, freeze, lien_id):
    """Must refuse a sale without a notice, another than has it, and any on a frozen title."""
    title, (old,) = charged("old")
    by = {"from": land.by_sale}
    with reverts("NoticeMissing", title, SALE):
        liens.enterForSale(title, SALE, mortgage(), 2, 0, by)
    with reverts("NoticeMissing", title, SALE):
        liens.dischargeForSale(title, SALE, old, by)
    until = notice(title)
    with reverts("NoticeStands", title, SALE, until):
        liens.enterForSale(title, OTHER_SALE, mortgage(), 2, 0, by)
    with reverts("NoticeStands", title, SALE, until):
        liens.dischargeForSale(title, OTHER_SALE, old, by)
    with reverts("RankRefused", title, lien_id(mortgage()), 2):
        liens.enterForSale(title, SALE, mortgage(), 1, 0, by)
    with reverts("LienRefused", title, lien_id(mortgage(kind=COURT_LIEN))):
        liens.enterForSale(title, SALE, mortgage(kind=COURT_LIEN), 2, 0, by)
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        liens.enterForSale(title, SALE, mortgage(), 2, 0, by)


def test_by_conveyance_alone(liens, registrar, charged, mortgage, notice):
    """Must let nobody else act for a sale."""
    title, (old,) = charged("old")
    notice(title)
    with reverts("NotConveyance", registrar):
        liens.enterForSale(title, SALE, mortgage(), 2, 0, {"from": registrar})
    with reverts("NotConveyance", registrar):
        liens.dischargeForSale(title, SALE, old, {"from": registrar})


# ── Discharging ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", [0, 1, 2])
def test_discharged(liens, charged, owners, discharge, lien_id, place):
    """Must be discharged by its holder's signature; those behind move up in their order."""
    title, terms = charged("first", "second", "third")
    tx = discharge([title], terms[place], owners.bank)
    assert plain(liens.liensOf(title)) == tuple(lien_id(each) for each in terms if each != terms[place])
    assert tx.events["LienDischarged"] == {
        "title": title,
        "lien": lien_id(terms[place]),
        "officer": ZERO_ADDRESS,
        "source": ZERO_ID,
    }


def test_one_of_several_titles(liens, owned, owners, charge, mortgage, discharge, lien_id):
    """Must release one of several titles from a common lien, and all of them, none twice."""
    titles = [owned(owners.anna, ref=ref) for ref in "ABC"]
    for title in titles:
        charge(title, mortgage(), owners.anna)
    discharge(titles[1:2], mortgage(), owners.bank)
    assert [len(liens.liensOf(title)) for title in titles] == [1, 0, 1]
    with reverts("LienMissing", titles[1], lien_id(mortgage())):
        discharge(titles, mortgage(), owners.bank)
    discharge([titles[0], titles[2]], mortgage(), owners.bank)
    assert [len(liens.liensOf(title)) for title in titles] == [0, 0, 0]


def test_how_many_titles(liens, charged, owners, discharge):
    """Must name 1 to 16 titles."""
    title, (terms,) = charged("deed")
    assert liens.MAX_TITLES() == 16
    for count in (0, 17):
        with reverts("TitlesRefused", count):
            discharge([title] * count, terms, owners.bank)


def test_discharge_is_the_holders(liens, charged, owners, discharge):
    """Must refuse the owner's signature, another bank's, and one over other values."""
    title, (terms, _) = charged("deed", "another")
    bank = owners.bank.key.address
    for signer in (owners.anna, owners.other_bank):
        with reverts("SignatureInvalid", bank):
            discharge([title], terms, signer)
    for changes in ({"lien": ORDER}, {"titles": [ORDER]}):
        with reverts("SignatureInvalid", bank):
            discharge([title], terms, owners.bank, signed=changes)
    assert len(liens.liensOf(title)) == 2


def test_discharged_on_a_frozen_title(liens, charged, owners, discharge, freeze, notice):
    """Must let a holder give its right up while a freeze or a notice stands."""
    title, (terms, other) = charged("deed", "another")
    notice(title)
    discharge([title], terms, owners.bank)
    freeze(title)
    discharge([title], other, owners.bank)
    assert plain(liens.liensOf(title)) == ()


def test_made_up_terms(liens, charged, owners, discharge, mortgage, lien_id):
    """Must refuse terms that are not the lien's, though their maker signs."""
    title, _ = charged("deed")
    forged = mortgage(deedHash=keccak("deed"), creditor=owners.other_bank.id)
    with reverts("LienMissing", title, lien_id(forged)):
        discharge([title], forged, owners.other_bank)


# ── Rank ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("place", "behind", "expected"), [(0, 1, [1, 0, 2]), (0, 2, [1, 2, 0]), (1, 2, [0, 2, 1])])
def test_postponed(liens, charged, owners, postpone, lien_id, place, behind, expected):
    """Must stand right behind the other, and those between move up."""
    title, terms = charged("first", "second", "third")
    tx = postpone(title, terms[place], terms[behind], owners.bank, rank=behind + 1)
    assert plain(liens.liensOf(title)) == tuple(lien_id(terms[index]) for index in expected)
    assert tx.events["LienPostponed"] == {
        "title": title,
        "lien": lien_id(terms[place]),
        "behind": lien_id(terms[behind]),
        "rank": behind + 1,
    }


def test_rank_is_given_up_by_its_holder(charged, owners, charge, mortgage, postpone):
    """Must refuse to let anybody pass over a lien but by its own holder's signature."""
    title, (first,) = charged("first")
    second = mortgage(creditor=owners.other_bank.id)
    charge(title, second, owners.anna)
    for signer in (owners.other_bank, owners.anna):
        with reverts("SignatureInvalid", owners.bank.key.address):
            postpone(title, first, second, signer)
    postpone(title, first, second, owners.bank)


def test_never_forward(charged, owners, postpone, lien_id, mortgage):
    """Must refuse to postpone a lien behind itself, behind one before it, and behind or for one that is not there."""
    title, (first, second) = charged("first", "second")
    for lien, behind in ((second, first), (first, first), (first, mortgage())):
        with reverts("NotPreceding", title, lien_id(lien), lien_id(behind)):
            postpone(title, lien, behind, owners.bank)
    with reverts("LienMissing", title, lien_id(mortgage())):
        postpone(title, mortgage(), second, owners.bank)


def test_lowest_rank_accepted(charged, owners, postpone, lien_id):
    """Must refuse to put a lien at a lower rank than its holder signed for, because the other was postponed too."""
    title, (first, second, third) = charged("first", "second", "third")
    postpone(title, second, third, owners.bank)
    with reverts("RankRefused", title, lien_id(first), 3):
        postpone(title, first, second, owners.bank, rank=2)
    postpone(title, first, second, owners.bank, rank=3)


@pytest.mark.parametrize("changes", [{"title": ORDER}, {"lien": ORDER}, {"behind": ORDER}, {"rank": 3}], ids=str)
def test_every_value_of_a_postponement_is_signed(charged, owners, postpone, changes):
    """Must refuse a signature over anything else."""
    title, (first, second) = charged("first", "second")
    with reverts("SignatureInvalid", owners.bank.key.address):
        postpone(title, first, second, owners.bank, rank=2, signed=changes)


def test_ranks_stand_still(charged, owners, postpone, freeze, notice):
    """Must refuse to change ranks while a freeze or a notice stands."""
    title, (first, second) = charged("first", "second")
    until = notice(title)
    with reverts("NoticeStands", title, SALE, until):
        postpone(title, first, second, owners.bank)
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        postpone(title, first, second, owners.bank)


# ── Holder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_assigned(liens, charged, owners, assign, discharge, lien_id):
    """Must pass to another in its rank; from then on that one alone gives it up."""
    title, (first, second) = charged("first", "second")
    tx = assign(first, owners.other_bank.id, owners.bank)
    assert tx.events["LienAssigned"] == {
        "lien": lien_id(first),
        "from": owners.bank.id,
        "to": owners.other_bank.id,
    }
    assert liens.holderOf(first) == owners.other_bank.id
    assert liens.holderOf(second) == owners.bank.id
    assert plain(liens.liensOf(title)) == (lien_id(first), lien_id(second))
    with reverts("SignatureInvalid", owners.other_bank.key.address):
        discharge([title], first, owners.bank)
    assign(first, owners.bank.id, owners.other_bank)
    discharge([title], first, owners.bank)


def test_assignment_refused(charged, owners, assign, lien_id):
    """Must refuse nobody, the holder itself, another's signature and other values."""
    _, (terms,) = charged("deed")
    for to in (ZERO_ID, owners.bank.id):
        with reverts("AssigneeRefused", lien_id(terms), to):
            assign(terms, to, owners.bank)
    with reverts("SignatureInvalid", owners.bank.key.address):
        assign(terms, owners.other_bank.id, owners.other_bank)
    for changes in ({"lien": ORDER}, {"to": owners.anna.id}):
        with reverts("SignatureInvalid", owners.bank.key.address):
            assign(terms, owners.other_bank.id, owners.bank, signed=changes)


def test_cancelled_nonce(liens, stranger, charged, owners, consents, lien_id):
    """Must make a signature useless when its party cancels the nonce."""
    title, (terms,) = charged("deed")
    message = {"lien": lien_id(terms), "titles": [title]}
    consent = consents(liens, "DischargeLien", message, owners.bank, nonce=5)[0]
    cancelling = consents(liens, "CancelNonce", {}, owners.bank, nonce=5)[0]
    tx = liens.cancelNonce(owners.bank.id, 5, NEVER, cancelling[4], {"from": stranger})
    assert tx.events["NonceCancelled"] == {"party": owners.bank.id, "nonce": 5}
    with reverts("NonceUsed", owners.bank.id, 5):
        liens.discharge([title], terms, consent, {"from": stranger})


def test_organisation_as_holder(
    titles,
    liens,
    parties,
    ids,
    identity_officer,
    second_identity_officer,
    owners,
    owned,
    consents,
    stranger,
    charge,
    mortgage,
    digest_of,
    lien_id,
):
    """Must take two of two representatives' signatures for a bank that is an organisation."""
    record = keccak("a bank of two directors")
    bank = str(parties.partyIdOf(ids.land, record))
    directors = sorted((owners.claimant, owners.attorney), key=lambda owner: owner.id)
    arguments = (ids.land, record, 2, [director.id for director in directors], keccak("its statutes"))
    for officer in (identity_officer, second_identity_officer):
        parties.setRepresentation(*arguments, {"from": officer})
    title, terms = owned(owners.anna), mortgage(creditor=bank)
    charge(title, terms, owners.anna)
    message = {"lien": lien_id(terms), "titles": [title], "party": bank, "nonce": 0, "deadline": NEVER}
    digest = digest_of(liens, "DischargeLien", message)

    def signed(*who):
        pairs = [(bytes.fromhex(each.id[2:]), bytes(each.key.unsafe_sign_hash(digest).signature)) for each in who]
        return (ZERO_ID, ZERO_ID, 0, NEVER, encode(["(bytes32,bytes)[]"], [pairs]))

    with reverts("SignatureInvalid", ZERO_ADDRESS):
        liens.discharge([title], terms, signed(directors[0]), {"from": stranger})
    liens.discharge([title], terms, signed(*directors), {"from": stranger})
    assert plain(liens.liensOf(title)) == ()


def test_revision(liens, owned, owners, charge, mortgage, lien_id):
    """Must change with everything that weighs on a title."""
    title = owned(owners.anna)

    def reckoned(*ids):
        packed = encode(["bytes32[]", "bytes32[]"], [[bytes.fromhex(each[2:]) for each in ids], []])
        return "0x" + keccak_bytes(packed).hex()

    assert str(liens.revisionOf(title)) == reckoned()
    charge(title, mortgage(), owners.anna)
    assert str(liens.revisionOf(title)) == reckoned(lien_id(mortgage()))
