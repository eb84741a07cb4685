"""Voters who would rather vote on paper: they withdraw in a real browser, and show a desk that the code is theirs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from muniment.ballots import desk
from muniment.ballots.model import Ballot
from muniment.ballots.papers import election_at
from muniment.db.engine import reading, writing
from muniment.db.schema import intents
from tests.dapp.devices import Device, opened, seen
from tests.dapp.polling import UNITS, Poll, polling
from tests.service.ballots.stage import Voter

CHOSEN = [(0,), (1, 0), (1, 0)]


@pytest.fixture(scope="module")
def poll(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poll]:
    """An election whose voters are all on the roll, a second before it opens."""
    with polling(tmp_path_factory.mktemp("paper")) as made:
        polls = made.polls
        polls.enrol_all()
        polls.open()
        yield made


@pytest.fixture
def device(chromium: Browser, poll: Poll) -> Iterator[Device]:
    """A voter's phone. It may not complain, or ask strangers for anything."""
    made = Device(chromium, poll)
    yield made
    made.context.close()
    assert made.complaints == []
    assert made.elsewhere == []


def confirm(page: Page) -> None:
    """Confirm, and press the button."""
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Withdraw for good").click()


def withdraw(page: Page) -> None:
    """Confirm, and withdraw, until the service has taken it."""
    with page.expect_response("**/withdrawals") as answer:
        confirm(page)
    assert answer.value.status == 202
    expect(page.locator("#paper-state")).to_contain_text("Signed and sent.")


def code_of(poll: Poll, voter: Voter) -> str:
    """What the page should show for the desk."""
    return desk.code_of(voter.unit, poll.polls.place(voter)[0])


def is_barred(poll: Poll, voter: Voter) -> bool:
    """What the service read on the chain."""
    return bool(poll.polls.get(poll.polls.path(f"voters/{voter.unit}/{poll.polls.place(voter)[0]}"))["barred"])


