"""Past a service that takes what a voter signed and never sends it: the voter's own wallet calls the box."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from playwright.sync_api import Browser, Page, Route, expect

from muniment.ballots.ballot_codes import groups_of
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.model import Ballot
from muniment.ballots.relay import open_signer, receipt_hash
from muniment.chain.signer import TypedSigner
from tests.dapp.devices import Device, key_file, opened, seen, take_key
from tests.dapp.polling import Poll, polling
from tests.dapp.wallet import Wallet
from tests.service.ballots.stage import STEP, Voter
from tests.service.conftest import ETHER

COUNTS = "Your ballot is in the box, and counts."
WAITS = "The service has your ballot and is sending it to the chain."

HOUR = 3_600  # seconds; the box's time of grace


@pytest.fixture(scope="module")
def poll(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poll]:
    """An open election whose relay acknowledges everything, and sends only what a test lets it send."""
    with polling(tmp_path_factory.mktemp("direct")) as made:
        made.polls.enrol_all()
        made.polls.open()
        made.polls.pass_to("opens")
        yield made


@pytest.fixture
def device(chromium: Browser, poll: Poll) -> Iterator[Device]:
    """A voter's phone. It may not complain, or ask strangers for anything."""
    made = Device(chromium, poll)
    yield made
    made.context.close()
    # An unknown tracker is meant to be, and the relay refuses after the close.
    assert [said for said in made.complaints if "404" not in said and "422" not in said] == []
    assert made.elsewhere == []


@pytest.fixture
def wallet(poll: Poll) -> Wallet:
    """A wallet with money for fees."""
    made = Wallet(poll.node)
    poll.node.call("anvil_setBalance", made.address, hex(10 * ETHER))
    return made


def relayer(poll: Poll) -> str:
    """Who signs the relay's receipts."""
    return open_signer(poll.polls.services.settings).address


def encrypt(page: Page) -> None:
    """Fill in the ballot paper, and encrypt it."""
    expect(page.locator("#vote-review-button")).to_be_visible()
    page.get_by_label("Ada").check()
    page.get_by_label("Roads").fill("1")
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Encrypt this ballot").click()


def cast(page: Page) -> None:
    """Cast a ballot, until the service has taken it."""
    encrypt(page)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-state")).to_have_text(WAITS)


