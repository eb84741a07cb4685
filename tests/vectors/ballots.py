"""Write ballots.json and ballots_hostile.json: elections, valid ballots, and every bad one with its verdict.

`python -m tests.vectors.ballots` writes the files, always the same. The contract's tests take a `World` of the box that
they deployed instead, since an election's id holds the box's address: `World(…)`, `world.ballot(…)`, `cases_of(world)`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from muniment.ballots import hashes
from muniment.ballots.crypto import ballot as making
from muniment.ballots.crypto import proofs
from muniment.ballots.crypto.group import Draw, address_of, multiply
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.model import (
    ORDER,
    Ballot,
    BallotOpening,
    BallotPaper,
    BatchPlace,
    ContestForm,
    Point,
    Replaced,
    UnitRoll,
    width_of,
)
from muniment.ballots.roll import Tree, roll_root, roll_tree
from muniment.hashing import ZERO_HASH, keccak, keccak_bytes

FILE = Path(__file__).with_suffix(".json")
HOSTILE = FILE.with_name("ballots_hostile.json")
FORMS = {
    "choice": (ContestForm.choice(4),),
    "question": (ContestForm.choice(1, blank=True),),
    "approval": (ContestForm.points(4, 1, 0, 4),),
    "several": (
        ContestForm.choice(2, blank=True),
        ContestForm.points(3, 5, 1, 5),
        ContestForm.points(2, 1, 0, 2),
        ContestForm.choice(2, blank=True),
    ),
}


def drawing(seed: str, *first: int) -> Draw:
    """Scalars that are the same in every run, some given ones before them."""
    given = iter(first)
    numbers = count()
    return lambda: (
        next(given, 0) or 1 + int.from_bytes(keccak_bytes(f"{seed} {next(numbers)}".encode()), "big") % (ORDER - 1)
    )


@dataclass(frozen=True)
class Voter:
    """A line of a roll, with the credential's secret."""

    unit: int
    index: int
    secret: int
    credential: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """One election: by default of fixed addresses, with units of five voters and of one."""

    name: str
    contests: tuple[ContestForm, ...]
    chain_id: int = 31_337
    box: str = "0x" + "b0" * 20
    ceremony: str = "0x" + "ce" * 20
    agency: str = "0x" + "a6" * 32
    manifest_hash: str = keccak(b"{}")
    opens_at: int = 1_800_000_000
    closes_at: int = 1_800_086_400
    min_ballots: int = 2
    secret_key: int = 0x5EC2E7
    sizes: tuple[int, ...] = (5, 1)
    voters: tuple[tuple[Voter, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "voters", tuple(self._voters(unit, size) for unit, size in enumerate(self.sizes)))

    def _voters(self, unit: int, size: int) -> tuple[Voter, ...]:
        draw = drawing(f"credential of unit {unit}")
        secrets = {address_of(multiply(secret)): secret for secret in (draw() for _ in range(size))}
        credentials = sorted(secrets)
        if not credentials:
            return ()
        tree = roll_tree(unit, credentials)
        return tuple(
            Voter(unit, index, secrets[credential], credential, tree.path(index))
            for index, credential in enumerate(credentials)
        )

    @cached_property
    def rolls(self) -> tuple[UnitRoll, ...]:
        """Each unit's roll, a signature issued for each line and one voter more than that."""
        return tuple(
            UnitRoll(unit, size, size, size + 1, roll_root(unit, [voter.credential for voter in self.voters[unit]]))
            for unit, size in enumerate(self.sizes)
        )

    @cached_property
    def units(self) -> Tree:
        """The tree over the units."""
        return Tree([hashes.unit_leaf(roll) for roll in self.rolls])

    @cached_property
    def key(self) -> Point:
        """The election key."""
        return multiply(self.secret_key)

    @cached_property
    def election(self) -> str:
        """The election's id."""
        return hashes.election_id(
            self.chain_id, self.box, self.key, self.units.root, self.manifest_hash, self.opens_at, self.closes_at
        )

    def paper(self, unit: int = 0) -> BallotPaper:
        """The unit's ballot paper."""
        domain = hashes.domain_separator(self.chain_id, self.box)
        return BallotPaper(self.election, domain, self.key, width_of(sum(self.sizes)), self.contests, self.rolls[unit])

    def ballot(
        self,
        voter: Voter,
        selections: Sequence[Sequence[int]],
        *randomness: int,
        previous: str = ZERO_HASH,
        replaced: Replaced | None = None,
        seed: str = "",
    ) -> tuple[Ballot, BallotOpening]:
        """A signed ballot, the randomness of its first ciphertexts given."""
        draw = drawing(f"{self.name} {voter.unit} {voter.index} {seed}", *randomness)
        paper = self.paper(voter.unit)
        made, opening = making.prepare_ballot(
            paper,
            voter.index,
            voter.credential,
            selections,
            path=voter.path,
            previous=previous,
            replaced=replaced,
            draw=draw,
        )
        return making.sign_ballot(paper, made, voter.secret), opening

    def replacement(
        self, ballot: Ballot, unit: int, selections: Sequence[Sequence[int]], place: BatchPlace | None
    ) -> tuple[Ballot, BallotOpening]:
        """A ballot that replaces another, which lies at a place of a batch or has a word of its own."""
        replaced = making.replacing(ballot, place)
        previous = making.tracker(self.paper(unit), ballot)
        return self.ballot(
            self.voters[unit][ballot.index], selections, previous=previous, replaced=replaced, seed=previous
        )

    def batch(self, ballots: Sequence[Ballot], unit: int = 0) -> Tree:
        """The tree over a batch of first ballots that all counted."""
        paper = self.paper(unit)
        return Tree([hashes.batch_leaf(ballot.index, making.tracker(paper, ballot)) for ballot in ballots])


SELECTIONS: dict[str, tuple[tuple[tuple[int, ...], ...], ...]] = {
    "choice": (((0,),), ((3,),), ((1,),)),
    "question": (((0,),), ((1,),), ((1,),)),
    "approval": (((0, 0, 0, 0),), ((1, 1, 1, 1),), ((0, 1, 0, 1),)),
    "several": (
        ((2,), (0, 5, 0), (1, 0), (0,)),
        ((0,), (1, 0, 0), (0, 0), (1,)),
        ((1,), (2, 2, 1), (1, 1), (2,)),
    ),
}


def worlds() -> dict[str, World]:
    """The elections of the files."""
    return {name: World(name, forms) for name, forms in FORMS.items()}


def sparse(**changes: Any) -> World:
    """An election of three units, where only in the second anybody got a credential."""
    return World("sparse", FORMS["question"], sizes=(0, 2, 0), **changes)


def story_of_sparse(world: World) -> dict[str, Any]:
    """The sparse election as the file has it, with a ballot that stands in the one unit with a roll."""
    made = world.ballot(world.voters[1][0], SELECTIONS["question"][0])
    batch = world.batch([made[0]], 1)
    return {
        "name": world.name,
        **election_of(world),
        "ballots": [_told(world, 1, "first", *made)],
        "batch": {"unit": 1, "ballots": ["first"], "root": batch.root, "paths": [list(batch.path(0))]},
    }


def story_of(world: World) -> dict[str, Any]:
    """An election as the file has it: a batch of three, one of them replaced twice, and a ballot of the other unit."""
    chosen = SELECTIONS[world.name]
    first = [
        world.ballot(world.voters[0][index], selections) for index, selections in zip((0, 2, 4), chosen, strict=True)
    ]
    batch = world.batch([ballot for ballot, _ in first])
    second = world.replacement(first[1][0], 0, chosen[2], BatchPlace(0, 1, batch.path(1)))
    third = world.replacement(second[0], 0, chosen[0], None)
    other = world.ballot(world.voters[1][0], chosen[1])
    named = {"first": first[0], "second": first[1], "third": first[2], "replacement": second, "again": third}
    return {
        "name": world.name,
        **election_of(world),
        "ballots": [_told(world, 0, name, *made) for name, made in named.items()]
        + [_told(world, 1, "other unit", *other)],
        "batch": {
            "unit": 0,
            "ballots": ["first", "second", "third"],
            "root": batch.root,
            "paths": [list(batch.path(place)) for place in range(3)],
        },
    }


def election_of(world: World) -> dict[str, Any]:
    """An election's constants and rolls as the file has them."""
    return {
        "chainId": world.chain_id,
        "box": world.box,
        "ceremony": world.ceremony,
        "agency": world.agency,
        "manifestHash": world.manifest_hash,
        "opensAt": world.opens_at,
        "closesAt": world.closes_at,
        "minBallots": world.min_ballots,
        "setup": hashes.setup_id(world.chain_id, world.ceremony, world.agency, world.manifest_hash),
        "election": world.election,
        "domain": world.paper().domain,
        "secretKey": number(world.secret_key),
        "key": point(world.key),
        "width": world.paper().width,
        "rollRoot": world.units.root,
        "contests": [
            {
                "packed": number(form.pack(), 8),
                "kind": form.kind.name.lower(),
                "options": form.options,
                "most": form.most,
                "minimum": form.minimum,
                "maximum": form.maximum,
                "blank": form.blank,
            }
            for form in world.contests
        ],
        "units": [
            {
                "unit": roll.unit,
                "lines": roll.lines,
                "issued": roll.issued,
                "eligible": roll.eligible,
                "root": roll.root,
                "leaf": hashes.unit_leaf(roll),
                "path": list(world.units.path(roll.unit)),
                "voters": [
                    {
                        "index": voter.index,
                        "scalar": number(voter.secret),
                        "credential": voter.credential,
                        "leaf": hashes.roll_line(roll.unit, voter.index, voter.credential),
                        "path": list(voter.path),
                        "withdrawalDigest": hashes.withdrawal_digest(world.paper().domain, roll.unit, voter.index),
                    }
                    for voter in world.voters[roll.unit]
                ],
            }
            for roll in world.rolls
        ],
    }


def _told(world: World, unit: int, name: str, ballot: Ballot, opening: BallotOpening) -> dict[str, Any]:
    paper = world.paper(unit)
    content = hashes.content_hash(world.election, unit, ballot.credential, ballot.ciphertexts)
    tracker = making.check_ballot(paper, ballot)
    return {
        "name": name,
        "unit": unit,
        "index": ballot.index,
        "credential": ballot.credential,
        "previous": ballot.previous,
        "selections": [list(selection) for selection in opening.selections],
        "randomness": [number(one) for one in opening.randomness],
        "ciphertexts": [point(one) for ciphertext in ballot.ciphertexts for one in ciphertext],
        "content": content,
        "proofsHash": opening.proofs_hash,
        "tracker": tracker,
        "digest": hashes.cast_digest(paper.domain, tracker),
        "leaf": hashes.batch_leaf(ballot.index, tracker),
        "packed": "0x" + pack_ballot(ballot).hex(),
    }


def number(value: int, length: int = 32) -> str:
    """A number as 0x text."""
    return "0x" + value.to_bytes(length, "big").hex()


def point(value: Point) -> list[str]:
    """A point's x and y."""
    return [number(value.x), number(value.y)]


def share_of(world: World) -> dict[str, Any]:
    """A decryption share of the first ballot's first ciphertext, by the one trustee there is."""
    ballot, _ = world.ballot(world.voters[0][0], SELECTIONS[world.name][0])
    total = ballot.ciphertexts[0]
    group, ciphertext, trustee, secret = 0, 0, 1, world.secret_key
    share = multiply(secret, total.a)

    def challenge(commitment: str, b: Point) -> int:
        return hashes.share_challenge(
            world.election, group, ciphertext, trustee, world.key, total, share, commitment, b
        )

    proof = proofs.prove_equal_logs(secret, total.a, challenge, drawing("share"))
    assert proofs.check_equal_logs(world.key, total.a, share, challenge, proof)
    return {
        "election": world.election,
        "group": group,
        "ciphertext": ciphertext,
        "trustee": trustee,
        "scalar": number(secret),
        "key": point(world.key),
        "total": [*point(total.a), *point(total.b)],
        "share": point(share),
        "challenge": number(proof.challenge),
        "response": number(proof.response),
        "b": point(proof.b),
        "u": point(proof.u),
        "slope": number(proof.slope),
    }


def possession_of(world: World, kind: int) -> dict[str, Any]:
    """A trustee's proof that it knows what its point hides."""
    setup = hashes.setup_id(world.chain_id, world.ceremony, world.agency, world.manifest_hash)
    trustee, secret = "0x" + "7a" * 20, 0x7A + kind
    proof = proofs.prove_possession(setup, trustee, kind, secret, drawing(f"possession {kind}"))
    assert proofs.check_possession(setup, trustee, kind, multiply(secret), proof)
    return {
        "setup": setup,
        "trustee": trustee,
        "kind": kind,
        "scalar": number(secret),
        "point": point(multiply(secret)),
        "challenge": number(proof.challenge),
        "response": number(proof.response),
    }


def names_of(world: World) -> dict[str, Any]:
    """Hashes of which ballots make no use."""
    setup = hashes.setup_id(world.chain_id, world.ceremony, world.agency, world.manifest_hash)
    voter, blinded, authority = (keccak(name) for name in (b"voter", b"blinded", b"authority"))
    domain = hashes.domain_separator(world.chain_id, world.ceremony)
    return {
        "setup": setup,
        "voter": voter,
        "blinded": blinded,
        "authority": authority,
        "enrolment": {"sequence": 7, "unit": 1, "leaf": hashes.enrolment_leaf(setup, 7, 1, voter, blinded, authority)},
        "enrolVoter": {
            "domain": domain,
            "unit": 1,
            "deadline": 1_800_000_000,
            "digest": hashes.enrolment_digest(domain, setup, 1, voter, blinded, 1_800_000_000),
        },
        "credentialMessage": {
            "unit": 1,
            "credential": world.voters[1][0].credential,
            "message": "0x" + hashes.credential_message(setup, 1, world.voters[1][0].credential).hex(),
        },
        "dealtShare": {
            "dealer": 2,
            "recipient": 3,
            "shared": point(world.key),
            "mask": number(hashes.share_mask(setup, 2, 3, world.key)),
        },
    }


def trees() -> list[dict[str, Any]]:
    """Trees of every small size: leaves, root and all paths."""
    made = []
    for size in range(1, 10):
        leaves = [keccak(bytes([place])) for place in range(size)]
        tree = Tree(leaves)
        paths = [list(tree.path(place)) for place in range(size)]
        made.append({"leaves": leaves, "root": tree.root, "paths": paths})
    return made


def vectors() -> dict[str, Any]:
    """The content of ballots.json."""
    elections = worlds()
    first = elections["choice"]
    return {
        "elections": [*(story_of(world) for world in elections.values()), story_of_sparse(sparse())],
        "shares": [share_of(world) for world in elections.values()],
        "possession": [possession_of(first, kind) for kind in (1, 2)],
        "names": names_of(first),
        "trees": trees(),
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a file of vectors."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write both files."""
    from tests.vectors.ballots_hostile import cases_of

    write(FILE, vectors())
    cases = cases_of(worlds() | {"sparse": sparse()})
    write(HOSTILE, {kind: [case.told() for case in listed] for kind, listed in cases.items()})


if __name__ == "__main__":
    main()
