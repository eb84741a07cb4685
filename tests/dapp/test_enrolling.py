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
from tests.dapp.devices import Device, key_file, seen, take_key
from tests.dapp.polling import Poll, polling
from tests.service.ballots.stage import STEP

REFERENCE, OTHER = "Mari Maasikas, 48001010000", "Kalle Kask, 38001010000"
HALF = STEP // 2  # seconds after the window opened


@pytest.fixture(scope="module")
def poll(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poll]:
    """One election for the whole way; one voter of each unit is known by a reference alone."""
    with polling(tmp_path_factory.mktemp("enrolling"), spare=1) as made:
        services = made.polls.services
        with writing(services.engine) as connection:
            setup = setup_of(connection, made.polls.setup)
            import_eligible(connection, services.sealer, setup, ["voter,unit", f'"{REFERENCE}",1', f'"{OTHER}",0'])
        yield made


@pytest.fixture(scope="module")
def device(chromium: Browser, poll: Poll) -> Iterator[Device]:
    """The voter's telephone."""
    made = Device(chromium, poll)
    yield made
    made.context.close()
    assert made.complaints == []
    assert made.elsewhere == []


def answer_of(poll: Poll, request: counter.Request, reference: str = REFERENCE) -> str:
    """What the office answers when both officers have signed."""
    polls = poll.polls
    services = polls.services
    office = Office(services.deployment, services.sealer, services.clock())
    first, second = polls.officers
    with writing(services.engine) as connection:
        case = counter.case_of(connection, office, request, reference)
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


def draw(page: Page, poll: Poll, after: int, credential: str = "") -> None:
    """Put the drawn time so many seconds after the opening of the window."""
    credential = credential or page.locator("#enrol-address").inner_text()
    at = poll.polls.begun + 2 * STEP + after
    place = f"muniment.ballots.{poll.polls.setup}.hand"
    page.evaluate("([place, drawn]) => localStorage.setItem(place, drawn)", [place, f"{credential} {at}"])


def pass_to(poll: Poll, after: int) -> None:
    """Let time pass to so many seconds after the opening of the window."""
    poll.polls.pass_to("enrolmentCloses", after)


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
    """Whoever chose a wrong unit can begin anew, with another request."""
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


def ask_at_the_office(page: Page, unit: int) -> None:
    """Ask for a request of a unit."""
    page.get_by_label("Your unit").select_option(f"unit {unit}")
    page.get_by_role("button", name="Make the key and a request").click()


def test_two_voters_of_one_device(poll: Poll, chromium: Browser) -> None:
    """A request that waits, perhaps another voter's, must be shown with its unit and time, and not be taken unasked."""
    other = Device(chromium, poll)
    page = other.open("enrol")
    ask_at_the_office(page, 0)
    text = page.locator("#enrol-request-text")
    expect(text).to_be_visible()
    expect(page.locator("#enrol-request-made")).to_contain_text("UTC")
    before, place = text.input_value(), f"muniment.ballots.{poll.polls.setup}"

    def by_wallet() -> None:
        """As if the request that waits had been made for a wallet."""
        page.evaluate(
            """(place) => {
              const { atOffice, ...held } = JSON.parse(localStorage.getItem(place));
              localStorage.setItem(place, JSON.stringify(held));
            }""",
            place,
        )
        page.reload()

    by_wallet()
    ask_at_the_office(page, 1)
    mine, another = (page.get_by_role("button", name=name) for name in ("It is mine", "It is another voter's"))
    expect(page.locator("#enrol-waiting-unit")).to_have_text("unit 0")
    expect(page.locator("#enrol-waiting-made")).to_contain_text("UTC")
    expect(mine).to_be_hidden()
    expect(another).to_be_visible()
    ask_at_the_office(page, 0)
    expect(mine).to_be_visible()
    seen(page, "enrol-waiting")
    mine.click()
    expect(text).to_have_value(before)
    by_wallet()
    ask_at_the_office(page, 0)
    another.click()
    expect(text).to_be_visible()
    assert json.loads(text.input_value()).keys() == json.loads(before).keys()
    assert text.input_value() != before
    assert other.complaints == []
    other.context.close()


