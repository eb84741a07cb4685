"""A voter's way in a real browser: enrol, hand in, vote, test, cast, track, and count again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from muniment.ballots.crypto.group import multiply
from muniment.ballots.hashes import election_id
from tests.dapp.conftest import axe
from tests.dapp.devices import Device, seen, take_key
from tests.dapp.polling import HOSTILE, Poll, polling
from tests.dapp.wallet import Wallet
from tests.service.ballots.test_live import count

LANGUAGES = ("en", "et", "sv")


@pytest.fixture(scope="module")
def poll(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poll]:
    """One election for the whole way: each test goes on where the one before it stopped."""
    with polling(tmp_path_factory.mktemp("poll")) as made:
        yield made


@pytest.fixture(scope="module")
def devices(chromium: Browser, poll: Poll) -> Iterator[tuple[Device, Device]]:
    """The device that the voter votes on, and a second one. Neither may complain, or ask strangers for anything."""
    both = Device(chromium, poll), Device(chromium, poll)
    yield both
    for device in both:
        device.context.close()
        complaints = [said for said in device.complaints if "404" not in said]  # an unknown tracker is meant to be
        assert complaints == []
        assert device.elsewhere == []


def test_enrols_and_keeps_the_key(poll: Poll, devices: tuple[Device, Device]) -> None:
    """The wallet signs the envelope that the page shows; the credential can be saved, and taken on another device."""
    voter = poll.polls.voters[0]
    wallet = Wallet(poll.node, account=voter.person.account)
    page = devices[0].open(f"enrol?voter={voter.person.party}", wallet)
    page.get_by_role("button", name="Make the key and choose a wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(page.locator("#enrol-sign")).to_be_visible()
    seen(page, "enrol-sign")
    shown = page.locator("#enrol-sign-blinded").inner_text()
    page.get_by_role("button", name="Sign and enrol").click()
    expect(page.locator("#enrol-state")).to_contain_text("You are enrolled")
    (signed,) = wallet.signed
    assert (signed["primaryType"], signed["message"]["blinded"]) == ("EnrolVoter", shown)
    with page.expect_download() as given:
        page.get_by_role("button", name="Save the voting key").click()
    file = given.value.path()
    assert json.loads(file.read_text())["setup"] == poll.polls.setup
    seen(page, "enrol-have")
    other = devices[1].open("enrol")
    take_key(other, "enrol", file)
    expect(other.locator("#enrol-address")).to_have_text(page.locator("#enrol-address").inner_text())
    (Path(file).parent / "wrong.json").write_text("{}")
    take_key(other, "enrol", Path(file).parent / "wrong.json")
    expect(other.locator("#enrol-error")).to_contain_text("This is no voting key of this election.")


def ask_for_another(page: Page, poll: Poll, wallet: Wallet) -> None:
    """Begin to enrol as the second voter, up to the wallet."""
    wallet.install(page)
    page.goto(poll.url + poll.page(f"enrol?voter={poll.polls.voters[1].person.party}"))
    page.get_by_role("button", name="Make the key and choose a wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()


def test_cannot_enrol_for_another(poll: Poll, chromium: Browser) -> None:
    """A stranger's wallet is refused by the office, in a sentence."""
    page = chromium.new_page(locale="en-GB")
    ask_for_another(page, poll, Wallet(poll.node))
    page.get_by_role("button", name="Sign and enrol").click()
    expect(page.locator("#enrol-error")).to_contain_text("sign")
    expect(page.locator("#enrol-have")).to_be_hidden()
    page.close()


@pytest.mark.parametrize("field", ["unit", "voter", "blinded", "setup"])
def test_something_else_to_sign(poll: Poll, chromium: Browser, field: str) -> None:
    """When the office sends another request to sign than the page shows, the wallet is not even asked."""
    wallet = Wallet(poll.node, account=poll.polls.voters[1].person.account)
    page = chromium.new_page(locale="en-GB")

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        message = answer["typed_data"]["message"]
        message[field] = 1 if field == "unit" else "0x" + "6" * 64
        route.fulfill(json=answer)

    page.route("**/typed-data/enrol?*", forge)
    ask_for_another(page, poll, wallet)
    expect(page.locator("#enrol-error")).to_contain_text("something else to sign than this page shows")
    expect(page.locator("#enrol-sign")).to_be_hidden()
    assert wallet.signed == []
    page.close()