def send(page: Page) -> None:
    """Send what is signed by the voter's wallet."""
    details = page.locator("details:visible")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    details.get_by_role("button", name="Send with my wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()


def states(poll: Poll, tracker: str) -> str:
    """What the service, once it has read the chain, says of a ballot."""
    poll.polls.read()
    return str(poll.polls.get(poll.polls.path(f"ballots/{tracker}"))["state"])


def kept(page: Page) -> list[dict[str, Any]]:
    """The ballots that the browser keeps as signed."""
    return list(page.evaluate("(s) => JSON.parse(localStorage.getItem(`muniment.ballots.${s}.cast`) ?? '[]')",
                              page.url.split("/")[4]))  # fmt: skip


def test_a_ballot_that_is_never_sent(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must be offered as soon as the ballot is handed in, and after a reload; sent twice, it counts once."""
    page = opened(device, "vote", poll.polls.voters[0], tmp_path, wallet)
    cast(page)
    expect(page.locator("#vote-direct")).to_be_visible()
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_hidden()  # quietly
    expect(page.locator("#vote-signed")).to_contain_text(relayer(poll))
    seen(page, "vote-waits")
    page.reload()
    expect(page.get_by_role("heading", name="Your last ballot is not in the box yet")).to_be_visible()
    expect(page.locator("#vote-again")).to_be_hidden()
    seen(page, "vote-unseen")
    encrypt(page)
    expect(page.locator("#vote-error")).to_contain_text("follow it and send it yourself first")
    page.get_by_role("button", name="Follow it or send it").click()
    expect(page.locator("#vote-state")).to_have_text(WAITS)
    send(page)
    # The service has read nothing yet: it is the wallet's word.
    expect(page.locator("#vote-state")).to_have_text(COUNTS)
    expect(page.locator("#vote-direct-state")).to_contain_text("Your wallet has read it on the chain: the box took it.")
    seen(page, "vote-sent")
    (receipt,) = kept(page)
    assert states(poll, receipt["tracker"]) == "counted"
    send(page)
    expect(page.locator("#vote-direct-state")).to_contain_text("Nothing was sent.")
    assert len(wallet.sent) == 1
    poll.polls.all_done()  # the relay comes after all
    assert states(poll, receipt["tracker"]) == "counted"
    page.reload()
    expect(page.locator("#vote-again")).to_be_visible()
    expect(page.locator("#vote-unseen")).to_be_hidden()
    expect(page.locator("#vote-direct")).to_contain_text(groups_of(receipt["tracker"]))
    encrypt(page)  # names the one that went in directly
    expect(page.locator("#vote-tracker")).to_be_visible()
    expect(page.locator("#vote-direct")).to_be_hidden()  # it would be about the ballot before
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-state")).to_have_text(WAITS)
    poll.polls.all_done()
    expect(page.locator("#vote-state")).to_have_text(COUNTS)
    # That is the service's word: the wallet can still read whether it is so.
    expect(page.locator("#vote-direct")).to_be_visible()
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_hidden()


def test_from_the_receipt(poll: Poll, chromium: Browser, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must work on another device, with nothing but the file that the voter saved."""
    page = opened(device, "vote", poll.polls.voters[1], tmp_path)
    cast(page)
    with page.expect_download() as given:
        page.get_by_role("button", name="Save the receipt").click()
    file = given.value.path()
    receipt = json.loads(file.read_text())
    other = Device(chromium, poll)
    track = other.open("track", wallet)
    others = {"election": "0x" + "1" * 64}, {"tracker": "0x" + "1" * 64}, {"index": receipt["index"] + 1}, {"unit": 1}
    for wrong in (*({**receipt, **other_one} for other_one in others), [], None):
        track.locator("#track-file").set_input_files(file)
        expect(track.locator("#track-opened")).to_be_visible()
        (tmp_path / "wrong.json").write_text(json.dumps(wrong))
        track.locator("#track-file").set_input_files(tmp_path / "wrong.json")
        expect(track.locator("#track-error")).to_contain_text("This is no receipt of this election.")
        expect(track.locator("#track-opened")).to_be_hidden()
    for forged in ({"received_at": receipt["received_at"] - 1}, {"receipt": bare(receipt["receipt"])}):
        (tmp_path / "forged.json").write_text(json.dumps({**receipt, **forged}))
        track.locator("#track-file").set_input_files(file)
        expect(track.locator("#track-opened-signed")).to_contain_text(relayer(poll))
        track.locator("#track-file").set_input_files(tmp_path / "forged.json")
        expect(track.locator("#track-opened-signed")).to_contain_text("not signed by the service of this election")
    track.locator("#track-file").set_input_files(file)
    expect(track.locator("#track-error")).to_be_empty()
    expect(track.locator("#track-opened-state")).to_have_text(WAITS)
    expect(track.locator("#track-opened-signed")).to_contain_text(relayer(poll))
    seen(track, "track-receipt")
    send(track)
    expect(track.locator("#track-opened-state")).to_have_text(COUNTS)
    assert states(poll, receipt["tracker"]) == "counted"
    track.reload()
    track.locator("#track-file").set_input_files(file)
    expect(track.locator("#track-opened-state")).to_have_text(COUNTS)
    expect(track.locator("#track-direct")).to_be_visible()
    expect(track.get_by_role("button", name="Send with my wallet")).to_be_hidden()
    assert other.elsewhere == []
    other.context.close()
    poll.polls.all_done()


def bare(signature: str) -> str:
    """The signature with y's parity in the place of 27 or 28: libraries recover its signer all the same."""
    return signature[:-2] + {"1b": "00", "1c": "01"}[signature[-2:]]


@pytest.mark.parametrize("told", ["another", "none", "moved", "dated", "bare"])
def test_a_receipt_that_shows_nothing(poll: Poll, device: Device, tmp_path: Path, told: str) -> None:
    """Must be refused: by a key that the answer alone names, or over another line or time, or in another form."""
    polls = poll.polls
    stranger = TypedSigner(Account.create()) if told == "another" else open_signer(polls.services.settings)

    def another(route: Route) -> None:
        answer = route.fetch().json()
        (outcome,) = answer["outcomes"]
        outcome["index"] += told == "moved"
        outcome["received_at"] -= HOUR if told == "dated" else 0
        digest = receipt_hash(outcome["tracker"], outcome["unit"], outcome["index"], outcome["received_at"])
        signature = stranger.sign(bytes.fromhex(polls.paper(outcome["unit"]).domain[2:]), digest)
        outcome["receipt"] = bare(signature) if told == "bare" else signature
        route.fulfill(json={**answer, "relayer": stranger.address})

    def none(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "relayer": None})

    where = f"**/api/elections/{polls.setup}" if told == "none" else "**/ballots"
    device.context.route(where, none if told == "none" else another)
    page = opened(device, "vote", polls.voters[2], tmp_path)
    encrypt(page)
    page.get_by_role("button", name="Cast this ballot").click()
    why = "at a time when it cannot have got it" if told == "dated" else "not signed as it should be"
    expect(page.locator("#vote-error")).to_contain_text(why)
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_visible()
    expect(page.locator("#vote-cast")).to_be_hidden()
    (signed,) = kept(page)
    assert ("receipt" in signed) == (told == "dated")  # it is the service's own word all the same
    polls.all_done()


def file_of(poll: Poll, voter: Voter, ballot: Ballot, file: Path) -> Path:
    """A file of a ballot that was signed elsewhere, without a receipt."""
    polls = poll.polls
    told = polls.get(f"/api/elections/{polls.setup}")
    signed = {"tracker": polls.tracker(voter.unit, ballot), "packed": "0x" + pack_ballot(ballot).hex()}
    place = {"unit": voter.unit, "index": ballot.index, "chain": told["chain_id"]}
    parts = {"format": "Muniment.BallotReceipt.v1", "box": told["box"], "election": told["election"]}
    file.write_text(json.dumps({**parts, **signed, **place}))
    return file


def test_a_service_that_lies(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must not decide whether its way past is shown: not by an early close, a refusal, nor by saying that it counts."""
    polls, voter = poll.polls, poll.polls.voters[4]
    election, line = f"**/api/elections/{polls.setup}", f"**/voters/{voter.unit}/*"
    clock = 0

    def closes(route: Route) -> None:
        answer = route.fetch().json()
        opening = {**answer["opening"], "closes_at": answer["opening"]["opens_at"], "grace": 0}
        route.fulfill(json={**answer, "opening": opening, "now": answer["now"] + clock})

    def keeps(route: Route) -> None:
        assert route.fetch().ok
        route.fulfill(status=422, json={"error": "NotOpen", "detail": "Voting is over."})

    device.context.route(election, closes)
    device.context.route("**/ballots", keeps)
    page = opened(device, "vote", voter, tmp_path, wallet)
    encrypt(page)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-error")).to_contain_text("Voting is over.")
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_visible()
    (signed,) = kept(page)
    clock = 10 * STEP + HOUR
    page.reload()
    expect(page.get_by_role("heading", name="Your last ballot is not in the box yet")).to_be_visible()
    page.get_by_role("button", name="Follow it or send it").click()
    expect(page.locator("#vote-direct")).to_be_visible()

    def counts(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "state": "counted", "block_number": 1})

    clock = 0
    device.context.route(f"**/ballots/{signed['tracker']}", counts)
    said = {"barred": False, "tracker": signed["tracker"], "finality": None}
    device.context.route(line, lambda route: route.fulfill(json=said))
    track = device.open("track", wallet)
    (tmp_path / "receipt.json").write_text(json.dumps(signed))
    track.locator("#track-file").set_input_files(tmp_path / "receipt.json")
    expect(track.locator("#track-opened-state")).to_have_text(COUNTS)
    expect(track.locator("#track-direct")).to_be_visible()
    page.reload()
    expect(page.locator("#vote-again")).to_be_visible()
    send(page)
    expect(page.locator("#vote-direct-state")).to_contain_text("the box took it")
    assert states(poll, signed["tracker"]) == "counted"
    polls.all_done()


def test_a_ballot_from_elsewhere(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must be taken from its receipt where the service does not have it, and only for one's own voting key."""
    polls, voter, neighbour = poll.polls, poll.polls.voters[4], poll.polls.voters[3]
    place = polls.place(voter)[0]
    tracker = polls.get(polls.path(f"voters/{voter.unit}/{place}"))["tracker"]
    packed = polls.get(polls.path(f"ballots/{tracker}/packed"))["packed"]
    other = polls.ballot(neighbour, [(0,), (0, 0), (1, 0)])
    theirs = file_of(poll, neighbour, other, tmp_path / "theirs.json")
    own = tmp_path / "own.json"
    own.write_text(json.dumps({**json.loads(theirs.read_text()), "tracker": tracker, "packed": packed,
                               "unit": voter.unit, "index": place}))  # fmt: skip
    device.context.route("**/packed", lambda route: route.fulfill(status=404, json={"detail": "No such ballot."}))
    paper = opened(device, "paper", voter, tmp_path)
    confirm(paper)
    vote = device.open("vote")
    for page, what in ((paper, "paper"), (vote, "vote")):
        expect(page.get_by_role("heading", name="Your ballot from before is needed")).to_be_visible()
        expect(page.locator(f"#{what}-error")).to_contain_text("Open the receipt that you saved")
        seen(page, f"{what}-before")
        page.locator(f"#{what}-before-file").set_input_files(theirs)
        expect(page.locator(f"#{what}-error")).to_contain_text("a ballot of another voting key")
        assert kept(page) == []
    paper.locator("#paper-before-file").set_input_files(own)
    expect(paper.locator("#paper-before")).to_be_hidden()
    assert [one["tracker"] for one in kept(paper)] == [tracker]
    vote.locator("#vote-before-file").set_input_files(own)
    expect(vote.locator("#vote-before")).to_be_hidden()
    encrypt(vote)
    expect(vote.locator("#vote-tracker")).to_be_visible()

    track = device.open("track")
    track.locator("#track-file").set_input_files(theirs)
    expect(track.locator("#track-opened-notes")).to_contain_text("a ballot of another voting key")
    track.locator("#track-file").set_input_files(own)
    expect(track.locator("#track-opened-notes")).to_be_empty()
    later = json.dumps([json.loads(own.read_text()), {**json.loads(own.read_text()), "tracker": "0x" + "1" * 64}])
    track.evaluate("([s, list]) => localStorage.setItem(`muniment.ballots.${s}.cast`, list)", [polls.setup, later])
    track.locator("#track-file").set_input_files(theirs)
    track.locator("#track-file").set_input_files(own)
    expect(track.locator("#track-opened-notes")).to_contain_text("has signed a later ballot with the same voting key")
    seen(track, "track-later")


def test_a_press_while_the_service_is_asked(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must make one ballot, and must cast none but the one that was pressed for, though that was opened meanwhile."""
    polls, held = poll.polls, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page = device.context.new_page()
    page.clock.install()
    page.goto(poll.url + poll.page("vote"))
    take_key(page, "vote", key_file(poll, polls.voters[3], tmp_path))
    expect(page.locator("#vote-review-button")).to_be_visible()
    page.route("**/voters/**", hold)
    encrypt(page)
    expect(page.locator("#vote-encrypt")).to_be_disabled()
    held.pop().continue_()
    page.unroute("**/voters/**")
    expect(page.locator("#vote-tracker")).to_be_visible()
    expect(page.locator("#vote-encrypt")).to_be_enabled()

    page.route(f"**/api/elections/{polls.setup}", hold)
    page.clock.fast_forward(10 * STEP * 1_000)  # so the service is asked whether the close was put off
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(asked.url) if asked.url.endswith("/ballots") else None)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.get_by_role("button", name="Test this ballot")).to_be_hidden()
    page.evaluate("document.getElementById('vote-test-button').click()")
    expect(page.locator("#vote-tested")).to_be_visible()
    held.pop().continue_()
    expect(page.locator("#vote-cast-button")).to_be_enabled()
    assert (posted, kept(page)) == ([], [])


class Replacing(Wallet):
    """A wallet that drops what it said it sent, or replaces it by another transaction."""

    drops = True

    def _send(self, asked: dict[str, str]) -> Any:
        if self.drops:
            self.sent.append(asked)
        else:
            super()._send(asked)
        return "0x" + "7" * 64


def test_a_transaction_that_is_dropped(poll: Poll, device: Device, tmp_path: Path) -> None:
    """Must be said, and be sent again; and one that the wallet replaced must be found in the box."""
    wallet = Replacing(poll.node)
    poll.node.call("anvil_setBalance", wallet.address, hex(10 * ETHER))
    page = device.context.new_page()
    wallet.install(page)
    page.clock.install()
    page.goto(poll.url + poll.page("vote"))
    take_key(page, "vote", key_file(poll, poll.polls.voters[3], tmp_path))
    cast(page)
    send(page)
    expect(page.locator("#vote-direct-state")).to_contain_text("Sent. Waiting for a block.")
    expect(page.locator("#vote-direct-button")).to_be_enabled()
    page.clock.fast_forward(200_000)
    expect(page.locator("#vote-direct-state")).to_contain_text("has not known this transaction for some minutes")
    wallet.drops = False
    send(page)
    expect(page.locator("#vote-direct-state")).to_contain_text("a ballot of yours is in the box")
    (signed,) = kept(page)
    assert states(poll, signed["tracker"]) == "counted"
    assert len(wallet.sent) == 2
    poll.polls.all_done()


def confirm(page: Page) -> None:
    """Confirm the withdrawal, and press the button."""
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Withdraw for good").click()


def is_barred(poll: Poll, voter: Voter) -> bool:
    """What the service reads on the chain."""
    poll.polls.read()
    return bool(poll.polls.get(poll.polls.path(f"voters/{voter.unit}/{poll.polls.place(voter)[0]}"))["barred"])


def test_a_withdrawal_that_is_never_sent(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must be offered once it is signed, and after a reload; the page needs nobody but the wallet to show the code."""
    voter = poll.polls.voters[4]
    page = opened(device, "paper", voter, tmp_path, wallet)
    confirm(page)
    expect(page.locator("#paper-state")).to_contain_text("Signed and sent.")
    expect(page.locator("#paper-direct")).to_be_visible()
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_hidden()
    page.reload()
    expect(page.locator("#paper-direct")).to_be_hidden()  # nothing is signed yet
    confirm(page)
    expect(page.locator("#paper-state")).to_contain_text("Signed and sent.")
    expect(page.locator("#paper-direct")).to_contain_text("Stay on this page until the box has it")
    seen(page, "paper-direct")
    send(page)
    expect(page.get_by_role("heading", name="You have withdrawn, and vote on paper")).to_be_focused()
    assert is_barred(poll, voter)
    poll.polls.settle()
    assert is_barred(poll, voter)
    send(page)
    expect(page.locator("#paper-direct-state")).to_contain_text("This voting key was withdrawn.")
    assert len(wallet.sent) == 1


def test_withdraws_past_a_ballot_that_waits(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must not hang on the service's word that a ballot is on its way: the wallet withdraws, the box passes it over."""
    voter = poll.polls.voters[3]
    vote = opened(device, "vote", voter, tmp_path)
    cast(vote)
    (receipt,) = kept(vote)
    page = device.open("paper", wallet)
    expect(page.locator("#paper-standing")).to_contain_text("Your last ballot has not reached the chain yet.")
    confirm(page)
    expect(page.locator("#paper-error")).to_contain_text("your own wallet can withdraw at once")
    seen(page, "paper-waits")
    send(page)
    expect(page.get_by_role("heading", name="You have withdrawn, and vote on paper")).to_be_focused()
    assert is_barred(poll, voter)
    poll.polls.settle()
    assert states(poll, receipt["tracker"]) in ("skipped", "refused")


def test_a_withdrawal_that_came_too_late(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must not be sent when another ballot stands by then: the box would refuse it, and the fee be lost."""
    polls, voter = poll.polls, poll.polls.voters[2]
    cast(opened(device, "vote", voter, tmp_path))
    page = device.open("paper", wallet)
    confirm(page)
    expect(page.locator("#paper-error")).to_contain_text("your own wallet can withdraw at once")
    polls.settle()
    send(page)
    expect(page.locator("#paper-direct-state")).to_contain_text("Withdraw again: that takes it out.")
    assert wallet.sent == []
    assert not is_barred(poll, voter)


def test_a_page_that_is_left_open(
    poll: Poll, chromium: Browser, device: Device, wallet: Wallet, tmp_path: Path
) -> None:
    """After the announced close no page may sign anything; what was signed in time still goes to the box."""
    polls = poll.polls
    first, second, third = polls.voters[:3]
    others = [Device(chromium, poll) for _ in range(4)]
    pages = [one.context.new_page() for one in others[:3]]
    for page, what in zip(pages, ("vote", "vote", "paper"), strict=True):
        page.clock.install()
        page.goto(poll.url + poll.page(what))
        take_key(page, what, key_file(poll, third, tmp_path))
    paper, made, withdrawing = pages
    for page in (paper, made):
        # A wrong clock alone closes nothing: the service is asked again.
        page.clock.fast_forward(10 * STEP * 1_000)
        encrypt(page)
        expect(page.locator("#vote-tracker")).to_be_visible()
    expect(withdrawing.locator("#paper-ask")).to_be_visible()
    paper.reload()
    expect(paper.locator("#vote-review-button")).to_be_visible()
    slow = opened(others[3], "vote", second, tmp_path)
    encrypt(slow)
    expect(slow.locator("#vote-tracker")).to_be_visible()
    page = opened(device, "vote", first, tmp_path, wallet)
    cast(page)
    (receipt,) = kept(page)

    posted: list[str] = []
    made.on("request", lambda asked: posted.append(asked.url) if asked.method == "POST" else None)
    polls.pass_to("closes")
    for one in pages:
        one.clock.fast_forward(10 * STEP * 1_000)
    encrypt(paper)
    expect(paper.locator("#vote-error")).to_contain_text("Voting closed on")
    expect(paper.locator("#vote-tracker")).to_be_hidden()
    seen(paper, "vote-closed")
    made.get_by_role("button", name="Cast this ballot").click()
    expect(made.locator("#vote-error")).to_contain_text("No ballot can be made or sent here any more.")
    assert posted == [poll.node.url] * len(posted)  # it is not even signed
    confirm(withdrawing)
    expect(withdrawing.locator("#paper-error")).to_contain_text("Voting closed on")
    # This page's clock does not know, and the relay refuses.
    slow.get_by_role("button", name="Cast this ballot").click()
    # What was posted is never forgotten: the page cannot know whether the service took it all the same.
    expect(slow.get_by_role("button", name="Send with my wallet")).to_be_visible()
    assert len(kept(slow)) == 1
    for one in (paper, made, withdrawing):
        expect(one.get_by_role("button", name="Send with my wallet")).to_be_hidden()
        expect(one.locator("details:visible")).to_have_count(0)
        assert kept(one) == []

    page.reload()
    expect(page.get_by_role("heading", name="Your last ballot is not in the box yet")).to_be_visible()
    expect(page.locator("#vote-review-button")).to_be_hidden()
    seen(page, "vote-grace")
    page.get_by_role("button", name="Follow it or send it").click()
    send(page)
    expect(page.locator("#vote-state")).to_have_text(COUNTS)
    assert states(poll, receipt["tracker"]) == "counted"
    for other in others:
        assert other.elsewhere == []
        other.context.close()


def test_a_receipt_after_the_close(poll: Poll, device: Device, wallet: Wallet, tmp_path: Path) -> None:
    """Must be good for as long as the box takes anything; and not be sent where another ballot stands."""
    polls, voter = poll.polls, poll.polls.voters[1]
    ballot = polls.ballot(voter, [(0,), (0, 0), (1, 0)])  # a first one, though one counts already
    file = file_of(poll, voter, ballot, tmp_path / "receipt.json")
    page = device.open("track", wallet)
    page.locator("#track-file").set_input_files(file)
    expect(page.locator("#track-opened-state")).to_contain_text("Neither the service nor the chain shows this ballot")
    expect(page.locator("#track-opened-signed")).to_have_text("The service has given no receipt for it.")
    send(page)
    expect(page.locator("#track-direct-state")).to_contain_text("this one would be passed over")
    assert wallet.sent == []
    polls.pass_to("closes", HOUR)
    page = device.open("track", wallet)
    page.locator("#track-file").set_input_files(file)
    expect(page.locator("#track-opened")).to_be_visible()
    send(page)
    expect(page.locator("#track-direct-state")).to_contain_text("The ballot box has taken nothing since")
    assert wallet.sent == []
