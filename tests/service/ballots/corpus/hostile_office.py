"""The same election, held for an enrolment office that lies: about the order of its roll, and about what it signed.

The box sees the roots of rolls, and not their lines. Of the numbers of lines, signatures and voters it does see, this
box was told the truth when it was created, and then given other immutables: as if its constructor had not looked.
"""

import json
from dataclasses import replace
from typing import Any

from eth_abi.abi import encode as abi_encode

from muniment.ballots.hashes import election_id, unit_leaf
from muniment.ballots.model import UnitRoll
from muniment.ballots.roll import Tree
from muniment.ballots.verifying.rolls import log_root
from tests.service.ballots.corpus.tools import resend
from tests.service.ballots.election import FIRST, OPENING, ROLLS, SECOND, THIRD, Election, Voter
from tests.service.ballots.forgeries import EVENTS, block_of, logs_of, stamp, tell, values_of

NOBODYS = 2  # a unit without a roll, where the office signed for more than there are voters
LIES = {
    ("RollUnsorted", f"roll.units[{FIRST}]"),  # its lines run backwards
    ("RollUnsorted", f"roll.units[{THIRD}]"),  # one credential has both lines, and votes on both
    ("TooManyLines", f"roll.units[{SECOND}]"),  # one line, and no signature that the log knows
    ("TooManyLines", f"roll.units[{NOBODYS}]"),
    ("EnrolledTwice", "log.entries[2]"),  # the first two of this unit are one voter's
    ("BlindedTwice", "log.entries[10]"),  # two voters, and one envelope
}


class HostileOffice(Election):
    """The election of a lying office. Everything else is as it must be, every hash and every proof too."""

    def listed(self, unit: int, lines: list[tuple[Voter, list[str]]]) -> list[tuple[Voter, list[str]]]:
        """One unit backwards, and one credential twice."""
        ordered = super().listed(unit, lines)
        if unit == FIRST:
            ordered.reverse()
        elif unit == THIRD:
            voter, line = ordered[0]
            ordered[1] = replace(voter), line
        return ordered

    def enrol(self) -> None:
        """Enrol, and write a log of something else."""
        super().enrol()
        entries: list[dict[str, Any]] = [one for one in self.log["entries"] if one["unit"] != SECOND]
        first = next(place for place, one in enumerate(entries) if one["unit"] == FIRST)
        entries[first + 1] = self._again(entries[first], entries[first + 1])
        nobodys = next(one for one in entries if one["unit"] == NOBODYS)
        entries.append(self._again({"voter": "0x" + "77" * 32}, nobodys))
        self.log = {"setup": self.setup, "entries": entries}
        self.log_root = log_root(self.log, self.setup)
        for unit, issued in ((SECOND, 0), (NOBODYS, 2)):
            self.roll["units"][unit]["issued"] = issued

    def _again(self, voter: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
        """An entry for a voter, which officers have signed for."""
        name, unit, blinded = voter["voter"], entry["unit"], entry["blinded"]
        return entry | {"voter": name, "authority": self._vouched(unit, name, blinded)}

    def create_box(self) -> None:
        """Create the box with numbers that it takes, then exchange what it made of them."""
        super().create_box()
        honest, self.rolls = self.rolls, [self._told(roll) for roll in self.rolls]
        code = self.node.call("eth_getCode", self.box, "latest")
        for own, other in zip(self._names(honest), self._names(self.rolls), strict=True):
            assert own[2:] in code
            code = code.replace(own[2:], other[2:])
        self.node.call("anvil_setCode", self.box, code)

    def _told(self, roll: UnitRoll) -> UnitRoll:
        return replace(roll, issued=self.roll["units"][roll.unit]["issued"])

    def _names(self, rolls: list[UnitRoll]) -> tuple[str, str]:
        """The root of all rolls, and the election's id."""
        root, said = Tree([unit_leaf(roll) for roll in rolls]).root, self.manifest
        times = (said.schedule.opens, said.schedule.closes)
        return root, election_id(self.chain_id, self.box, self.key, root, said.hash, *times)

    def transcript(self) -> dict[str, Any]:
        """The transcript, with what the box would have told of such an opening."""
        made: dict[str, Any] = json.loads(json.dumps(super().transcript()))
        event = EVENTS["BoxOpened"]
        block = made["blocks"][block_of(made, "BoxOpened")]
        one, log = next(logs_of(block, "BoxOpened"))
        opening, units = values_of(event, log)
        told = [(*unit[:2], roll.issued, *unit[3:]) for unit, roll in zip(units, self.rolls, strict=True)]
        honest, lied = (abi_encode([OPENING, ROLLS], [opening, some]) for some in (units, told))
        resend(self, one, lambda data: data.removesuffix(honest) + lied)
        log["topics"][1] = self.id
        tell(event, log, [opening, told])
        stamp(block)
        return made
