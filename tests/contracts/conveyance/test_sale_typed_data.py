"""Typed data of sales: the shared vectors against the conveyance contract, each at the step that takes it."""

from tests.contracts.conveyance.deals import words
from tests.contracts.conveyance.moved import CASES, paper
from tests.contracts.conveyance.test_land_typed_data import cancelling, moved, signed, tried
from tests.contracts.identity.test_typed_data import each, numbers, on_chain
from tests.vectors.land import lien_id, others

__all__ = ["moved", "on_chain"]

SALES = {
    case["listing"]["title"]: case["message"]["sale"] for case in CASES["Conveyance"] if case["kind"] == "AcceptOffer"
}


@each(CASES["Conveyance"])
def test_conveyance_agrees(case, moved, on_chain):
    """Must be accepted under the contract's own address and chain id, as it was signed and not otherwise."""
    there, kind = moved(case), case["kind"]
    act = cancelling(there, case) if kind == "CancelNonce" else ACTS[kind](there, case, numbers(case))
    tried(case, act, on_chain)


def _listed(there, case, _message):
    deal = there.deal()

    def act(deadline):
        given = signed(there, case, [*deal.sellers, *deal.agent], deadline)
        sale = there.sales.list.call(words(deal.listing), given, there.relay)
        # Others name it by its id, which the vectors reckon on their own.
        assert str(sale) == SALES[case["message"]["listing"]["title"]]

    return act


def _accepted(there, case, _message):
    deal = there.deal()
    deal.list()

    def act(deadline):
        given = signed(there, case, [*deal.sellers, *deal.buyers], deadline)
        return there.sales.acceptOffer.call(words(deal.listing), words(deal.offer), given, there.relay)

    return act


def _contracted(there, case, message):
    liens = [(fate["lien"], 0) for fate in message["terms"]["liens"]]
    deal = there.deal(liens)
    deal.list()
    deal.accept()
    there.take(deal.offer["currency"], message["terms"]["duty"])

    def act(deadline):
        signers = [*deal.sellers, *deal.buyers, *deal.agent, *deal.sellers_bank]
        papers = (words(deal.listing), words(deal.offer), words(message["terms"]))
        return there.sales.signContract.call(*papers, signed(there, case, signers, deadline), there.relay)

    return act


def _kept(deal_of, case, paid=()):
    """The sale, with as many liens before the mortgage as its rank says."""
    rank = int(case["finance"]["rank"])
    return deal_of([(lien, 0) for lien in others(max(rank - 1, 0))] + list(paid))


def _lodged(deal, step):
    """Bring a sale to before a step; its own payer has the money."""
    if deal.token:
        deal.offer["payers"] = [str(deal.world.payer)]
    return deal.before(step)


def _financed(there, case, message):
    deal = _lodged(_kept(there.deal, case), "finance")

    def act(deadline):
        signers = [*deal.buyers_bank, *(deal.buyers if deal.means["mortgage"]["kind"] else [])]
        papers = (words(deal.listing), words(deal.offer), words(deal.terms), words(message["finance"]))
        return there.sales.finance.call(*papers, signed(there, case, signers, deadline), there.relay)

    return act


def _handed_over(there, case, message):
    deal = _lodged(_kept(there.deal, case), "bill")

    def act(deadline):
        given = signed(there, case, [*deal.sellers, *deal.buyers], deadline)
        papers = (words(deal.listing), words(deal.offer), words(message["bill"]))
        return there.sales.signBillOfSale.call(*papers, given, there.relay)

    return act


def _paid_off(there, case, message):
    deal = _lodged(_kept(there.deal, case, [(lien_id(case["lien"]), message["amount"])]), "settle")
    holder = there.known[message["party"]]

    def act(deadline):
        (given,) = signed(there, case, [holder], deadline)
        payoff = (words(paper("Lien", case["lien"])), message["amount"], message["payout"], given)
        return there.sales.settle.call([deal.settlement([payoff])], there.relay)

    return act


def _cancelled(there, case, message):
    deal = there.deal()
    deal.list()
    both = case["signatures"][0]["party"] not in case["listing"]["sellers"]
    if both:
        deal.accept()

    def act(deadline):
        given = signed(there, case, [*deal.sellers, *(deal.buyers if both else [])], deadline)
        papers = (words(deal.listing), words(deal.offer), message["documentHash"])
        return there.sales.cancel.call(*papers, given, there.relay)

    return act


ACTS = {
    "ListTitle": _listed,
    "AcceptOffer": _accepted,
    "SignContract": _contracted,
    "FinanceSale": _financed,
    "SignBillOfSale": _handed_over,
    "PayOffLien": _paid_off,
    "CancelSale": _cancelled,
}