def test_a_stale_tab_leaves_the_key_alone(poll: Poll, chromium: Browser) -> None:
    """Whatever a tab does that has not seen the voting key come must leave it; a tab that hears of it shows it."""
    other = Device(chromium, poll)
    deaf = "addEventListener('storage', (heard) => heard.stopImmediatePropagation())"

    def deaf_tab() -> Page:
        page = other.context.new_page()
        page.add_init_script(deaf)
        page.goto(poll.url + poll.page("enrol"))
        return page

    early = deaf_tab()
    expect(early.locator("#enrol-office")).to_be_visible()
    page, hearing = other.open("enrol"), other.open("enrol")
    expect(hearing.locator("#enrol-office")).to_be_visible()
    ask_at_the_office(page, 0)
    expect(page.locator("#enrol-request-text")).to_be_visible()
    expect(hearing.locator("#enrol-request-text")).to_be_visible()
    expect(hearing.locator("#enrol-state")).to_contain_text("Another tab of this browser")
    late = deaf_tab()
    expect(late.locator("#enrol-request-text")).to_be_visible()
    request = counter.Request.read(page.locator("#enrol-request-text").input_value().encode())
    page.locator("#enrol-answer-text").fill(answer_of(poll, request, OTHER))
    page.get_by_role("button", name="Take the answer").click()
    expect(page.locator("#enrol-state")).to_contain_text("You are enrolled")
    address = page.locator("#enrol-address").inner_text()
    expect(hearing.locator("#enrol-address")).to_have_text(address)
    expect(hearing.locator("#enrol-request")).to_be_hidden()
    late.get_by_text("The office refused the request").click()
    late.get_by_role("button", name="Drop this request").click()
    ask_at_the_office(early, 0)
    for stale in (late, early):
        expect(stale.locator("#enrol-error")).to_contain_text("Another tab of this browser")
        expect(stale.locator("#enrol-address")).to_have_text(address)
        expect(stale.locator("#enrol-office")).to_be_hidden()
    page.reload()
    expect(page.locator("#enrol-address")).to_have_text(address)
    assert other.complaints == []
    other.context.close()


def test_hands_in_after_a_reload(poll: Poll, device: Device) -> None:
    """The drawn time must outlive the page: before it nothing is sent, and some minutes after a later visit, once."""
    sent: list[Request] = []
    asked: list[Request] = []
    device.context.on("request", lambda one: sent.append(one) if one.url.endswith("/credentials") else None)
    device.context.on("request", lambda one: asked.append(one) if one.url.endswith(poll.polls.setup) else None)
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
    page = device.context.new_page()
    page.clock.install()
    page.goto(poll.url + poll.page())
    place = f"muniment.ballots.{poll.polls.setup}.hand"
    page.wait_for_function(
        "([place, before]) => Number(localStorage.getItem(place).split(' ')[1]) > before",
        arg=[place, poll.polls.begun + 2 * STEP + HALF + 30],
        polling=100,
    )  # a visit must not be the moment: another one is drawn
    expect(page.locator("#handing")).to_contain_text("at a time drawn at random")
    assert sent == []
    draw(page, poll, HALF + 40, page.evaluate("(place) => localStorage.getItem(place)", place).split()[0])
    pass_to(poll, HALF + 50)
    page.clock.run_for(61_000)
    expect(page.locator("#handing")).to_contain_text("Handed in")
    assert lines(poll) == 1
    (only,) = sent
    for one in (only, asked[-1]):  # the credential, and the question before it what time it is
        assert not {"cookie", "referer"} & set(one.all_headers())
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
    take_key(page, "enrol", key_file(poll, poll.polls.voters[0], tmp_path))
    expect(page.locator("#enrol-roll")).to_contain_text("Not handed in from this browser")
    page.get_by_role("button", name="Hand in at a random time").click()
    expect(page.locator("#enrol-hand-state")).to_contain_text("at a time drawn at random")
    place = f"muniment.ballots.{poll.polls.setup}.hand"
    drawn = page.evaluate("(place) => Number(localStorage.getItem(place).split(' ')[1])", place)
    assert drawn <= poll.polls.begun + 2 * STEP + STEP * 3 // 4
    draw(page, poll, HALF + 150)
    page.clock.fast_forward(2 * STEP * 1_000)  # a clock that jumps past the close: the service says what time it is
    expect(page.locator("#enrol-error")).to_be_empty()
    page.clock.run_for(61_000)
    expect(page.locator("#enrol-hand-state")).to_contain_text("at a time drawn at random")
    assert lines(poll) == 1
    page.route("**/credentials", lambda route: route.abort())
    pass_to(poll, HALF + 160)
    page.clock.run_for(121_000)
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
    take_key(page, "enrol", key_file(poll, poll.polls.voters[1], tmp_path))
    expect(page.locator("#enrol-hand-state")).to_contain_text("There is little time left")
    expect(page.get_by_role("button", name="Hand in at a random time")).to_be_hidden()
    seen(page, "enrol-hurry")
    page.get_by_role("button", name="Hand in now").click()
    expect(page.locator("#enrol-state")).to_contain_text("Handed in")
    # Another key in the same browser is another voter's: it was not handed in.
    take_key(page, "enrol", key_file(poll, poll.polls.voters[2], tmp_path))
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
