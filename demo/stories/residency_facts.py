"""What the chain alone tells of the residency story."""

from collections.abc import Sequence
from typing import Any

from eth_account.signers.local import LocalAccount

from demo.citizens import Citizen
from demo.node import StageError
from demo.stage import Stage
from demo.stories.company import Company
from demo.university import view
from muniment.chain.events import Event
from muniment.identity.companies.model import CompanyStatus

LAST_VERSION = 2  # the entry is the first, the move the second
# How many typed signatures of citizens stand behind one event of each kind.
SIGNED = {
    "PartyBound": 1,
    "NameReserved": 1,
    "Approved": 1,
    "ContactAccepted": 1,
    "RecoveryBegun": 1,
    "RecoveryVetoed": 1,
}


def recount(
    stage: Stage, first: int, citizens: Sequence[Citizen], thief: LocalAccount, company: Company
) -> dict[str, Any]:
    """Read the story back from the chain: its logs since block `first`, and its present state.

    Raises:
        StageError: the chain tells another story.
    """
    events = stage.events(first)
    founder, partner, _ = citizens
    sent = _transactions_of(stage, [*(wallet.address for one in citizens for wallet in one.wallets), thief.address])
    recovered = any(event.name == "WalletRecovered" and event.subject == founder.party for event in events)
    vetoed = any(event.name == "RecoveryVetoed" and event.subject == partner.party for event in events)
    entry = _view(stage, "CompanyRegistry", "companyOf", company.id)
    rule = _view(stage, "PartyRegistry", "representationOf", entry["party"])
    names = [event.arguments["name"] for event in events if event.name == "NameReserved"]
    right = {
        "the founder signs with the new wallet": _wallet(stage, founder) == founder.address,
        "the co-founder kept the wallet": _wallet(stage, partner) == partner.address,
        "the company is entered": entry["status"] == CompanyStatus.ENTERED,
        "its file was superseded once": entry["version"] == LAST_VERSION,
        "both founders sign for it": rule["threshold"] == len(rule["representatives"]),
        "its name is on the chain": names == [company.name],
    }
    wrong = [what for what, holds in right.items() if not holds]
    if wrong:
        raise StageError(f"The chain does not show that {'; nor that '.join(wrong)}.")
    return {
        "citizen_transactions": sent,
        "signatures": _signatures(events),
        "transactions": len({event.tx_hash for event in events}),
        "recovered": recovered,
        "thief_vetoed": vetoed,
        "company": names[0],
        "company_id": company.id,
        "company_party": entry["party"],
        "chain_id": stage.deployment.chain_id,
        "registry": stage.deployment.contracts["CompanyRegistry"].address,
    }


def _signatures(events: Sequence[Event]) -> int:
    """Typed signatures of citizens that the events rest on: one each, but for those that several sign."""
    count = sum(SIGNED.get(event.name, 0) for event in events)
    for event in events:
        if event.name == "ArticlesSigned":
            count += len({*event.arguments["founders"], *event.arguments["file"]["board"]})
        if event.name == "CompanyChanged":
            count += event.arguments["file"]["threshold"]  # the present rule is the one that signed: it did not change
    return count


def _transactions_of(stage: Stage, wallets: Sequence[str]) -> int:
    """How many transactions these wallets ever sent: the sum of their nonces."""
    return sum(int(stage.node.rpc.call("eth_getTransactionCount", [wallet, "latest"]), 16) for wallet in wallets)


def _wallet(stage: Stage, citizen: Citizen) -> str:
    return str(_view(stage, "PartyRegistry", "walletOf", citizen.party)).lower()


def _view(stage: Stage, contract: str, function: str, *arguments: Any) -> Any:
    return view(stage.node.rpc, stage.deployment, contract, function, *arguments)
