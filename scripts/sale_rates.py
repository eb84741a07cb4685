"""What a register takes of the prices of titles that are sold, and in which currencies prices may be: by its admin.

Duty is a percentage by the kind of buyer, the fee an amount for each registration; of a token, both go to a payee.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from eth_utils import keccak

from scripts.common import session, settings, verification
from scripts.common.acts import Act, perform
from scripts.common.registries import Registries, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused

NO_ADDRESS = "0x" + "00" * 20
RATES_SET = b"RatesSet(bytes8,bytes32,(bool,uint32,uint32,address,uint128),address)"
MOST_FEE = 2**128


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Stamp duty and fees of a register.", allow_abbrev=False)
    verb = session.verbs(parser)
    rates = verb("set", "say what the register takes of prices in a currency: by its admin")
    rates.add_argument("--person", default="0", metavar="PERCENT", help="stamp duty of a person, e.g. 1.5")
    rates.add_argument("--organisation", default="0", metavar="PERCENT", help="stamp duty of an organisation")
    rates.add_argument("--fee", type=int, default=0, metavar="UNITS", help="for a registration, in the smallest unit")
    rates.add_argument("--payee", metavar="ADDRESS", help="who receives duty and fee; of a token alone")
    refuse = verb("refuse", "take no new prices in a currency; contracts that are signed are carried out")
    shown = verb("show", "say what the register takes")
    for made in (rates, refuse, shown):
        made.add_argument("--jurisdiction", required=True, metavar="CODE", help="ISO 3166, e.g. SE")
    for made in (rates, refuse):
        made.add_argument("--currency", required=True, metavar="CODE|ADDRESS", help="ISO 4217, e.g. SEK, or a token")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read codes, rates and addresses before anything slow happens. Raises Misused."""
    settings.jurisdiction(args.jurisdiction)
    if args.verb != "show":
        settings.currency(args.currency)
    if args.verb == "set":
        args.person = settings.millionths(args.person, "--person")
        args.organisation = settings.millionths(args.organisation, "--organisation")
        args.payee = settings.address(args.payee, "the payee") if args.payee else NO_ADDRESS
        if not 0 <= args.fee < MOST_FEE:
            raise Misused("The fee is a whole number of the currency's smallest unit, e.g. 82500 for 825.00.")
        if args.currency.startswith("0x") == (args.payee == NO_ADDRESS):
            raise Misused("A token needs a --payee, who receives duty and fee; any other currency has none.")


def sale_rates(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "show":
        return show(session, registries)
    if args.verb == "refuse":
        escrow = registries.contract("SaleEscrow").functions
        rates = escrow.ratesOf(settings.jurisdiction(args.jurisdiction), settings.currency(args.currency)).call()
        return perform(session, set_rates(registries, args.jurisdiction, args.currency, *rates[1:], accepted=False))
    rates = (args.person, args.organisation, args.payee, args.fee)
    return perform(session, set_rates(registries, args.jurisdiction, args.currency, *rates))


def set_rates(
    registries: Registries,
    code: str,
    currency: str,
    person: int,
    organisation: int,
    payee: str = NO_ADDRESS,
    fee: int = 0,
    *,
    accepted: bool = True,
) -> Act:
    """Say what a register takes of prices in a currency, in millionths and its smallest unit. By its keeper's admin."""
    jurisdiction, number = settings.jurisdiction(code), settings.currency(currency)
    keeper = registries.titles.functions.registerOf(jurisdiction).call().agency
    if not any(keeper):
        raise Refused(f"{code} has no register; run accredit register first. Nothing was sent.")
    escrow = registries.contract("SaleEscrow").functions
    wanted = (accepted, person, organisation, checksum(registries, payee), fee)

    def holds() -> bool:
        return tuple(escrow.ratesOf(jurisdiction, number).call()) == wanted

    return Act(
        f"the register of {code} {'takes prices in' if accepted else 'takes no new prices in'} {currency}",
        "admin",
        registries.agencies.functions.agencyOf(keeper).call().admin.lower(),
        escrow.setRates(jurisdiction, number, wanted),
        holds,
        lambda: _lines(wanted),
    )


def _lines(rates: Sequence[Any]) -> list[tuple[str, str]]:
    _, person, organisation, payee, fee = rates
    return [
        ("Duty", f"{person / 10_000:.4f} % of a person, {organisation / 10_000:.4f} % of an organisation"),
        ("Fee", f"{fee:,} of the smallest unit for a registration" if fee else "none"),
        ("Payee", payee.lower() if int(payee, 16) else "the agency, outside of the chain"),
    ]


def show(session: Session, registries: Registries) -> dict[str, Any]:
    """Say what the register takes, for each currency for which that was ever said."""
    jurisdiction = settings.jurisdiction(session.args.jurisdiction)
    entry = registries.record["contracts"]["SaleEscrow"]
    topics = [keccak(RATES_SET), bytes.fromhex(jurisdiction[2:]).ljust(32, b"\0")]
    said = dict.fromkeys(bytes(log["topics"][2]) for log in verification.logs(session, entry, topics))
    told = []
    for currency in said:
        rates = registries.contract("SaleEscrow").functions.ratesOf(jurisdiction, currency).call()
        name = settings.currency_named(currency)
        session.say(f"{name}, {'accepted' if rates.accepted else 'no longer accepted'}")
        for heading, text in _lines(rates):
            session.say(f"  {heading:8} {text}")
        amounts = {"person": rates.person, "organisation": rates.organisation, "fee": str(rates.fee)}
        told.append({"currency": name, "accepted": rates.accepted, **amounts, "payee": rates.payee.lower()})
    if not told:
        session.say(f"The register of {session.args.jurisdiction} takes no prices yet.")
    return {"jurisdiction": session.args.jurisdiction, "rates": told}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), sale_rates, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
