"""What each act costs on a fresh chain: whole transactions, the 21,000 of every transaction included.

`python -m bench.gas --check` compares with the committed gas-snapshot.json, `--update` writes it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction

from bench import gas_ballots, gas_documents, gas_identity, gas_land, gas_sales, gas_tally
from bench.node import START, compile_own, compile_peers, deploy, fresh_node, gas_of

SNAPSHOT = Path(__file__).with_name("gas-snapshot.json")
TOLERANCE = 0.005
BATCH = 50
MAX_HOLDERS = 32
DAY = 86_400
NOBODY = bytes(32)
NEVER = 2**256 - 1
ALL = 2**64 - 1
GB = b"GB".ljust(8, b"\0")
MIRROR, ABSOLUTE = 1, 3

# Published by their makers, or measured on their sources elsewhere; ours and OpenZeppelin's are measured here.
PUBLISHED = {
    "Fabrica": {"value": 316_000, "published": True},
    "HMLR title-token": {"value": 243_000, "published": True},
    "T-REX (fungible, no record)": {"value": 103_000, "published": True},
}
TARGETS = {
    "register a title": 130_000,
    "register a title, in a batch of 50": 100_000,
    **gas_land.TARGETS,
    **gas_documents.TARGETS,
    **gas_ballots.TARGETS,
}


def rows() -> list[dict[str, Any]]:
    """One row per act; `value` is gas per thing done, whole transactions divided by `n`."""
    figures, others = measured(), compile_peers()
    with fresh_node() as web3:
        mint, transfer = _deed(web3, others)
        peers = gas_documents.peers(web3) | gas_land.PEERS | gas_ballots.peers(web3)
    peers["transfer step"] = peers["transfer step"] | {"OpenZeppelin ERC-721 (no record)": {"value": transfer}}
    peers["register a title"] = {"OpenZeppelin ERC-721 mint (no record)": {"value": mint}, **PUBLISHED}
    return [_row(act, n, gas, peers.get(act, {})) for act, (n, gas) in figures.items()]


def measured() -> dict[str, tuple[int, float]]:
    """Ours alone: act → (how many things one transaction did, gas for each)."""
    own = compile_own()
    with fresh_node() as web3:
        figures = Scene(web3, own).measure()
    for others in (gas_land, gas_sales, gas_documents, gas_identity, gas_ballots, gas_tally):
        with fresh_node() as web3:
            figures |= others.Scene(web3, own).measure()
    return figures


def _row(act: str, n: int, gas: float, peers: dict[str, Any]) -> dict[str, Any]:
    target = TARGETS.get(act)
    met = None if target is None else gas <= target
    return {"act": act, "n": n, "value": gas, "unit": "gas", "target": target, "met": met, "peers": peers}


class Scene:
    """The three registries with a land agency, its officers and a citizen's wallets."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3 = web3
        people = web3.eth.accounts
        self.root, self.admin, self.registrar, self.identity_officer = people[:4]
        self.custodian, self.second_custodian, self.relayer = people[4:7]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=people[9])
        self.parties = deploy(web3, artifacts, "PartyRegistry", self.agencies.address, sender=people[9])
        self.titles = gas_land.deploy_land(web3, artifacts, self.agencies, self.parties, people[9]).titles
        self.domain = web3.keccak(text="land.example.gov")
        self.agency = self.agencies.functions.agencyIdOf(NOBODY, self.domain).call()

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many things one transaction did, gas for each)."""
        return {act: (n, gas // n) for act, n, gas in (*self._offices(), *self._land(), *self._wallets())}

    def _offices(self) -> list[tuple[str, int, int]]:
        call = self.agencies.functions
        register = call.registerAgency(NOBODY, self.admin, ALL, self.domain)
        done = [("register an agency", 1, self._send(register, self.root))]
        end = START + 3650 * DAY
        officers = (self.registrar, self.identity_officer, self.custodian, self.second_custodian)
        costs = [self._send(call.accredit(self.agency, key, ALL, 0, end), self.admin) for key in officers]
        done.append(("accredit an officer", 1, costs[0]))
        self.web3.provider.make_request("evm_increaseTime", [3 * DAY])
        compromise = call.markCompromised(self.identity_officer, START + DAY)
        done.append(("dual control, first officer", 1, self._send(compromise, self.custodian)))
        return done

    def _land(self) -> list[tuple[str, int, int]]:
        call = self.titles.functions
        self._send(call.setRegister(GB, self.agency, MIRROR), self.root)
        batch = [self._entry(12_345_679 + index) for index in range(BATCH)]
        acts = [
            ("register a title", 1, call.register(GB, self._entry(12_345_678))),
            ("register a title, in a batch of 50", BATCH, call.registerBatch(GB, batch)),
            ("register a title of 2 holders", 1, call.register(GB, self._entry(22_345_678, 2))),
            ("register a title of 32 holders", 1, call.register(GB, self._entry(32_345_678, MAX_HOLDERS))),
        ]
        return [(act, n, self._send(function, self.registrar)) for act, n, function in acts]

    def _wallets(self) -> list[tuple[str, int, int]]:
        wallet, second = (Account.from_key(self._hash(f"key {number}")) for number in (1, 2))
        call = self.parties.functions
        record = self._hash("record")
        party = call.partyIdOf(self.agency, record).call()
        bound = {"party": party, "wallet": wallet.address, "nonce": 7, "deadline": NEVER}
        bind = call.bind(record, wallet.address, 7, NEVER, self._sign(wallet, "BindWallet", bound))
        moved = {"party": party, "from": wallet.address, "to": second.address, "nonce": 8, "deadline": NEVER}
        both = [self._sign(signer, "RotateWallet", moved) for signer in (wallet, second)]
        cancelled = {"party": party, "nonce": 9, "deadline": NEVER}
        cancel = call.cancelNonce(party, 9, NEVER, self._sign(second, "CancelNonce", cancelled))
        compromise = self.agencies.functions.markCompromised(self.identity_officer, START + DAY)
        return [
            ("bind a party", 1, self._send(bind, self.identity_officer)),
            ("rotate a wallet", 1, self._send(call.rotate(party, second.address, 8, NEVER, *both), self.relayer)),
            ("cancel a nonce", 1, self._send(cancel, self.relayer)),
            ("dual control, second officer", 1, self._send(compromise, self.second_custodian)),
        ]

    def _entry(self, number: int, holders: int = 1) -> tuple[Any, ...]:
        """An entry as an import makes it: hashes and areas of the usual size."""
        ref = f"landregistry-index:{number}"
        parties = sorted(self._hash(f"{ref} holder {index}") for index in range(holders))
        shares = [(party, 1) for party in parties]
        fields = (self._hash(f"{ref} geometry"), 10_000 + number % 9_000_000, ABSOLUTE, holders, shares)
        return (ref, *fields, self._hash(f"{ref} deed"), 20_260_401)

    def _sign(self, wallet: LocalAccount, kind: str, message: dict[str, Any]) -> bytes:
        types = {"party": "bytes32", "nonce": "uint256", "deadline": "uint256"}
        fields = [{"name": name, "type": types.get(name, "address")} for name in message]
        domain = {
            "name": "Muniment PartyRegistry",
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.parties.address,
        }
        return bytes(wallet.sign_message(encode_typed_data(domain, {kind: fields}, message)).signature)

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)

    def _hash(self, text: str) -> bytes:
        return bytes(self.web3.keccak(text=text))


def _deed(web3: Web3, artifacts: Path) -> tuple[int, int]:
    """An ERC-721 minted to an owner who holds nothing yet, and passed on to another such."""
    people = web3.eth.accounts
    deed = deploy(web3, artifacts, "PlainDeed", sender=people[0])
    number = int.from_bytes(web3.keccak(text="landregistry-index:12345678"))
    mint = gas_of(web3, deed.functions.mint(people[1], number), people[0])
    return mint, gas_of(web3, deed.functions.transferFrom(people[1], people[2], number), people[1])


def differences(measured: dict[str, float], committed: dict[str, float]) -> list[str]:
    """One sentence for each act that is new, gone, or differs by more than TOLERANCE."""
    told = [f"{act}: not in the snapshot" for act in measured.keys() - committed.keys()]
    told += [f"{act}: no longer measured" for act in committed.keys() - measured.keys()]
    for act in measured.keys() & committed.keys():
        before, now = committed[act], measured[act]
        if abs(now - before) > TOLERANCE * before:
            told.append(f"{act}: {before:,} → {now:,} gas ({(now - before) / before:+.1%})")
    return sorted(told)


def main(words: list[str]) -> int:
    """Check against the snapshot or write it; exit 1 when figures differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.gas", description="The committed gas snapshot.")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="compare with the snapshot")
    choice.add_argument("--update", action="store_true", help="write the snapshot")
    asked = parser.parse_args(words)
    figures = {act: gas for act, (_, gas) in measured().items()}
    if asked.update:
        SNAPSHOT.write_text(json.dumps(figures, indent=2) + "\n")
        return 0
    told = differences(figures, json.loads(SNAPSHOT.read_text()))
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
