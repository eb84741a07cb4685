"""Past a service that takes what a voter signed and never sends it: the voter's own wallet calls the box."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from playwright.sync_api import Browser, Page, Route, expect

from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.relay import open_signer, receipt_hash
from muniment.chain.signer import TypedSigner
from tests.dapp.devices import Device, key_file, seen
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


def opened(device: Device, what: str, voter: Voter, folder: Path, *wallets: Wallet) -> Page:
    """A page with the file of the voter's key opened in it."""
    page = device.open(what, *wallets)
    return take_key(page, what, key_file(device.poll, voter, folder))


def take_key(page: Page, what: str, file: Path) -> Page:
    """Open the key's file, once the page waits for it."""
    expect(page.locator(f"#{what}-key")).to_be_visible()
    page.locator(f"#{what}-file").set_input_files(file)
    return page


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
    cast(page)  # names the one that went in directly
    poll.polls.all_done()
    expect(page.locator("#vote-state")).to_have_text(COUNTS)
    expect(page.locator("#vote-direct")).to_be_hidden()


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
    for wrong in ({**receipt, "election": "0x" + "1" * 64}, {**receipt, "tracker": "0x" + "1" * 64}, [], None):
        track.locator("#track-file").set_input_files(file)
        expect(track.locator("#track-opened")).to_be_visible()
        (tmp_path / "wrong.json").write_text(json.dumps(wrong))
        track.locator("#track-file").set_input_files(tmp_path / "wrong.json")
        expect(track.locator("#track-error")).to_contain_text("This is no receipt of this election.")
        expect(track.locator("#track-opened")).to_be_hidden()
    (tmp_path / "forged.json").write_text(json.dumps({**receipt, "received_at": receipt["received_at"] - 1}))
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
    expect(track.locator("#track-direct")).to_be_hidden()
    assert other.elsewhere == []
    other.context.close()
    poll.polls.all_done()


@pytest.mark.parametrize("told", ["another", "none"])
def test_a_receipt_by_another_key(poll: Poll, device: Device, tmp_path: Path, told: str) -> None:
    """Must be refused, though the answer names that key: only the election's own, told before, shows anything."""
    stranger = TypedSigner(Account.create())
    polls = poll.polls

    def another(route: Route) -> None:
        answer = route.fetch().json()
        (outcome,) = answer["outcomes"]
        digest = receipt_hash(outcome["tracker"], outcome["unit"], outcome["index"], outcome["received_at"])
        outcome["receipt"] = stranger.sign(bytes.fromhex(polls.paper(outcome["unit"]).domain[2:]), digest)
        route.fulfill(json={**answer, "relayer": stranger.address})

    def none(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "relayer": None})

    where = "**/ballots" if told == "another" else f"**/api/elections/{polls.setup}"
    device.context.route(where, another if told == "another" else none)
    page = opened(device, "vote", polls.voters[2], tmp_path)
    encrypt(page)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-error")).to_contain_text("not signed as it should be")
    expect(page.get_by_role("button", name="Send with my wallet")).to_be_visible()
    expect(page.locator("#vote-cast")).to_be_hidden()
    (signed,) = kept(page)
    assert "receipt" not in signed
    polls.all_done()


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
    # This page's clock does not know; the relay refuses, and the ballot was signed too late to be sent past it.
    slow.get_by_role("button", name="Cast this ballot").click()
    expect(slow.locator("#vote-error")).to_contain_text("No ballot can be made or sent here any more.")
    for one in (paper, made, slow, withdrawing):
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
    told = polls.get(f"/api/elections/{polls.setup}")
    file = tmp_path / "receipt.json"
    signed = {"tracker": polls.tracker(voter.unit, ballot), "packed": "0x" + pack_ballot(ballot).hex()}
    place = {"unit": voter.unit, "index": ballot.index, "chain": told["chain_id"]}
    kept = {"format": "Muniment.BallotReceipt.v1", "box": told["box"], "election": told["election"], **signed, **place}
    file.write_text(json.dumps(kept))
    page = device.open("track", wallet)
    page.locator("#track-file").set_input_files(file)
    expect(page.locator("#track-opened-state")).to_contain_text("Neither the service nor the chain shows this ballot")
    expect(page.locator("#track-opened-signed")).to_have_text("The service has given no receipt for it.")
    send(page)
    expect(page.locator("#track-direct-state")).to_contain_text("this one would be passed over")
    assert wallet.sent == []
    polls.pass_to("closes", HOUR)
    page = device.open("track")
    page.locator("#track-file").set_input_files(file)
    expect(page.locator("#track-opened")).to_be_visible()
    expect(page.locator("#track-direct")).to_be_hidden()
