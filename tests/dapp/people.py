"""People of the town who do by the API, or straight on the chain, what leads up to what a test is about."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from muniment.chain.abi import encode_call
from muniment.db.engine import reading, writing
from muniment.db.schema import credentials
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.issuing import issue
from muniment.identity.model import known_kind
from muniment.identity.queries import kept
from tests.dapp.conftest import Town
from tests.dapp.wallet import Wallet

ADMIN, FIRST, SECOND = 2, 4, 5  # the node's own accounts: the agency's admin, and two officers for recoveries
MATURITY = 49 * 3600  # seconds; a fresh key counts for acts of two officers after 48 hours
IDENTITY_OFFICER = 1 << 4
YEAR = 365 * 24 * 3600


def until(holds: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait until something is so, and give it."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"{what} did not come to be in {seconds} s"
        time.sleep(0.3)
    return found


@dataclass
class Citizen:
    """A party of the register whose wallet is linked."""

    town: Town
    party: str
    wallet: Wallet

    @classmethod
    def of(cls, town: Town) -> "Citizen":
        """Invite the next party and link a wallet."""
        invited, wallet = town.invite(), Wallet(town.node)
        asked = get(town, f"/api/identity/bindings/{invited.code}?wallet={wallet.address}")["typed_data"]
        sent = {"code": invited.code, "wallet": wallet.address, "signature": wallet.sign(asked)}
        done(town, post(town, "/api/identity/bindings", sent))
        until(lambda: (get(town, f"/api/parties/{invited.party}") or {}).get("wallet"), "the link")
        return cls(town, invited.party, wallet)

    def become_e_resident(self) -> None:
        """Get the credential that founders of companies hold."""
        services, kind = self.town.services, known_kind("E_RESIDENT")
        with writing(services.engine) as connection:
            now = services.clock()
            issue(connection, self.town.agency, self.party, kind, now + YEAR, keccak(self.party.encode()), now)

        def held() -> Any:
            query = select(credentials).where(credentials.c.party == self.party, credentials.c.kind == kind)
            with reading(services.engine) as connection:
                return connection.execute(query).first()

        until(held, "the credential")

    def reserve(self, name: str) -> str:
        """Reserve a company's name; the company's id."""
        asked = {"agency": self.town.agency, "name": name, "party": self.party}
        data = post(self.town, "/api/companies/reservations/typed-data", asked)
        signature = self.wallet.sign(data["typed_data"])
        sent = {**asked, "nonce": data["nonce"], "deadline": data["deadline"], "signature": signature}
        reserved = post(self.town, "/api/companies/reservations", sent)
        done(self.town, reserved["intent"])
        company = str(reserved["company"])
        until(lambda: get(self.town, f"/api/companies/{company}"), "the reservation")
        return company

    def anchor(self, root: str) -> None:
        """Anchor articles in one's own name."""
        asked = {"party": self.party, "root": root, "count": 1, "expires_at": 0}
        data = post(self.town, "/api/documents/approvals/typed-data", asked)
        signature = self.wallet.sign(data["typed_data"])
        sent = {**asked, "nonce": data["nonce"], "deadline": data["deadline"], "signature": signature}
        done(self.town, post(self.town, "/api/documents/approvals", sent))

    def found(self, company: str, board: list[str], articles: str, threshold: int = 1) -> str:
        """Open the founding of a company with oneself as founder and contact; the filing's id."""
        asked = {
            "kind": "founding", "founders": [self.party], "threshold": threshold, "board": board,
            "contact": self.party, "articles": articles, "address": "Street 1, Town",
        }  # fmt: skip
        return str(post(self.town, f"/api/companies/{company}/filings", asked)["filing"])


def recover(town: Town, party: str, wallet: Wallet) -> None:
    """Two officers begin to move a party to a new wallet, which signs for it."""
    officers = officers_of(town)
    asked = until(lambda: get(town, f"/api/parties/{party}/typed-data/recover?wallet={wallet.address}"), "the data")
    data = asked["typed_data"]
    with reading(town.services.engine) as connection:
        record = kept(connection, party)
    assert record is not None
    given = (town.agency, record.commitment, wallet.address, keccak(b"seen"), ZERO_HASH, data["message"]["deadline"],
             wallet.sign(data))  # fmt: skip
    for officer in officers:
        send(town, "PartyRegistry", officer, "recover", given)
    until(lambda: get(town, f"/api/parties/{party}")["recovery"], "the recovery")


def officers_of(town: Town) -> list[str]:
    """Two officers of the agency, whose keys have counted for long enough to act together."""
    admin, *officers = [town.node.call("eth_accounts")[at] for at in (ADMIN, FIRST, SECOND)]
    for officer in officers:
        if int(read(town, "AgencyRegistry", "officerOf", officer)[:66], 16) == 0:  # no test before this one did it
            send(town, "AgencyRegistry", admin, "accredit", (town.agency, officer, IDENTITY_OFFICER, 0, 2**40 - 1))
    town.node.call("evm_increaseTime", hex(MATURITY))
    town.node.mine(1)
    # What is signed before the service has read that block is over when it is used.
    late = int(town.node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    until(lambda: town.services.clock() >= late, "the new time")
    return officers


def send(town: Town, contract: str, sender: str, function: str, arguments: tuple[Any, ...]) -> None:
    """Send a transaction from one of the node's accounts."""
    known = town.services.deployment.contracts[contract]
    call = {"from": sender, "to": known.address, "data": encode_call(known.abi, function, arguments)}
    sent = town.node.call("eth_sendTransaction", call)
    receipt = until(lambda: town.node.call("eth_getTransactionReceipt", sent), "the transaction")
    if int(receipt["status"], 16) != 1:
        answer = town.node.rpc.call("eth_call", [call, "latest"])
        raise AssertionError(f"{function} was refused: {answer}")


def read(town: Town, contract: str, function: str, *arguments: Any) -> str:
    """What a view function answers, as hex."""
    known = town.services.deployment.contracts[contract]
    data = encode_call(known.abi, function, arguments)
    return str(town.node.call("eth_call", {"to": known.address, "data": data}, "latest"))


def get(town: Town, path: str) -> Any:
    """An answer of the API; None while there is none."""
    answer = httpx.get(town.url + path, timeout=60)
    return answer.json() if answer.status_code == 200 else None


def post(town: Town, path: str, body: dict[str, Any]) -> Any:
    """Send something to the API; who sends too much waits, as told."""
    for _ in range(20):
        answer = httpx.post(town.url + path, json=body, timeout=60)
        if answer.status_code != 429:
            break
        time.sleep(int(answer.headers["Retry-After"]))
    assert answer.is_success, answer.text
    return answer.json()


def done(town: Town, intent: dict[str, Any]) -> None:
    """Wait until an intent is on the chain."""

    def over() -> bool:
        state = get(town, f"/api/intents/{intent['key']}")
        assert state["state"] not in ("refused", "parked"), state
        return state["state"] in ("included", "safe", "finalized")

    until(over, intent["key"])