def test_hands_in_without_a_name(poll: Poll, devices: tuple[Device, Device]) -> None:
    """In the second window the credential is sent without cookie or referrer, and then stands on the roll."""
    polls = poll.polls
    for voter in polls.voters[1:]:
        polls.enrol(voter)
    polls.pass_to("enrolmentCloses")
    page = devices[0].open("enrol?lang=en")  # from here on the browser has a cookie
    assert devices[0].context.cookies()
    expect(page.locator("#enrol-hand")).to_be_visible()
    seen(page, "enrol-hand")
    with page.expect_request("**/credentials") as sent:
        page.get_by_role("button", name="Hand in now").click()
    headers = sent.value.all_headers()
    assert "cookie" not in headers
    assert "referer" not in headers
    body = json.loads(sent.value.post_data or "")
    assert set(body) == {"unit", "credential", "randomizer", "signature"}
    expect(page.locator("#enrol-state")).to_contain_text("Handed in")
    for voter in polls.voters[1:]:
        polls.submit(voter)
    polls.open()
    polls.pass_to("opens")
    page.reload()
    expect(page.locator("#enrol-roll")).to_contain_text("Yes, on line")


def fill(page: Page, mayor: str = "Ada", roads: str = "2") -> None:
    """Fill in the ballot paper and review it."""
    expect(page.locator("#vote-review-button")).to_be_visible()
    page.get_by_label(mayor).check()
    page.get_by_label("South").check()
    page.get_by_label("Roads").fill(roads)
    page.get_by_label("Trees").fill("1")
    page.get_by_role("button", name="Review").click()


def tracker_of(page: Page) -> str:
    """The tracker that is shown, as a person would copy it."""
    expect(page.locator("#vote-tracker")).to_be_visible()
    return page.locator("#vote-code").inner_text()


def test_a_paper_that_is_wrong(poll: Poll, devices: tuple[Device, Device]) -> None:
    """Nothing chosen, or too many points: said at the contest, which gets the focus; nothing goes on."""
    page = devices[0].open("vote")
    expect(page.locator("#vote-checked")).to_contain_text("compared key and ballot paper with the chain")
    seen(page, "vote-paper")
    fill(page, roads="5")
    expect(page.locator("#contest-2-left")).to_have_text("Too many by 1")
    expect(page.locator("#contest-2-error")).to_have_text("Take 1 away: the most is 5.")
    expect(page.get_by_label("Roads")).to_be_focused()
    seen(page, "vote-wrong")
    expect(page.locator("#vote-review")).to_be_hidden()


def test_tests_a_ballot_then_casts_another(poll: Poll, devices: tuple[Device, Device]) -> None:
    """The second device takes the tracker and the opening; the tested ballot is not cast, the next one is."""
    page, second = devices[0].open("vote"), devices[1].open("test")
    fill(page)
    expect(page.locator("#vote-chosen")).to_contain_text("Roads: 2")
    seen(page, "vote-review")
    page.get_by_role("button", name="Encrypt this ballot").click()
    tested = tracker_of(page)
    seen(page, "vote-tracker")
    second.locator("#test-tracker").fill(tested)
    second.get_by_role("button", name="Take this tracker").click()
    other = devices[1].open(f"test#tracker=0x{'1' * 64}")  # what a device that cheats would show now
    expect(other.locator("#test-error")).to_contain_text("holds another tracker already, and keeps it")
    expect(other.locator("#test-code")).to_have_text(second.locator("#test-code").inner_text())
    page.get_by_role("button", name="Test this ballot").click()
    opening = page.locator("#vote-opening").input_value()
    seen(page, "vote-tested")
    forged = json.loads(opening)
    forged["selections"][0] = 1
    second.locator("#test-opening").fill(json.dumps(forged))
    second.get_by_role("button", name="Check it").click()
    expect(second.locator("#test-result")).to_contain_text("This device cheated")
    second.locator("#test-opening").fill(opening)
    second.get_by_role("button", name="Check it").click()
    expect(second.locator("#test-result")).to_contain_text("The opening belongs to this tracker")
    expect(second.locator("#test-result")).to_contain_text("Roads: 2")
    seen(second, "test")

    page.get_by_role("button", name="Make a new ballot").click()
    page.get_by_role("button", name="Encrypt this ballot").click()
    cast = tracker_of(page)
    assert cast != tested
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-cast")).to_be_visible()
    poll.polls.all_done()
    expect(page.locator("#vote-state")).to_have_text("Your ballot is in the box, and counts.")
    seen(page, "vote-cast")
    with page.expect_download() as given:
        page.get_by_role("button", name="Save the receipt").click()
    receipt = json.loads(given.value.path().read_text())
    assert receipt["receipt"]
    assert not {"selections", "randomness"} & set(receipt)
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "selections" not in kept
    assert poll.polls.get(poll.polls.path(f"ballots/{receipt['tracker']}"))["state"] == "counted"


