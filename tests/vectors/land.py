"""What is signed about titles and what weighs on them, and the titles and liens that it is about."""

from eth_utils import keccak

from tests.vectors.people import FULL, NOBODY, SMALL, ascending, id_of, person, raw, word

YEAR_2100 = 4_102_444_800
CANCEL_NONCE = "bytes32 party,uint256 nonce,uint256 deadline"
TYPES = {
    "TitleRegistry": {
        "SubdivideTitle": "bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate,"
        "bytes32 party,uint256 nonce,uint256 deadline",
        "MergeTitles": "bytes32[] titles,uint32[] versions,Part whole,bytes32 sourceHash,uint32 legalDate,"
        "bytes32 party,uint256 nonce,uint256 deadline",
        "WithdrawCaveat": "bytes32 caveat,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": CANCEL_NONCE,
    },
    "LienRegistry": {
        "ChargeTitle": "bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "DischargeLien": "bytes32 lien,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
        "PostponeLien": "bytes32 title,bytes32 lien,bytes32 behind,uint8 rank,bytes32 party,uint256 nonce,"
        "uint256 deadline",
        "AssignLien": "bytes32 lien,bytes32 to,bytes32 party,uint256 nonce,uint256 deadline",
        "GrantInterest": "bytes32 title,uint32 version,Interest interest,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "EndInterest": "bytes32 interest,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": CANCEL_NONCE,
    },
}
JURISDICTION = b"GB".ljust(8, b"\0")
SWEDISH = "0x" + b"SEK".ljust(32, b"\0").hex()
REFERENCES = ["x", "Gävle Torp 1:1 – 土地 🏡", "ß" * 49]
# The holders by number and their shares, and of how much.
SHARES = [{1: 1}, {1: 1, 2: 2}, {1: 1, 2: 2**63, 3: 2**63 - 2}]
CONTRACTUAL, LEASE, EASEMENT, CAVEAT = 1, 1, 2, 2
DATES = [0, 20_260_401, 2**32 - 1]
PARTS = [2, 3, 16]
WHOLE = 2**64 - 1  # the largest area


def standing(row, ref=None, area=1, version=None):
    """A title as it stands before the act.

    Args:
        row: 0 for a sole holder, 1 for two, 2 for three in the largest shares.
        ref: its reference; of its own for each row unless told otherwise.
        area: in square decimetres.
        version: 1, 3 or the last that can be followed by another, unless told otherwise.
    """
    ref, holders = ref or REFERENCES[row], ascending(SHARES[row])
    return {
        "id": id_of("Muniment.Title.v1", "bytes8", JURISDICTION, "bytes32", keccak(text=ref)),
        "ref": ref,
        "area": str(area),
        "version": str(version or [1, 3, 2**32 - 2][row]),
        "denominator": str(sum(SHARES[row].values())),
        "holders": holders,
        "shares": [{"holder": each["party"], "numerator": str(SHARES[row][each["key"]])} for each in holders],
    }


def lien(row, creditor=11):
    """The terms of a lien."""
    return {
        "kind": str(CONTRACTUAL),
        "creditor": person(creditor)["party"],
        "amount": str([1, 2**64 + 1, 2**256 - 1][row]),
        "currency": [SMALL, SWEDISH, FULL][row],
        "deedHash": [SMALL, word("a deed"), FULL][row],
    }


def lien_id(terms):
    """The lien's id from its terms."""
    kind, creditor, amount, currency, deed = terms.values()
    terms = ("uint8", int(kind), "bytes32", raw(creditor), "uint256", int(amount), "bytes32", raw(currency))
    return id_of("Muniment.Lien.v1", *terms, "bytes32", raw(deed))


def others(count):
    """Made-up liens that stand before the one that is signed for."""
    return [word(f"another lien {number}") for number in range(count)]


