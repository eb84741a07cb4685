"""`sale_rates`: what a register takes of prices, said by its keeper's admin."""

import json

from scripts.bootstrap import ORGANISATION, PERSON, SALE_FEE
from tests.scripts.office import Office
from tests.scripts.tools import ADMIN, REGISTRAR, STRANGER

GB = ("--jurisdiction", "GB")
NOBODY = "0x" + "00" * 20


def shown(office: Office) -> dict[str, object]:
    """What the register takes, by currency."""
    told = json.loads(office.shell.run("sale_rates", "show", *GB, "--json").splitlines()[-1])
    assert told["jurisdiction"] == "GB"
    return {rates.pop("currency"): rates for rates in told["rates"]}


def test_the_admin_sets_rates(office: Office) -> None:
    """Must find the demonstration's rates, set others once, exactly as written, and end a currency."""
    shell = office.shell
    first = {"accepted": True, "person": PERSON, "organisation": ORGANISATION, "fee": str(SALE_FEE), "payee": NOBODY}
    assert shown(office) == {"EUR": first}

    sek = ("set", *GB, "--currency", "SEK", "--person", "1.5", "--organisation", "4.2501", "--fee", "100", "--yes")
    told = shell.run("sale_rates", *sek, "--dry-run")
    assert all(line in told for line in ("1.5000 % of a person, 4.2501 % of an organisation", "100 of the smallest"))
    assert "SEK" not in shown(office)
    assert "Done in block" in shell.run("sale_rates", *sek)
    assert "Stands already" in shell.run("sale_rates", *sek)
    second = {"accepted": True, "person": 15_000, "organisation": 42_501, "fee": "100", "payee": NOBODY}
    assert shown(office) == {"EUR": first, "SEK": second}

    assert "Done in block" in shell.run("sale_rates", "refuse", *GB, "--currency", "EUR", "--yes")
    assert shown(office) == {"EUR": first | {"accepted": False}, "SEK": second}


def test_a_token_has_a_payee(office: Office) -> None:
    """Must take a token by its address, with the payee of duty and fee; no address without a contract."""
    shell, token = office.shell, office.shell.record()["contracts"]["PartyRegistry"]["address"]  # any contract will do
    rates = ("set", *GB, "--currency", token, "--person", "3", "--yes")
    assert "needs a --payee" in shell.run("sale_rates", *rates, status=2)
    assert "Done in block" in shell.run("sale_rates", *rates, "--payee", ADMIN)
    said = {"accepted": True, "person": 30_000, "organisation": 0, "fee": "0", "payee": ADMIN}
    assert shown(office)[token] == said
    none = ("set", *GB, "--currency", STRANGER, "--payee", ADMIN, "--yes")
    assert "RatesRefused" in shell.run("sale_rates", *none, status=1)


def test_refuses_what_are_no_rates(office: Office) -> None:
    """Must refuse more than the whole price, other currencies, no register and another's key, and send nothing."""
    shell, height = office.shell, office.node.height()
    for words, sentence in (
        (("--currency", "SEK", "--person", "100.0001"), "no percentage"),
        (("--currency", "SEK", "--person", "1,5"), "no percentage"),
        (("--currency", "SEK", "--fee", "-1"), "whole number"),
        (("--currency", "kr"), "no currency"),
        (("--currency", "SEK", "--payee", REGISTRAR), "any other currency has none"),
    ):
        assert sentence in shell.run("sale_rates", "set", *GB, *words, "--yes", status=2)
    told = shell.run("sale_rates", "set", "--jurisdiction", "FI", "--currency", "EUR", "--yes", status=1)
    assert "FI has no register" in told
    assert office.node.height() == height
