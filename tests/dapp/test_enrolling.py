"""In a real browser: enrolment at the office, and handing in at a random time that outlives the page."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import select

from muniment.ballots.enrolment import blind, counter
from muniment.ballots.enrolment.eligible import import_eligible
from muniment.ballots.enrolment.office import Office
from muniment.ballots.setups import setup_of
from muniment.db.engine import reading, writing
from muniment.db.schema import ballot_credentials, ballot_issuances
from tests.dapp.devices import Device, seen
from tests.dapp.polling import Poll, polling
from tests.service.ballots.stage import STEP, Voter

REFERENCE = "Mari Maasikas, 48001010000"
HALF = STEP // 2  # seconds after the window opened


@pytest.fixture(scope="module")
def poll(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poll]:
    """One election for the whole way; one voter of unit 1 is known by a reference alone."""
    with polling(tmp_path_factory.mktemp("enrolling"), spare=1) as made:
        services = made.polls.services
        with writing(services.engine) as connection:
            setup = setup_of(connection, made.polls.setup)
            import_eligible(connection, services.sealer, setup, ["voter,unit", f'"{REFERENCE}",1'])
        yield made


@pytest.fixture(scope="module")
def device(chromium: Browser, poll: Poll) -> Iterator[Device]:
    """The voter's telephone."""
    made = Device(chromium, poll)
    yield made
    made.context.close()
    assert made.complaints == []
    assert made.elsewhere == []


def answer_of(poll: Poll, request: counter.Request) -> str:
    """What the office answers when both officers have signed."""
    polls = poll.polls
    services = polls.services
    office = Office(services.deployment, services.sealer, services.clock())
    first, second = polls.officers
    with writing(services.engine) as connection:
        case = counter.case_of(connection, office, request, REFERENCE)
        deadline = counter.check_first(connection, office, case, first)
        data = case.typed_data(office, deadline)
        signed = {key: poll.node.call("eth_signTypedData_v4", key, data) for key in (first, second)}
        proposal = counter.Proposal(request, case.voter, deadline, first, signed[first])
        counter.check_second(connection, office, case, proposal, second)
        return counter.answer(connection, office, proposal, second, signed[second])


def lines(poll: Poll) -> int:
    """How many credentials were handed in."""
    with reading(poll.polls.services.engine) as connection:
        return len(connection.execute(select(ballot_credentials)).all())


def draw(page: Page, poll: Poll, after: int) -> None:
    """Put the drawn time so many seconds after the opening of the window."""
    credential = page.locator("#enrol-address").inner_text()
    at = poll.polls.begun + 2 * STEP + after
    place = f"muniment.ballots.{poll.polls.setup}.hand"
    page.evaluate("([place, drawn]) => localStorage.setItem(place, drawn)", [place, f"{credential} {at}"])


def pass_to(poll: Poll, after: int) -> None:
    """Let time pass to so many seconds after the opening of the window."""
    poll.polls.pass_to("enrolmentCloses", after)


def key_file(poll: Poll, voter: Voter, folder: Path) -> Path:
    """A voter's key as a file, as the page saves it."""
    told = {"setup": poll.polls.setup, "unit": voter.unit, "secret": f"0x{voter.secret:064x}"}
    signed = {"randomizer": blind.to_text(voter.randomizer), "signature": blind.to_text(voter.signature)}
    file = folder / f"{voter.credential}.json"
    form = {"format": "Muniment.CredentialFile.v1"}
    file.write_text(json.dumps({**form, **told, "credential": voter.credential, **signed}))
    return file