def test_votes_again_and_finds_both(poll: Poll, devices: tuple[Device, Device]) -> None:
    """A second ballot replaces the first; the trackers lead to both, and the chain agrees."""
    page = devices[0].open("vote")
    expect(page.locator("#vote-again")).to_be_visible()
    fill(page, mayor="Blank vote")
    page.get_by_role("button", name="Encrypt this ballot").click()
    tracker = tracker_of(page)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-cast")).to_be_visible()  # the relay has it: there is something to be done
    poll.polls.all_done()
    expect(page.locator("#vote-state")).to_have_text("Your ballot is in the box, and counts.")
    found = devices[0].open("track", Wallet(poll.node))
    found.locator("#tracker").fill(tracker)
    found.get_by_role("button", name="Find it").click()
    expect(found.locator(".m-verdict")).to_contain_text("This ballot is in the box, and counts.")
    found.get_by_role("button", name="Check with my wallet").click()
    found.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(found.locator("#check-result")).to_contain_text("✓")
    expect(found.locator("#check-result")).not_to_contain_text("✗")
    seen(found, "track")


def test_votes_by_keyboard(poll: Poll, devices: tuple[Device, Device]) -> None:
    """From the first option to the tracker without a mouse: each step moves the focus to its heading."""
    page = devices[0].open("vote")
    expect(page.locator("#vote-review-button")).to_be_visible()
    page.locator("#contest-0-0").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this what you want?")).to_be_focused()
    expect(page.locator("#vote-chosen")).to_contain_text(HOSTILE)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your tracker")).to_be_focused()