def of_titles(kind, row, _nonce):
    """What the title registry takes: the message's own members, the titles around it, and who signs."""
    signers = standing(row)["holders"]
    message = {"party": signers[-1]["party"], "sourceHash": [SMALL, word("a survey"), FULL][row]}
    message["legalDate"] = str(DATES[row])
    if kind == "SubdivideTitle":
        areas = _areas(row)
        whole = standing(row, area=sum(areas))
        parts = [_part(row, place, area) for place, area in enumerate(areas)]
        message |= {"title": whole["id"], "version": whole["version"], "parts": parts}
        return {"titles": [whole], "message": message}, signers[-1:]
    if kind == "MergeTitles":
        areas = _areas(row)
        made = [
            standing(row, f"{REFERENCES[row]}{place:x}", area, [1, 3 + place, 2**32 - 2][row])
            for place, area in enumerate(areas)
        ]
        titles = sorted(made, key=lambda each: each["id"])
        message |= {
            "titles": [each["id"] for each in titles],
            "versions": [each["version"] for each in titles],
            "whole": _part(row, 0, sum(areas), REFERENCES[row]),
        }
        return {"titles": titles, "message": message}, signers[-1:]
    if kind == "WithdrawCaveat":
        title, claimant, source = standing(row), person(12), message["sourceHash"]
        caveat = ("bytes32", raw(title["id"]), "uint8", CAVEAT, "bytes32", raw(claimant["party"]))
        message |= {"party": claimant["party"]}
        message |= {"caveat": id_of("Muniment.Restriction.v1", *caveat, "bytes32", raw(source))}
        return {"titles": [title], "claim": source, "message": message}, [claimant]
    return {"message": message}, signers[-1:]


def of_liens(kind, row, _nonce):
    """What the lien registry takes: the message's own members, titles and terms around it, and who signs."""
    title, terms = standing(row, version=[1, 3, 2**32 - 1][row]), lien(row)
    before = others([0, 1, 15][row])
    titles = [word(f"a title {number}") for number in range([1, 2, 16][row])]
    signer = title["holders"][-1] if kind in ("ChargeTitle", "GrantInterest", "CancelNonce") else person(11)
    message = {"party": signer["party"], "title": title["id"], "version": title["version"]}
    message |= {"legalDate": str(DATES[row]), "lien": lien_id(terms), "titles": titles, "to": person(13)["party"]}
    about = {"titles": [title], "lien": terms}
    if kind == "ChargeTitle":
        # In the row between, no rank is promised.
        message |= {"lien": terms, "rank": str([1, 0, 16][row])}
        about = {"titles": [title], "liens": before}
    elif kind == "PostponeLien":
        behind = word("a lien behind")
        message |= {"behind": behind, "rank": str([2, 3, 255][row])}
        about |= {"liens": [*before[:-1], lien_id(terms), behind]}
    elif kind in ("GrantInterest", "EndInterest"):
        dominant = standing(0, "dominant")
        interest = _interest(row, dominant["id"])
        message |= {"interest": interest if kind == "GrantInterest" else interest_id(interest)}
        about = {"titles": [title, dominant], "interest": interest}
        if kind == "EndInterest":
            signer = dominant["holders"][0] if row == 1 else person(11)
            message |= {"party": signer["party"]}
    return {**about, "message": message}, [signer]


def interest_id(terms):
    """The id of a lease or an easement from its terms."""
    kind, beneficiary, dominant, until, deed = terms.values()
    terms = ("uint8", int(kind), "bytes32", raw(beneficiary), "bytes32", raw(dominant), "uint40", int(until))
    return id_of("Muniment.Interest.v1", *terms, "bytes32", raw(deed))


def _interest(row, dominant):
    """A lease; between them an easement for another title, without an end."""
    return {
        "kind": str([LEASE, EASEMENT, LEASE][row]),
        "beneficiary": NOBODY if row == 1 else person(11)["party"],
        "dominant": dominant if row == 1 else NOBODY,
        "until": str([YEAR_2100, 0, 2**40 - 1][row]),
        "deedHash": [SMALL, word("a lease"), FULL][row],
    }


def _areas(row):
    return [[1] * 2, [2**32 + 1, 7, 1_234_567], [1] * 15 + [WHOLE - 15]][row][: PARTS[row]]


def _part(row, place, area, ref=None):
    geometry = [SMALL, word(f"geometry {place}"), FULL][row]
    return {"ref": ref or f"{REFERENCES[row]}/{place:x}"[-100:], "geometryHash": geometry, "area": str(area)}
