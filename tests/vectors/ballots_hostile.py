"""Every bad ballot that we could think of, and the verdict on it: the same from the contract, Python and JavaScript.

`python -m tests.vectors.ballots` writes them to ballots_hostile.json. Each is as well made as its fault allows: what
can be signed is signed, so that nothing but the fault speaks against it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from muniment.ballots import hashes
from muniment.ballots.crypto import ballot as making
from muniment.ballots.crypto.group import add, address_of, chord, multiply, negate, sign
from muniment.ballots.crypto.packing import pack_ballot, pack_ballots, unpack_ballots
from muniment.ballots.crypto.proofs import encrypt, prove_one_of
from muniment.ballots.model import (
    FIELD,
    INFINITY,
    ORDER,
    Ballot,
    BallotPaper,
    BatchPlace,
    Branch,
    Ciphertext,
    Point,
    Skipped,
)
from muniment.hashing import ZERO_HASH
from tests.vectors.ballots import SELECTIONS, Voter, World, drawing

# Points of the curve that only a field element beyond the order, or one small enough to be written twice, brings about.
HALF = (FIELD + 1) // 4


@dataclass(frozen=True)
class Case:
    """A call of `cast`, and what becomes of it. `before` are calls that succeed first, all for the same unit."""

    name: str
    world: World
    packed: bytes
    error: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    unit: int = 0
    before: tuple[bytes, ...] = ()
    skipped: tuple[tuple[int, Skipped], ...] = ()

    def told(self) -> dict[str, Any]:
        """The case as the file has it."""
        return {
            "name": self.name,
            "election": self.world.name,
            "unit": self.unit,
            "before": ["0x" + call.hex() for call in self.before],
            "packed": "0x" + self.packed.hex(),
            "error": self.error,
            "arguments": self.arguments,
            "skipped": [[index, int(reason)] for index, reason in self.skipped],
        }


def lifted(x: int) -> Point | None:
    """The point of an x, if there is one."""
    square = (x**3 + 7) % FIELD
    y = pow(square, HALF, FIELD)
    return Point(x % FIELD, y) if y * y % FIELD == square else None


def first_point(start: int) -> Point:
    """The first point whose x is `start` or more."""
    while (found := lifted(start)) is None:
        start += 1
    return found


def low_point() -> Point:
    """A point of so small a y that y + p is a word too. p mod 9 is 7, so the cube root is a power."""
    y = 1
    while True:
        cube = (y * y - 7) % FIELD
        x = pow(cube, (FIELD + 2) // 9, FIELD)
        if pow(x, 3, FIELD) == cube:
            return Point(x, y)
        y += 1


def settled(paper: BallotPaper, ballot: Ballot, secret: int) -> Ballot:
    """The ballot as its bytes read, signed over the tracker that they have."""
    bare = replace(ballot, signature=bytes(64))
    (read,) = unpack_ballots(paper, pack_ballot(bare))
    digest = hashes.cast_digest(paper.domain, making.tracker(paper, read))
    return replace(read, signature=sign(bytes.fromhex(digest[2:]), secret))


def altered(ballot: Ballot, number: int, place: int, change: Callable[[Branch], Branch]) -> Ballot:
    """The ballot with one branch changed."""
    proofs = list(ballot.proofs)
    branches = list(proofs[number])
    branches[place] = change(branches[place])
    proofs[number] = tuple(branches)
    return replace(ballot, proofs=tuple(proofs))


def with_ciphertext(ballot: Ballot, place: int, ciphertext: Ciphertext) -> Ballot:
    """The ballot with one ciphertext exchanged."""
    listed = list(ballot.ciphertexts)
    listed[place] = ciphertext
    return replace(ballot, ciphertexts=tuple(listed))


def forged(world: World, voter: Voter, messages: list[int], claims: list[int], *randomness: int) -> Ballot:
    """A ballot of any messages that proves, as honestly as it can, that proof i is of the value at place claims[i]."""
    paper = world.paper(voter.unit)
    draw = drawing(f"forged {messages}", *randomness)
    factors = [draw() for _ in messages]
    ciphertexts = tuple(encrypt(paper.key, message, r) for message, r in zip(messages, factors, strict=True))
    content = hashes.content_hash(paper.election, voter.unit, voter.credential, ciphertexts)
    made = []
    for number, (plan, claim) in enumerate(zip(paper.proofs, claims, strict=True)):

        def challenge(branches: Any, number: int = number, plan: Any = plan) -> int:
            return hashes.proof_challenge(content, ZERO_HASH, plan.contest, number, plan.values, branches)

        covered = making.covered(ciphertexts, plan)
        factor = sum(factors[place] for place in plan.ciphertexts) % ORDER
        if not factor:  # U = b: no proof can be written, so another stands there
            made.append(made[1][: len(plan.values)])
            continue
        made.append(prove_one_of(paper.key, covered, plan.values, claim, factor, challenge, draw))
    ballot = Ballot(voter.index, voter.credential, ZERO_HASH, ciphertexts, tuple(made), voter.path)
    return settled(paper, ballot, voter.secret)


def ballot_cases(worlds: dict[str, World]) -> Iterator[Case]:
    """Single calls that need no state."""
    yield from _values(worlds)
    yield from _of_nobody(worlds["sparse"])
    yield from _transplants(worlds)
    yield from _ciphertexts(worlds)
    yield from _scalars(worlds["choice"])
    yield from _hints(worlds["choice"])
    yield from _signatures(worlds["choice"])
    yield from _places(worlds["choice"])
    yield from _replaced(worlds["choice"])


def _values(worlds: dict[str, World]) -> Iterator[Case]:
    """Ballots that hold what their form forbids."""
    choice, several, approval = worlds["choice"], worlds["several"], worlds["approval"]
    width = choice.paper().width

    def case(name: str, world: World, messages: list[int], claims: list[int], proof: int) -> Case:
        voter = world.voters[0][1]
        refused = {"index": voter.index, "proof": proof, "branch": claims[proof]}
        return Case(name, world, pack_ballot(forged(world, voter, messages, claims)), "ProofRefused", refused)

    yield case("two votes for the first option", choice, [2], [0], 0)
    yield case("a vote for two options", choice, [1 + (1 << width)], [1], 0)
    yield case("a vote beyond the last option", choice, [1 << 4 * width], [3], 0)
    yield case("no vote where there is no blank", choice, [0], [0], 0)
    yield case("a vote taken from an option", choice, [ORDER - 1], [0], 0)
    yield case("a vote of the order less a power", choice, [ORDER - (1 << width)], [1], 0)
    yield case("approved twice", approval, [0, 2, 0, 0], [0, 1, 0, 0], 1)
    yield case("disapproved", approval, [0, 0, 0, ORDER - 1], [0, 0, 0, 0], 3)
    yield case("six points of five", several, [1, 6, 0, 0, 0, 0, 1], [0, 5, 0, 0, 4, 0, 0, 0], 1)
    yield case("more points in all than allowed", several, [1, 5, 1, 0, 0, 0, 1], [0, 5, 1, 0, 4, 0, 0, 0], 4)
    yield case("fewer points in all than asked", several, [1, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0], 4)


def _transplants(worlds: dict[str, World]) -> Iterator[Case]:
    """Proofs and ciphertexts that were made for another place. What differs is hashed: the last challenge is wrong."""
    choice, several = worlds["choice"], worlds["several"]
    voter, other = choice.voters[0][1], choice.voters[0][3]
    selections = SELECTIONS["choice"][1]

    def made_for(name: str, paper: BallotPaper, credential: str = voter.credential, previous: str = ZERO_HASH) -> Case:
        made, _ = making.prepare_ballot(
            paper, voter.index, credential, selections, path=voter.path, previous=previous, draw=drawing(name)
        )
        moved = replace(made, credential=voter.credential, previous=ZERO_HASH)
        packed = pack_ballot(settled(choice.paper(), moved, voter.secret))
        refused = {"index": voter.index, "proof": 0, "branch": 3}
        return Case(name, choice, packed, "ProofRefused", refused)

    paper = choice.paper()
    yield made_for("a proof of another election", replace(paper, election="0x" + "e1" * 32))
    yield made_for("a proof of another unit", replace(paper, roll=replace(paper.roll, unit=1)))
    yield made_for("a proof of another credential", paper, credential=other.credential)
    yield made_for("a proof of a ballot that replaces another", paper, previous="0x" + "77" * 32)

    one = several.voters[0][1]
    twins, _ = several.ballot(one, ((2,), (1, 1, 0), (1, 0), (2,)))
    twins = with_ciphertext(twins, 6, twins.ciphertexts[0])
    moved = settled(several.paper(), replace(twins, proofs=(*twins.proofs[:7], twins.proofs[0])), one.secret)
    yield Case(
        "a proof of another contest",
        several,
        pack_ballot(moved),
        "ProofRefused",
        {"index": one.index, "proof": 0, "branch": 2},
    )
    remade = _reproved(several, one, moved, skip=7)
    yield Case(
        "a proof of another contest, everything before it right",
        several,
        pack_ballot(remade),
        "ProofRefused",
        {"index": one.index, "proof": 7, "branch": 2},
    )

    made, _ = choice.ballot(voter, selections)
    (first, second, *rest), a_b = made.proofs[0], made.ciphertexts[0]
    reordered = settled(paper, replace(made, proofs=((second, first, *rest),)), voter.secret)
    refused = {"index": voter.index, "proof": 0, "branch": 0}
    yield Case("branches in another order", choice, pack_ballot(reordered), "ProofRefused", refused)
    turned = settled(paper, with_ciphertext(made, 0, Ciphertext(a_b.b, a_b.a)), voter.secret)
    yield Case("a ciphertext's halves exchanged", choice, pack_ballot(turned), "ProofRefused", refused)
    again = Ciphertext(add(a_b.a, multiply(5)), add(a_b.b, multiply(5, choice.key)))
    rerandomised = settled(paper, with_ciphertext(made, 0, again), voter.secret)
    yield Case("a ciphertext made anew from another", choice, pack_ballot(rerandomised), "ProofRefused", refused)
    approval = worlds["approval"]
    chosen, _ = approval.ballot(approval.voters[0][1], ((0, 1, 1, 0),))
    zero, one_, *more = chosen.ciphertexts
    swapped = settled(approval.paper(), replace(chosen, ciphertexts=(one_, zero, *more)), approval.voters[0][1].secret)
    refused = {"index": chosen.index, "proof": 0, "branch": 0}
    yield Case("two ciphertexts exchanged", approval, pack_ballot(swapped), "ProofRefused", refused)
    one_, two, *more_proofs = chosen.proofs
    both = replace(chosen, ciphertexts=swapped.ciphertexts, proofs=(two, one_, *more_proofs))
    both = settled(approval.paper(), both, approval.voters[0][1].secret)
    refused = {"index": chosen.index, "proof": 0, "branch": 1}
    yield Case("two ciphertexts exchanged with their proofs", approval, pack_ballot(both), "ProofRefused", refused)


def _reproved(world: World, voter: Voter, ballot: Ballot, skip: int) -> Ballot:
    """The ballot with honest proofs for its ciphertexts, of the selections of "a proof of another contest", but one."""
    paper = world.paper()
    draw = drawing(f"{world.name} {voter.unit} {voter.index} ")
    factors = [draw() for _ in ballot.ciphertexts]
    factors[6] = factors[0]
    messages = [0, 1, 1, 0, 1, 0, 0]
    content = hashes.content_hash(paper.election, voter.unit, voter.credential, ballot.ciphertexts)
    made = []
    for number, plan in enumerate(paper.proofs):
        if number == skip:
            made.append(made[0])
            continue

        def challenge(branches: Any, number: int = number, plan: Any = plan) -> int:
            return hashes.proof_challenge(content, ZERO_HASH, plan.contest, number, plan.values, branches)

        true = plan.values.index(sum(messages[place] for place in plan.ciphertexts))
        factor = sum(factors[place] for place in plan.ciphertexts) % ORDER
        covered = making.covered(ballot.ciphertexts, plan)
        made.append(prove_one_of(paper.key, covered, plan.values, true, factor, challenge, drawing(f"again {number}")))
    return settled(paper, replace(ballot, proofs=tuple(made)), voter.secret)


def _ciphertexts(worlds: dict[str, World]) -> Iterator[Case]:
    """Points that the curve, the field or `ecrecover` has not."""
    choice, approval, several = worlds["choice"], worlds["approval"], worlds["several"]
    voter = choice.voters[0][1]
    made, _ = choice.ballot(voter, SELECTIONS["choice"][0])
    a, b = made.ciphertexts[0]

    def case(name: str, one: Point, other: Point) -> Case:
        packed = pack_ballot(settled(choice.paper(), with_ciphertext(made, 0, Ciphertext(one, other)), voter.secret))
        return Case(name, choice, packed, "CiphertextRefused", {"index": voter.index, "ciphertext": 0})

    beyond, small, low = first_point(ORDER), first_point(1), low_point()
    yield case("A off the curve", Point(a.x, (a.y + 1) % FIELD), b)
    yield case("B off the curve", a, Point(b.x, (b.y + 1) % FIELD))
    yield case("A on the curve's twist", Point(5, 1), b)
    yield case("A.x not below the order", beyond, b)
    yield case("B.x not below the order", a, beyond)
    yield case("A.x beyond the field", Point(small.x + FIELD, small.y), b)
    yield case("A.y beyond the field", Point(low.x, low.y + FIELD), b)
    yield case("B.x beyond the field", a, Point(small.x + FIELD, small.y))
    yield case("B.y beyond the field", a, Point(low.x, low.y + FIELD))
    yield case("A.y the field itself", Point(a.x, FIELD), b)
    yield case("A at infinity", INFINITY, b)
    yield case("B at infinity", a, INFINITY)
    voter = approval.voters[0][1]
    chosen, _ = approval.ballot(voter, SELECTIONS["approval"][0])
    bent = with_ciphertext(chosen, 2, Ciphertext(chosen.ciphertexts[2].a, INFINITY))
    yield Case(
        "the third ciphertext at infinity",
        approval,
        pack_ballot(settled(approval.paper(), bent, voter.secret)),
        "CiphertextRefused",
        {"index": voter.index, "ciphertext": 2},
    )
    voter = several.voters[0][1]
    first, factor = 11, 12
    refused = {"index": voter.index, "ciphertext": 3}
    opposite = [first, factor, ORDER - 2 * factor, factor]
    ballot = forged(several, voter, [1, 1, 1, 0, 0, 0, 1], [0, 1, 1, 0, 1, 0, 0, 0], *opposite)
    yield Case("a sum of A at infinity", several, pack_ballot(ballot), "CiphertextRefused", refused)
    # B's sum is rH + 2G; r is such that it is none at all.
    cancelling = -2 * pow(several.secret_key, -1, ORDER) % ORDER
    factors = [first, factor, factor, (cancelling - 2 * factor) % ORDER]
    ballot = forged(several, voter, [1, 1, 1, 0, 0, 0, 1], [0, 1, 1, 0, 1, 0, 0, 0], *factors)
    yield Case("a sum of B at infinity", several, pack_ballot(ballot), "CiphertextRefused", refused)


def _scalars(choice: World) -> Iterator[Case]:
    """Challenges and responses outside 1 … q − 1."""
    voter = choice.voters[0][1]
    made, _ = choice.ballot(voter, SELECTIONS["choice"][1])  # the last branch is the true one

    def case(name: str, place: int, change: Callable[[Branch], Branch]) -> Case:
        ballot = settled(choice.paper(), altered(made, 0, place, change), voter.secret)
        refused = {"index": voter.index, "proof": 0, "branch": place}
        return Case(name, choice, pack_ballot(ballot), "ProofScalarRefused", refused)

    for value, called in ((0, "zero"), (ORDER, "the order"), (2**256 - 1, "the greatest word")):
        yield case(f"a response of {called}", 1, lambda branch, value=value: replace(branch, response=value))
        yield case(f"a last response of {called}", 3, lambda branch, value=value: replace(branch, response=value))
        yield case(f"a challenge of {called}", 2, lambda branch, value=value: replace(branch, challenge=value))
    # Drawn small, so that adding the order changes nothing but the way it is written.
    small = iter((3, 5, 7, 11, 13, 17, 19, 23, 29))
    slight, _ = making.prepare_ballot(
        choice.paper(), voter.index, voter.credential, ((3,),), path=voter.path, draw=lambda: next(small)
    )

    def alias(name: str, change: Callable[[Branch], Branch]) -> Case:
        ballot = settled(choice.paper(), altered(slight, 0, 0, change), voter.secret)
        refused = {"index": voter.index, "proof": 0, "branch": 0}
        return Case(name, choice, pack_ballot(ballot), "ProofScalarRefused", refused)

    yield alias("a response written beyond the order", lambda one: replace(one, response=one.response + ORDER))
    yield alias("a challenge written beyond the order", lambda one: replace(one, challenge=one.challenge + ORDER))


def _hints(choice: World) -> Iterator[Case]:
    """Hints that are wrong, and branches changed in one place."""
    voter = choice.voters[0][1]
    made, _ = choice.ballot(voter, SELECTIONS["choice"][1])

    def case(name: str, error: str, place: int, change: Callable[[Branch], Branch]) -> Case:
        ballot = settled(choice.paper(), altered(made, 0, place, change), voter.secret)
        return Case(name, choice, pack_ballot(ballot), error, {"index": voter.index, "proof": 0, "branch": place})

    def hint(name: str, change: Callable[[Branch], Branch], place: int = 1) -> Case:
        return case(name, "ProofHintRefused", place, change)

    def proof(name: str, change: Callable[[Branch], Branch], place: int = 1) -> Case:
        return case(name, "ProofRefused", place, change)

    def elsewhere(branch: Branch) -> Branch:
        u = add(branch.u, multiply(1))
        return replace(branch, u=u, slope=chord(u, branch.b))

    small, low = first_point(1), low_point()
    yield hint("a slope off by one", lambda one: replace(one, slope=(one.slope + 1) % FIELD))
    yield hint("a last slope off by one", lambda one: replace(one, slope=(one.slope + 1) % FIELD), 3)
    yield hint("the opposite slope", lambda one: replace(one, slope=-one.slope % FIELD))
    yield hint("a slope of zero", lambda one: replace(one, slope=0))
    yield hint("a slope beyond the field", lambda one: replace(one, slope=FIELD))
    yield hint("the greatest slope", lambda one: replace(one, slope=2**256 - 1))
    yield hint("U off the curve", lambda one: replace(one, u=Point(one.u.x, (one.u.y + 1) % FIELD)))
    yield hint("U at infinity", lambda one: replace(one, u=INFINITY))
    yield hint("U.x beyond the field", lambda one: replace(one, u=Point(small.x + FIELD, small.y)))
    yield hint("U.y beyond the field", lambda one: replace(one, u=Point(low.x, low.y + FIELD)))
    yield hint("U in place of its opposite", lambda one: replace(one, u=negate(one.u)))
    yield hint("U at −b, no line", lambda one: replace(one, u=negate(one.b), slope=0))
    yield hint("U at b, an upright line", lambda one: replace(one, u=one.b, slope=0))
    yield hint("b.x off by one", lambda one: replace(one, b=Point((one.b.x + 1) % FIELD, one.b.y)))
    yield hint(
        "b.x beyond the field",
        lambda one: replace(one, b=Point(small.x + FIELD, small.y), slope=chord(one.u, small)),
    )
    yield proof("U and the line of another point", elsewhere)
    yield proof("U and the line of another point, last", elsewhere, 3)
    yield proof(
        "b and the line of another point",
        lambda one: replace(one, b=add(one.b, multiply(1)), slope=chord(one.u, add(one.b, multiply(1)))),
    )
    yield proof("−b and its line", lambda one: replace(one, b=negate(one.b), slope=chord(one.u, negate(one.b))))
    yield proof("another a", lambda one: replace(one, commitment=address_of(multiply(2))))
    yield proof("a of zero, which ecrecover gives for failure", lambda one: replace(one, commitment="0x" + "00" * 20))
    yield proof("a last a of another branch", lambda one: replace(one, commitment=made.proofs[0][0].commitment), 3)
    yield proof("a response off by one", lambda one: replace(one, response=one.response + 1))
    yield proof("a last response off by one", lambda one: replace(one, response=one.response + 1), 3)
    yield proof("an opposite response", lambda one: replace(one, response=ORDER - one.response))
    yield proof("a challenge off by one", lambda one: replace(one, challenge=one.challenge + 1))
    yield proof("an opposite challenge", lambda one: replace(one, challenge=ORDER - one.challenge))
    yield proof("another branch's place", lambda _: made.proofs[0][0])


def _signatures(choice: World) -> Iterator[Case]:
    """Signatures that are not the credential's over this ballot."""
    voter, other = choice.voters[0][1], choice.voters[0][3]
    made, _ = choice.ballot(voter, SELECTIONS["choice"][0])
    paper = choice.paper()
    tracker = making.tracker(paper, made)
    r, vs = made.signature[:32], int.from_bytes(made.signature[32:], "big")
    s, top = vs & (1 << 255) - 1, vs >> 255 << 255

    def case(name: str, signature: bytes) -> Case:
        refused = {"index": voter.index, "credential": voter.credential}
        return Case(name, choice, pack_ballot(replace(made, signature=signature)), "SignatureRefused", refused)

    def signed(digest: str, secret: int = voter.secret) -> bytes:
        return sign(bytes.fromhex(digest[2:]), secret)

    def word(value: int) -> bytes:
        return value.to_bytes(32, "big")

    yield case("a ballot made to be tested, never signed", bytes(64))
    yield case("another's signature", signed(hashes.cast_digest(paper.domain, tracker), other.secret))
    yield case("a signature for another ballot", signed(hashes.cast_digest(paper.domain, ZERO_HASH)))
    elsewhere = hashes.domain_separator(choice.chain_id, "0x" + "b1" * 20)
    yield case("a signature for another box", signed(hashes.cast_digest(elsewhere, tracker)))
    forked = hashes.domain_separator(choice.chain_id + 1, choice.box)
    yield case("a signature for another chain", signed(hashes.cast_digest(forked, tracker)))
    yield case("a withdrawal's signature", signed(hashes.withdrawal_digest(paper.domain, 0, voter.index)))
    yield case("a signature over the bare tracker", signed(tracker))
    yield case("a signature of the other parity", r + word(vs ^ 1 << 255))
    yield case("a signature of the upper half", r + word((ORDER - s) % (1 << 255) | top ^ 1 << 255))
    yield case("an s just above half the order", r + word(ORDER // 2 + 1 | top))
    yield case("an s of zero", r + word(top))
    yield case("an r of zero", bytes(32) + word(vs))
    yield case("an r of the order", word(ORDER) + word(vs))
    yield case("an r beyond the field", word(2**256 - 1) + word(vs))


def _places(choice: World) -> Iterator[Case]:
    """Lines of the roll that are others', none, or of another unit; bytes that are no ballots."""
    voter, other = choice.voters[0][1], choice.voters[0][3]
    single = choice.voters[1][0]
    selections = SELECTIONS["choice"][0]
    made, _ = choice.ballot(voter, selections)
    paper = choice.paper()

    def placed(name: str, seat: Voter) -> Case:
        """A ballot well made and signed for a seat that the roll does not give."""
        draft, _ = making.prepare_ballot(
            paper, seat.index, seat.credential, selections, path=seat.path, draw=drawing(name)
        )
        packed = pack_ballot(making.sign_ballot(paper, draft, seat.secret))
        refused = {"unit": 0, "index": seat.index, "credential": seat.credential}
        return Case(name, choice, packed, "NotOnRoll", refused)

    stranger = address_of(multiply(0xBAD))
    yield placed("a stranger", replace(voter, secret=0xBAD, credential=stranger))
    yield placed("another's line", replace(other, secret=voter.secret, credential=voter.credential))
    yield placed("another's index", replace(voter, index=other.index))
    yield placed("another's path", replace(voter, path=other.path))
    yield placed("a voter of another unit", replace(single, path=voter.path))
    yield placed("the first line past the roll", replace(voter, index=5))
    yield placed("an index beyond the tree", replace(voter, index=voter.index + 8))
    yield placed("the greatest index", replace(voter, index=2**32 - 1))
    yield placed("a wrong sibling", replace(voter, path=(*voter.path[:2], "0x" + "55" * 32)))
    yield Case(
        "a ballot of another unit",
        choice,
        pack_ballot(replace(made, path=single.path)),
        "NotOnRoll",
        {"unit": 1, "index": voter.index, "credential": voter.credential},
        unit=1,
    )
    packed = pack_ballot(made)
    whole = len(packed)
    yield Case("no bytes", choice, b"", "BallotsMalformed", {"length": 0})
    yield Case("a byte too few", choice, packed[:-1], "BallotsMalformed", {"length": whole - 1})
    yield Case("a byte too many", choice, packed + b"\0", "BallotsMalformed", {"length": whole + 1})
    yield Case("a whole sibling too few", choice, packed[:-32], "BallotsMalformed", {"length": whole - 32})
    yield Case("half a ballot more", choice, packed + packed[:700], "BallotsMalformed", {"length": whole + 700})
    flagged = packed[:4] + b"\x03" + packed[5:]
    yield Case("flags of three", choice, flagged, "FlagsRefused", {"flags": 3})
    yield Case("the greatest flags", choice, packed[:4] + b"\xff" + packed[5:], "FlagsRefused", {"flags": 255})


def _replaced(choice: World) -> Iterator[Case]:
    """Ballots that say they replace what was never cast."""
    batch = [choice.ballot(choice.voters[0][index], SELECTIONS["choice"][0])[0] for index in (0, 1, 2)]
    before = (pack_ballots(batch),)
    tree = choice.batch(batch)
    voter = choice.voters[0][1]
    tracker = making.tracker(choice.paper(), batch[1])
    place = BatchPlace(0, 1, tree.path(1))
    selections = SELECTIONS["choice"][1]
    right, _ = choice.replacement(batch[1], 0, selections, place)
    assert right.replaced is not None
    old = right.replaced

    def case(name: str, error: str, arguments: dict[str, Any], **changes: Any) -> Case:
        ballot = replace(right, replaced=replace(old, **changes))
        return Case(name, choice, pack_ballot(ballot), error, {"index": voter.index, **arguments}, before=before)

    def tracked(name: str, **changes: Any) -> Case:
        return case(name, "ReplacedRefused", {"tracker": tracker}, **changes)

    def batched(name: str, changed: BatchPlace) -> Case:
        return case(name, "NotInBatch", {"batch": changed.batch, "tracker": tracker}, place=changed)

    yield tracked("another's ciphertexts as those replaced", ciphertexts=batch[0].ciphertexts)
    yield tracked("other proofs as those replaced", proofs_hash="0x" + "99" * 32)
    yield tracked("another previous of the one replaced", previous="0x" + "98" * 32)
    yield batched("another place in the batch", replace(place, place=2))
    yield batched("a batch that was never cast", replace(place, batch=1))
    yield batched("a path too short", replace(place, path=place.path[:-1]))
    yield batched("a path too long", replace(place, path=(*place.path, ZERO_HASH)))
    yield batched("a path of nothing", replace(place, path=()))
    yield batched("a place beyond the tree", replace(place, place=place.place + 4))
    never, _ = choice.ballot(voter, SELECTIONS["choice"][2], seed="never cast")
    astray, _ = choice.replacement(never, 0, selections, place)
    yield Case(
        "a ballot replaced that was never cast",
        choice,
        pack_ballot(astray),
        "NotInBatch",
        {"index": voter.index, "batch": 0, "tracker": making.tracker(choice.paper(), never)},
        before=before,
    )


def chain_cases(worlds: dict[str, World]) -> Iterator[Case]:
    """Calls that are right in themselves, and what the box's state makes of them."""
    choice = worlds["choice"]
    selections = SELECTIONS["choice"]
    voters = choice.voters[0]
    batch = [choice.ballot(voters[index], selections[0])[0] for index in (0, 1, 2)]
    tree = choice.batch(batch)
    first = pack_ballots(batch)
    changed = Skipped.PREVIOUS_CHANGED
    fresh = choice.ballot(voters[1], selections[1], seed="fresh")[0]
    fourth = choice.ballot(voters[3], selections[1])[0]
    second, _ = choice.replacement(batch[1], 0, selections[1], BatchPlace(0, 1, tree.path(1)))
    third, _ = choice.replacement(second, 0, selections[2], None)
    rival, _ = choice.replacement(batch[1], 0, selections[2], BatchPlace(0, 1, tree.path(1)))

    yield Case("a ballot cast again", choice, pack_ballot(batch[1]), before=(first,), skipped=((1, changed),))
    yield Case("a second first ballot", choice, pack_ballot(fresh), before=(first,), skipped=((1, changed),))
    yield Case("a voter twice in one batch", choice, pack_ballots([batch[1], fresh]), skipped=((1, changed),))
    yield Case(
        "a raced ballot amid a batch",
        choice,
        pack_ballots([fourth, batch[1]]),
        before=(first,),
        skipped=((1, changed),),
    )
    yield Case("a ballot replaced", choice, pack_ballot(second), before=(first,))
    yield Case("a replacement replaced", choice, pack_ballot(third), before=(first, pack_ballot(second)))
    yield Case(
        "the old ballot after its replacement",
        choice,
        pack_ballot(batch[1]),
        before=(first, pack_ballot(second)),
        skipped=((1, changed),),
    )
    yield Case(
        "a replacement cast again",
        choice,
        pack_ballot(second),
        before=(first, pack_ballot(second)),
        skipped=((1, changed),),
    )
    yield Case(
        "a replacement of what is replaced already",
        choice,
        pack_ballot(rival),
        before=(first, pack_ballot(second)),
        skipped=((1, changed),),
    )
    yield Case(
        "an old replacement after a newer one",
        choice,
        pack_ballot(second),
        before=(first, pack_ballot(second), pack_ballot(third)),
        skipped=((1, changed),),
    )
    yield from _cancelling(choice)


def _cancelling(choice: World) -> Iterator[Case]:
    """Batches whose sums double, vanish or pass through infinity: all counted."""
    voters, selections = choice.voters[0], SELECTIONS["choice"][0]

    def batch(name: str, *factors: int) -> Case:
        ballots = [
            choice.ballot(voters[index], selections, factor % ORDER, seed=name)[0]
            for index, factor in enumerate(factors)
        ]
        return Case(name, choice, pack_ballots(ballots))

    yield batch("equal A", 77, 77, 77)
    yield batch("A of the sum so far", 1, 2, 4)
    yield batch("opposite A", 77, -77, 5)
    yield batch("A that cancels the sum", -1, 9)
    yield batch("A that cancels the sum at the end", 4, -5)
    # The sum of B begins at H: rH + G is −H when r = −1 − 1/x, x the election's secret.
    yield batch("B that cancels the sum", -1 - pow(choice.secret_key, -1, ORDER), 8)


def _of_nobody(sparse: World) -> Iterator[Case]:
    """Ballots in units that have no roll, made by the voter of another one."""
    voter = sparse.voters[1][0]
    for unit, index in ((0, 0), (2, 0), (0, 1), (0, 2**32 - 1)):
        own = replace(voter, unit=unit, index=index, path=())
        ballot, _ = sparse.ballot(own, SELECTIONS["question"][0])
        named = {"unit": unit, "index": index, "credential": voter.credential}
        yield Case(
            f"line {index} of unit {unit}, which has none", sparse, pack_ballot(ballot), "NotOnRoll", named, unit
        )


def cases_of(worlds: dict[str, World]) -> dict[str, list[Case]]:
    """All cases of the elections: "choice", "approval", "several" and "sparse" are needed."""
    return {"ballots": list(ballot_cases(worlds)), "chain": list(chain_cases(worlds))}