def test_sends_it_without_the_service(poll: Poll, devices: tuple[Device, Device]) -> None:
    """When the service does not take a ballot, the voter's wallet sends it, and it counts."""
    wallet = Wallet(poll.node)
    poll.node.call("anvil_setBalance", wallet.address, hex(10**20))
    page = devices[0].open("vote", wallet)
    page.route("**/ballots", lambda route: route.fulfill(status=503, json={"detail": "The service rests."}))
    fill(page)
    page.get_by_role("button", name="Encrypt this ballot").click()
    tracker_of(page)
    page.get_by_role("button", name="Cast this ballot").click()
    expect(page.locator("#vote-error")).to_contain_text("The service rests.")
    devices[0].complaints[:] = [said for said in devices[0].complaints if "503" not in said]
    # It is signed: whoever has it can cast it, so it must not be opened any more.
    expect(page.get_by_role("button", name="Test this ballot")).to_be_hidden()
    seen(page, "vote-direct")
    page.get_by_role("button", name="Send with my wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(page.locator("#vote-cast")).to_be_visible()
    poll.node.mine(2)
    poll.polls.read()
    expect(page.locator("#vote-state")).to_have_text("Your ballot is in the box, and counts.")


@pytest.mark.parametrize("thorough", [False, True])
def test_key_that_the_chain_does_not_have(poll: Poll, devices: tuple[Device, Device], thorough: bool) -> None:
    """A service that shows another key than the chain gets no ballot, even where the election's number fits the key."""
    page = devices[0].context.new_page()
    key = multiply(5)

    def forge(route: Route) -> None:
        answer = route.fetch().json()
        opening = answer["opening"]
        opening["key"] = {"x": f"0x{key.x:064x}", "y": f"0x{key.y:064x}"}
        if thorough:
            times = opening["opens_at"], opening["announced_closes_at"]
            parts = answer["chain_id"], answer["box"], key, opening["roll_root"], answer["manifest_hash"], *times
            answer["election"] = election_id(*parts)
        route.fulfill(json=answer)

    page.route(f"**/api/elections/{poll.polls.setup}", forge)
    page.goto(poll.url + poll.page("vote"))
    expect(page.locator("#vote-error")).to_contain_text("Do not vote here" if thorough else "Do not go on")
    expect(page.locator("#vote-review-button")).to_be_hidden()
    page.close()


def test_without_scripts(poll: Poll, chromium: Browser) -> None:
    """Everything that is not encrypted can be read without JavaScript, and a tracker be found."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(poll.url + poll.page("vote"))
    expect(page.locator("noscript")).to_be_visible()
    expect(page.locator("#vote-form")).to_contain_text("Roads")
    page.goto(poll.url + poll.page("track"))
    page.locator("#tracker").fill("0x" + "1" * 64)
    page.get_by_role("button", name="Find it").click()
    expect(page.locator(".m-verdict")).to_contain_text("Neither the service nor the chain knows this ballot.")
    context.close()


def test_everybody_can_use_every_page(poll: Poll, chromium: Browser) -> None:
    """While people vote: axe finds nothing, and at 320 px, in each language, nothing scrolls sideways."""
    context = chromium.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    for language in LANGUAGES:
        for path in poll.pages:
            page.goto(f"{poll.url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, (path, language)
            assert language != "en" or axe(page) == [], path
    context.close()


def test_counts_again(poll: Poll, devices: tuple[Device, Device]) -> None:
    """After the count the pages show it, and the browser counts the same by itself."""
    polls, wallet = poll.polls, Wallet(poll.node)
    overview = devices[0].context.new_page()
    wallet.install(overview)
    overview.clock.install()
    overview.goto(poll.url + poll.page())
    expect(overview.locator("#live-ballots")).to_have_text("1")
    for voter in polls.voters[1:]:
        polls.cast(voter.unit, polls.ballot(voter, [(1,), (1, 0), (3, 2)]))
    polls.all_done()
    overview.clock.run_for(16_000)  # the page asks again by itself
    expect(overview.locator("#live-ballots")).to_have_text("5")
    expect(overview.locator("#live-share")).to_have_text("100 %")
    overview.clock.resume()
    overview.get_by_role("button", name="Check with my wallet").click()
    overview.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(overview.locator("#check-result")).to_contain_text("✓")
    expect(overview.locator("#check-result")).not_to_contain_text("✗")
    seen(overview, "election")
    polls.pass_to("closes", 3_600)
    assert polls.services.tend() == 1
    polls.settle()
    count(polls)
    results = devices[0].open("results")
    expect(results.locator("section").first).to_contain_text(HOSTILE)
    rows = results.locator(".m-contest").first.locator(".m-chart").first.locator(".m-chart__number").all_inner_texts()
    assert rows == ["1", "4", "0"]
    seen(results, "results")
    page = devices[0].open("verify")
    page.get_by_role("button", name="Count again with the demo's node").click()
    expect(page.locator("#verify-result h2")).to_have_text("✓VALID")
    expect(page.locator("#verify-result")).to_contain_text("all 5 ballots are counted as cast")
    seen(page, "verify")
    page.route("**/log", lambda route: route.fulfill(json={"setup": polls.setup, "entries": []}))
    page.get_by_role("button", name="Count again with the demo's node").click()
    expect(page.locator("#verify-result h2")).to_have_text("✗INVALID")
    seen(page, "verify-invalid")
    seen(devices[0].open("enrol"), "enrol-over")
    listed = devices[0].context.new_page()
    listed.goto(poll.url + "/elections")
    seen(listed, "elections")