def test_enrols_at_the_office(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Without wallet or party: the request outlives a reload, wrong answers change nothing, the right one is a key."""
    page = device.open("enrol")
    page.get_by_role("button", name="Make the key and a request").click()
    expect(page.locator("#enrol-error")).to_contain_text("Choose your unit")
    page.get_by_label("Your unit").select_option("unit 1")
    page.get_by_role("button", name="Make the key and a request").click()
    expect(page.locator("#enrol-request-qr img")).to_be_visible()
    seen(page, "enrol-request")
    text = page.locator("#enrol-request-text").input_value()
    assert set(json.loads(text)) == {"format", "chain", "setup", "unit", "blinded"}
    page.reload()
    expect(page.locator("#enrol-request-text")).to_have_value(text)
    expect(page.locator("#enrol-make")).to_be_hidden()
    with page.expect_download() as given:
        page.get_by_role("button", name="Save the request as a file").click()
    request = counter.Request.read(given.value.path().read_bytes())
    answer = answer_of(poll, request)
    for wrong in ({"setup": "0x" + "5" * 64}, {"signature": blind.to_text(bytes(256))}, {"unit": 0}):
        page.locator("#enrol-answer-text").fill(json.dumps({**json.loads(answer), **wrong}))
        page.get_by_role("button", name="Take the answer").click()
        expect(page.locator("#enrol-error")).to_contain_text("not the office's answer to the request in this browser")
        page.reload()  # the request still waits
        expect(page.locator("#enrol-request-text")).to_have_value(text)
    file = tmp_path / "answer.json"
    file.write_text(answer)
    page.locator("#enrol-answer-file").set_input_files(file)
    expect(page.locator("#enrol-state")).to_contain_text("You are enrolled")
    expect(page.locator("#enrol-unit")).to_have_text("unit 1")
    expect(page.locator("#enrol-roll")).to_contain_text("at a time drawn at random")
    expect(page.locator("#enrol-hand")).to_be_hidden()  # the window is not open
    expect(page.locator("#enrol-request")).to_be_hidden()
    seen(page, "enrol-office-have")
    with reading(poll.polls.services.engine) as connection:
        (issued,) = connection.execute(select(ballot_issuances)).all()
    assert json.loads(issued.authority)["by"] == "officers"
    credential = page.locator("#enrol-address").inner_text()
    # What office and officers saw does not hold the credential, and the list does not hold the name.
    assert credential[2:] not in text + answer + str(tuple(issued))
    assert "Mari" not in answer + str(tuple(issued))


def test_a_request_is_dropped(poll: Poll, chromium: Browser) -> None:
    """Whoever chose a wrong unit can begin anew; the same unit gives the same request again."""
    other = Device(chromium, poll)
    page = other.open("enrol")
    page.get_by_label("Your unit").select_option("unit 0")
    page.get_by_role("button", name="Make the key and a request").click()
    text = page.locator("#enrol-request-text")
    expect(text).to_be_visible()
    before = text.input_value()
    page.get_by_text("The office refused the request").click()
    page.get_by_role("button", name="Drop this request").click()
    expect(page.locator("#enrol-make")).to_be_visible()
    page.reload()
    expect(page.locator("#enrol-office")).to_be_visible()
    page.get_by_label("Your unit").select_option("unit 1")
    page.get_by_role("button", name="Make the key and a request").click()
    expect(text).to_be_visible()
    assert json.loads(text.input_value())["unit"] == 1
    assert text.input_value() != before
    other.context.close()


def test_hands_in_after_a_reload(poll: Poll, device: Device) -> None:
    """The drawn time must outlive the page: before it nothing is sent, after it the next visit hands in, once."""
    sent: list[Request] = []
    device.context.on("request", lambda one: sent.append(one) if one.url.endswith("/credentials") else None)
    for voter in poll.polls.voters:
        poll.polls.enrol(voter)
    pass_to(poll, 10)
    page = device.open("enrol?lang=en")  # from here on the browser has a cookie
    expect(page.locator("#enrol-have")).to_be_visible()
    draw(page, poll, HALF)
    page.reload()
    expect(page.locator("#enrol-hand-state")).to_contain_text("at a time drawn at random")
    expect(page.get_by_role("button", name="Hand in now")).to_be_visible()
    expect(page.get_by_role("button", name="Hand in at a random time")).to_be_hidden()
    seen(page, "enrol-waits")
    for elsewhere in ("", "vote"):
        page.goto(poll.url + poll.page(elsewhere))
        expect(page.locator("#handing")).to_contain_text("Your voting key: It is handed in at a time drawn at random")
    seen(page, "handing")
    assert sent == []
    assert lines(poll) == 0
    pass_to(poll, HALF + 10)
    page.goto(poll.url + poll.page())
    expect(page.locator("#handing")).to_contain_text("Handed in")
    assert lines(poll) == 1
    (only,) = sent
    assert not {"cookie", "referer"} & set(only.all_headers())
    page.goto(poll.url + poll.page("enrol"))
    expect(page.locator("#enrol-roll")).to_contain_text("Handed in")
    expect(page.locator("#enrol-hand")).to_be_hidden()
    assert len(sent) == 1


def test_hands_in_while_the_page_is_open(poll: Poll, chromium: Browser, tmp_path: Path) -> None:
    """A page that stays open must hand in by itself, and try again when the service did not answer."""
    other = Device(chromium, poll)
    page = other.context.new_page()
    page.clock.install()
    page.goto(poll.url + poll.page("enrol"))
    page.locator("#enrol-file").set_input_files(key_file(poll, poll.polls.voters[0], tmp_path))
    expect(page.locator("#enrol-roll")).to_contain_text("Not handed in from this browser")
    page.get_by_role("button", name="Hand in at a random time").click()
    expect(page.locator("#enrol-hand-state")).to_contain_text("at a time drawn at random")
    page.route("**/credentials", lambda route: route.abort())
    page.clock.run_for(STEP // 4 * 1_000)  # the last quarter begins then: no time is drawn beyond
    expect(page.locator("#enrol-error")).to_contain_text("The service cannot be reached")
    assert lines(poll) == 1
    page.unroute("**/credentials")
    page.clock.run_for(61_000)
    expect(page.locator("#enrol-state")).to_contain_text("Handed in")
    assert lines(poll) == 2
    other.context.close()


def test_little_time_is_left(poll: Poll, chromium: Browser, tmp_path: Path) -> None:
    """In the last quarter nobody is told to wait."""
    pass_to(poll, STEP * 3 // 4 + 10)
    other = Device(chromium, poll)
    page = other.open("enrol")
    page.locator("#enrol-file").set_input_files(key_file(poll, poll.polls.voters[1], tmp_path))
    expect(page.locator("#enrol-hand-state")).to_contain_text("There is little time left")
    expect(page.get_by_role("button", name="Hand in at a random time")).to_be_hidden()
    seen(page, "enrol-hurry")
    page.get_by_role("button", name="Hand in now").click()
    expect(page.locator("#enrol-state")).to_contain_text("Handed in")
    # Another key in the same browser is another voter's: it was not handed in.
    page.locator("#enrol-file").set_input_files(key_file(poll, poll.polls.voters[2], tmp_path))
    expect(page.locator("#enrol-roll")).to_contain_text("Not handed in from this browser")
    expect(page.locator("#enrol-hand")).to_be_visible()
    draw(page, poll, STEP * 3 // 4 + 200)
    poll.polls.pass_to("rollCloses")
    page.reload()
    expect(page.locator("#enrol-error")).to_contain_text("you cannot vote in this election")
    expect(page.locator("#enrol-hand")).to_be_hidden()
    seen(page, "enrol-missed")
    page.goto(poll.url + poll.page())
    expect(page.locator("#handing")).to_contain_text("you cannot vote in this election")
    assert lines(poll) == 3
    other.context.close()


def test_a_line_that_was_handed_in(poll: Poll, device: Device) -> None:
    """The credential from the office must stand on the roll, like anybody's."""
    poll.polls.open()
    poll.polls.pass_to("opens")
    page = device.open("enrol")
    expect(page.locator("#enrol-roll")).to_contain_text("Yes, on line")
