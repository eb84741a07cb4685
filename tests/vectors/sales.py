"""What is signed in a sale, and its papers: small ones, those of a whole sale, and the largest."""

from tests.vectors import eip712
from tests.vectors.land import CANCEL_NONCE, DATES, SWEDISH, YEAR_2100, lien, lien_id, others, standing
from tests.vectors.people import FULL, NOBODY, SMALL, ascending, id_of, person, word

TYPES = {
    "Conveyance": {
        "ListTitle": "Listing listing,bytes32 party,uint256 nonce,uint256 deadline",
        "AcceptOffer": "bytes32 sale,Offer offer,bytes32 party,uint256 nonce,uint256 deadline",
        "SignContract": "bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,uint256 deadline",
        "FinanceSale": "bytes32 sale,Finance finance,bytes32 party,uint256 nonce,uint256 deadline",
        "SignBillOfSale": "bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "PayOffLien": "bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "CancelSale": "bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": CANCEL_NONCE,
    },
}
LISTING = eip712.STRUCTS["Listing"]
TOKEN = "0x4d756e696d656e740000000000000000000000a5"
NOWHERE, SMALL_ADDRESS = "0x" + "00" * 20, "0x" + SMALL[-40:]
# Agent and banks by number. The smallest sale has a buyers' bank alone.
AGENT, SELLERS_BANK, BUYERS_BANK, CREDITOR = 8, 9, 10, 11
BUYERS = [{4: 1}, {4: 3, 5: 4}, {4: 2**63 - 2, 5: 2**63, 6: 1}]
LARGEST = 2**128 - 1
PRICES = [1, 2**64 + 1, LARGEST]
# In a token, in a token, and in a currency that a bank answers for.
CURRENCIES = ["0x" + TOKEN[2:].rjust(64, "0"), "0x" + TOKEN[2:].rjust(64, "0"), FULL]
NO_LIEN = {"kind": "0", "creditor": NOBODY, "amount": "0", "currency": NOBODY, "deedHash": NOBODY}
DOCUMENTS = [SMALL, word("a document of a sale"), FULL]


def listing(row):
    """What is put up for sale."""
    title = standing(row)
    return {
        "title": title["id"],
        "version": title["version"],
        "sellers": [each["party"] for each in title["holders"]],
        "sellersBank": person(SELLERS_BANK)["party"] if row else NOBODY,
        "agent": person(AGENT)["party"] if row else NOBODY,
        "currency": [SMALL, SWEDISH, FULL][row],
        "price": str([0, 2**64 + 2, LARGEST][row]),
        "documentHash": DOCUMENTS[row],
        "until": str([YEAR_2100, YEAR_2100 + 1, 2**40 - 1][row]),
    }


def sale_id(paper):
    """The sale's id from its listing."""
    return id_of("Muniment.Sale.v1", "bytes32", eip712.struct_hash("Listing", LISTING, eip712.numbers(LISTING, paper)))


def offer(row):
    """What buyers offer."""
    shares = BUYERS[row]
    return {
        "denominator": str(sum(shares.values())),
        "shares": [{"holder": each["party"], "numerator": str(shares[each["key"]])} for each in ascending(shares)],
        "buyersBank": person(BUYERS_BANK)["party"],
        "currency": CURRENCIES[row],
        "price": str(PRICES[row]),
        "payers": [[], [person(20)["address"], person(21)["address"]], [f"0x{'ff' * 20}"] * 16][row],
        "documentHash": DOCUMENTS[row],
        "until": str([YEAR_2100, YEAR_2100 + 1, 2**40 - 1][row]),
    }


def terms(row):
    """The contract of sale: of the smallest, one that feeds and is fed, one with as many liens as there can be."""
    kept = [{"lien": each, "payoff": "0"} for each in others([0, 1, 16][row])]
    paid = [{"lien": lien_id(lien(1)), "payoff": str(2**32 + 1)}] if row == 1 else []
    return {
        "liens": kept + paid,
        "payouts": [[SMALL_ADDRESS], [person(20)["address"], person(21)["address"]], []][row],
        "agentFee": str([0, 2**33 + 1, LARGEST][row]),
        "agentPayout": person(22)["address"] if row == 1 else NOWHERE,
        "duty": str([0, 2**34 + 1, LARGEST][row]),
        "feeds": word("a sale that is fed") if row == 1 else NOBODY,
        "feedAmount": str(2**35 + 1 if row == 1 else 0),
        "fed": str(2**36 + 1 if row == 1 else 0),
        "documentHash": DOCUMENTS[row],
        "lodgeBy": str([YEAR_2100, YEAR_2100 + 1, 2**40 - 1][row]),
        "financeBy": str([YEAR_2100, YEAR_2100 + 2, 2**40 - 1][row]),
        "completeBy": str([YEAR_2100, YEAR_2100 + 3, 2**40 - 1][row]),
    }


def finance(row):
    """Where the money comes from: the buyers' own, in escrow; a loan in escrow; the bank's word and a loan."""
    return {
        "mortgage": lien(row, BUYERS_BANK) if row else NO_LIEN,
        "rank": str([0, 1, 16][row]),
        "reserved": str([0, 0, LARGEST][row]),
        "documentHash": [NOBODY, word("a loan"), FULL][row],
    }


def of_sales(kind, row, _nonce):
    """What the conveyance contract takes: the message's own members, the papers around it, and who signs."""
    title, asked, offered, wanted, means = standing(row), listing(row), offer(row), terms(row), finance(row)
    sellers, buyers = title["holders"], ascending(BUYERS[row])
    bank, agent = person(BUYERS_BANK), person(AGENT)
    signer = {
        "ListTitle": [sellers[0], agent, sellers[-1]],
        "AcceptOffer": [sellers[0], buyers[0], buyers[-1]],
        "SignContract": [sellers[0], buyers[-1], person(SELLERS_BANK)],
        "FinanceSale": [bank, bank, buyers[-1]],
        "SignBillOfSale": [buyers[0], sellers[-1], buyers[len(buyers) // 2]],
        "PayOffLien": [person(CREDITOR)] * 3,
        "CancelSale": [sellers[0], buyers[0], sellers[-1]],
        "CancelNonce": [sellers[0]] * 3,
    }[kind][row]
    people = [*sellers, *buyers, agent, person(SELLERS_BANK), bank, person(CREDITOR)]
    about = {"titles": [title], "people": people, "listing": asked, "offer": offered, "finance": means}
    bill = {"documentHash": DOCUMENTS[row], "legalDate": str(DATES[row])}
    message = {
        "party": signer["party"],
        "listing": asked,
        "sale": sale_id(asked),
        "offer": offered,
        "terms": wanted,
        "finance": means,
        "title": asked["title"],
        "price": offered["price"],
        "currency": offered["currency"],
        "bill": bill,
        "lien": lien_id(lien(row)),
        "amount": str([1, 2**32 + 1, LARGEST][row]),
        "payout": [SMALL_ADDRESS, person(22)["address"], NOWHERE][row],
        "documentHash": DOCUMENTS[row],
    }
    if kind == "CancelNonce":
        return {"message": message}, [signer]
    if kind == "PayOffLien":
        about["lien"] = lien(row)
    return {**about, "message": message}, [signer]
