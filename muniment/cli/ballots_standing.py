"""`muniment ballots standing`: whether a voter who stands at the desk is to be given a paper ballot."""

import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from muniment.ballots import desk
from muniment.ballots.papers import Election, election_at
from muniment.ballots.registered import registered_boxes
from muniment.ballots.setups import setup_of
from muniment.ballots.states import BOX
from muniment.chain.views import View, ask
from muniment.cli.console import AsJson, emit_json, err, say
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused
from muniment.sentences import sentence_of
from muniment.services import Services, build

PAUSE = 1.0  # seconds between two looks for the voter's answer


class Standing(StrEnum):
    """What the desk is told."""

    HAND_OUT = "hand out"
    NOT_WITHDRAWN = "not withdrawn"
    NOT_FINAL = "not final"
    UNKNOWN = "unknown place"
    GIVEN = "given already"
    NO_ANSWER = "no answer"


# 1 is any refusal.
EXITS = {
    Standing.HAND_OUT: 0,
    Standing.NOT_WITHDRAWN: 3,
    Standing.NOT_FINAL: 4,
    Standing.UNKNOWN: 5,
    Standing.GIVEN: 6,
    Standing.NO_ANSWER: 7,
}


def run(
    election: Annotated[str, typer.Argument(help="The setup's id, the election's, or the box's address.")],
    code: Annotated[str, typer.Argument(help="As the voter's page shows it: unit and line, such as 0-17.")],
    block: Annotated[str, typer.Option(help="The chain as of: latest, safe or finalized.")] = "finalized",
    wait: Annotated[int, typer.Option(min=0, max=3_600, help="Seconds for the voter to enter the number.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Say whether to hand out a paper ballot. Exit 0 do, 3 not withdrawn, 4 not final, 5 unknown, 6 given, 7 no answer.

    The voter is told a number, and their device signs it: everybody can read on the chain who withdrew. A ballot handed
    out is written down, and no desk of this service hands out a second one.
    """
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = _opened(connection, election)
    try:
        unit, index = desk.place_of(found, code)
    except Refused as refused:
        raise _told(found, code, Standing.UNKNOWN, sentence_of(refused), as_json) from None
    standing, says = _standing(services, found, unit, index, block)
    if standing is Standing.HAND_OUT:
        standing, says = _at_desk(services, found, unit, index, wait)
    raise _told(found, desk.code_of(unit, index), standing, says, as_json)


def _opened(connection: Any, name: str) -> Election:
    setup = setup_of(connection, name)
    if setup.box is None:
        raise Refused("ElectionNotOpened", setup=setup.setup)
    return election_at(connection, setup.box)


def _standing(services: Services, election: Election, unit: int, index: int, block: str) -> tuple[Standing, str]:
    """What the chain says, and not our tables."""
    if not registered_boxes(lambda: services.rpc, services.deployment)(election.box):
        raise Refused("BoxCodeUnknown", box=election.box)
    for as_of in (block, "latest"):
        view = View(BOX, "standingOf", (unit, index), election.box)
        _, barred, _ = ask(services.rpc, services.deployment, view, as_of)
        if barred and as_of == block:
            return Standing.HAND_OUT, ""
        if barred:
            return Standing.NOT_FINAL, "Withdrawn, but the block is not final yet: wait, and ask again in some minutes."
    return Standing.NOT_WITHDRAWN, "Not withdrawn: give no paper ballot. First the voter withdraws, on the own device."


def _at_desk(services: Services, election: Election, unit: int, index: int, wait: int) -> tuple[Standing, str]:
    """Have the voter show that the credential is theirs, and write down that the ballot is given."""
    try:
        with writing(services.engine) as connection:
            number = desk.ask(connection, election, unit, index)
        err.print(f"Ask the voter to enter this number on their page: {number:06}")
        until = time.monotonic() + wait
        while not _is_answered(services, election, unit, index, number):
            if time.monotonic() >= until:
                return Standing.NO_ANSWER, "No answer: give no paper ballot. Nobody has shown the voting key."
            time.sleep(PAUSE)
        with writing(services.engine) as connection:
            desk.hand_out(connection, election, unit, index, number, services.clock())
            name = setup_of(connection, election.setup).manifest.units[unit].name
    except Refused as refused:
        given = refused.name == "PaperGivenAlready"
        return Standing.GIVEN if given else Standing.NO_ANSWER, sentence_of(refused)
    return Standing.HAND_OUT, f"Barred: hand out a paper ballot of unit {unit}, {name}."


def _is_answered(services: Services, election: Election, unit: int, index: int, number: int) -> bool:
    with reading(services.engine) as connection:
        return desk.is_answered(connection, election, unit, index, number)


def _told(election: Election, code: str, standing: Standing, says: str, as_json: bool) -> typer.Exit:
    if as_json:
        emit_json({"standing": standing.value, "setup": election.setup, "code": code, "sentence": says})
    else:
        say(says)
    return typer.Exit(EXITS[standing])