def test_before_the_opening(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must say when, and offer nothing."""
    page = opened(device, "paper", poll.polls.voters[4], tmp_path)
    expect(page.locator(".govuk-inset-text").first).to_contain_text("You can withdraw only while voting is open.")
    expect(page.locator("#paper-standing")).to_have_text("You have not withdrawn.")
    expect(page.locator("#paper-ask")).to_be_hidden()
    seen(page, "paper-before")
    poll.polls.pass_to("opens")


def test_without_a_ballot(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must confirm first, then bar the line; and sign what the desk says, so that it can hand out one ballot."""
    polls, voter = poll.polls, poll.polls.voters[0]
    page = opened(device, "paper", voter, tmp_path)
    expect(page.locator("#paper-checked")).to_contain_text("compared key and ballot paper with the chain")
    expect(page.locator("#paper-standing")).to_have_text("You have not voted here. There is no ballot to take out.")
    page.get_by_role("button", name="Withdraw for good").click()
    expect(page.locator("#paper-understood-error")).to_have_text("Tick the box first: withdrawing cannot be undone.")
    expect(page.locator("#paper-understood")).to_be_focused()
    seen(page, "paper-ask")
    withdraw(page)
    seen(page, "paper-working")
    polls.all_done()
    expect(page.locator("#paper-code")).to_have_text(code_of(poll, voter))
    expect(page.locator("#paper-unit")).to_have_text("unit 0")
    expect(page.get_by_role("heading", name="You have withdrawn, and vote on paper")).to_be_focused()
    expect(page.locator("#paper-finality")).to_have_text("The chain has it, and it is final.")
    assert is_barred(poll, voter)

    with reading(polls.services.engine) as connection:
        election = election_at(connection, polls.box)
    unit, index = desk.place_of(election, page.locator("#paper-code").inner_text())
    with writing(polls.services.engine) as connection:
        number = desk.ask(connection, election, unit, index)
    page.get_by_label("Number from the desk").fill("12 3")
    page.get_by_role("button", name="Sign the number").click()
    expect(page.locator("#paper-number-error")).to_have_text("Enter the six digits that the desk told you.")
    seen(page, "paper-wrong-number")
    page.get_by_label("Number from the desk").fill(f"{(number + 1) % desk.NUMBERS:06}")
    page.get_by_role("button", name="Sign the number").click()
    expect(page.locator("#paper-error")).to_contain_text("Ask the desk for a new one.")
    device.complaints[:] = [said for said in device.complaints if "409" not in said]
    page.get_by_label("Number from the desk").fill(f"{number:06}"[:3] + " " + f"{number:06}"[3:])
    page.get_by_role("button", name="Sign the number").click()
    expect(page.locator("#paper-signed")).to_have_text("Signed. The desk sees it now.")
    expect(page.locator("#paper-error")).to_be_empty()
    seen(page, "paper-signed")
    with writing(polls.services.engine) as connection:
        assert desk.is_answered(connection, election, unit, index, number)
        desk.hand_out(connection, election, unit, index, number, 1)

    again = device.open("paper")  # the key is kept; nothing is signed a second time
    expect(again.locator("#paper-code")).to_have_text(code_of(poll, voter))
    expect(again.locator("#paper-ask")).to_be_hidden()
    vote = device.open("vote")
    expect(vote.locator("#vote-error")).to_contain_text("This voting key was withdrawn. You vote on paper")


def cast(poll: Poll, voter: Voter, before: Ballot | None = None) -> Ballot:
    """A ballot in the box."""
    ballot = poll.polls.ballot(voter, CHOSEN) if before is None else poll.polls.again(voter, before, CHOSEN)
    poll.polls.cast(voter.unit, ballot)
    poll.polls.all_done()
    return ballot


def once(poll: Poll, voter: Voter) -> str:
    """A ballot that lies in a batch; its tracker."""
    return poll.polls.tracker(voter.unit, cast(poll, voter))


def twice(poll: Poll, voter: Voter) -> str:
    """A ballot that replaced another; its tracker."""
    return poll.polls.tracker(voter.unit, cast(poll, voter, cast(poll, voter)))


@pytest.mark.parametrize(("number", "voted"), [(1, once), (2, twice)])
def test_takes_the_ballot_out(
    poll: Poll, device: Device, tmp_path: Path, number: int, voted: Callable[[Poll, Voter], str]
) -> None:
    """Must name the ballot that counts, in a batch or alone, so that the box takes it out of the sums."""
    polls, voter = poll.polls, poll.polls.voters[number]
    tracker = voted(poll, voter)
    page = opened(device, "paper", voter, tmp_path)
    expect(page.locator("#paper-standing")).to_have_text("A ballot of yours counts now. Withdrawing takes it out.")
    withdraw(page)
    polls.all_done()
    expect(page.locator("#paper-code")).to_have_text(code_of(poll, voter))
    assert polls.get(polls.path(f"ballots/{tracker}"))["state"] == "withdrawn"
    assert [unit["ballots"] for unit in polls.get(polls.path("turnout"))["units"]] == [0] * len(UNITS)


def test_a_ballot_that_is_on_its_way(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must wait for it: what is withdrawn before would be refused once it lands."""
    polls, voter = poll.polls, poll.polls.voters[3]
    page = opened(device, "paper", voter, tmp_path)
    expect(page.locator("#paper-ask")).to_be_visible()
    ballot = polls.ballot(voter, CHOSEN)  # cast from another device, while this page is open
    polls.cast(voter.unit, ballot)
    withdraw(page)
    polls.settle()
    expect(page.locator("#paper-error")).to_contain_text("You have not withdrawn. A ballot of yours")
    expect(page.locator("#paper-ask")).to_be_visible()
    seen(page, "paper-refused")
    assert not is_barred(poll, voter)
    withdraw(page)
    polls.settle()
    expect(page.locator("#paper-code")).to_have_text(code_of(poll, voter))


def test_offline(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must say that nothing was sent, and go on when the network is back."""
    polls, voter = poll.polls, poll.polls.voters[4]
    page = opened(device, "paper", voter, tmp_path)
    expect(page.locator("#paper-ask")).to_be_visible()
    device.context.set_offline(True)
    confirm(page)
    expect(page.locator("#paper-error")).to_contain_text("The service cannot be reached.")
    expect(page.locator("#paper-ask")).to_be_visible()
    device.context.set_offline(False)
    device.complaints[:] = [said for said in device.complaints if "INTERNET_DISCONNECTED" not in said]
    with reading(polls.services.engine) as connection:
        waiting = connection.execute(select(intents.c.key).where(intents.c.state == "queued")).all()
    assert waiting == []


def test_signs_for_no_other_box(poll: Poll, device: Device, tmp_path: Path) -> None:
    """A service that shows another key than the chain must get no signature."""

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        answer["box"] = "0x" + "5" * 40
        route.fulfill(json=answer)

    device.context.route(f"**/api/elections/{poll.polls.setup}", forge)
    page = device.open("paper")
    expect(page.locator("#paper-error")).to_contain_text("Do not go on")
    expect(page.locator("#paper-ask")).to_be_hidden()


def test_after_the_close(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must offer nothing any more; whoever withdrew in time still finds the code."""
    polls = poll.polls
    polls.pass_to("closes")
    page = opened(device, "paper", polls.voters[4], tmp_path)
    expect(page.locator(".govuk-inset-text").first).to_contain_text("You can withdraw only while voting is open.")
    expect(page.locator("#paper-standing")).to_have_text("You have not withdrawn.")
    expect(page.locator("#paper-ask")).to_be_hidden()
    page.evaluate("localStorage.clear()")
    page = opened(device, "paper", polls.voters[0], tmp_path)
    expect(page.locator("#paper-code")).to_have_text(code_of(poll, polls.voters[0]))
    seen(page, "paper-after")
