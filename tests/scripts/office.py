"""An agency at work: two officers long enough in office, a fresh one, citizens with and without a wallet."""

from typing import Any

from eth_account import Account
from eth_utils import keccak
from web3 import HTTPProvider, Web3

from tests.scripts.tools import ADMIN, REGISTRAR, STRANGER, Node, Shell

COLLEAGUE = "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc"
FRESH = "0x976ea74026e726554db657fa54763abd0c3a0aa9"
COURT = "0x14dc79964da2c08b23698b3d3cc7ca32193d9955"
DOMAIN = "land.example.gov"
DAY = 24 * 3600
NEVER = 2**40 - 1
ZERO = bytes(32)

TYPES = {
    "BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline",
    "RecoverWallet": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
    "VetoRecovery": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
    "CancelNonce": "bytes32 party,uint256 nonce,uint256 deadline",
    "ReserveName": "bytes32 party,bytes32 agency,string name,uint256 nonce,uint256 deadline",
    "SignArticles": "bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,uint256 deadline",
    "CompanyFile": "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
    "AcceptContact": "bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline",
    "Approval": "bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,bytes32 policy,"
    "uint256 nonce,uint256 deadline",
}


class Office:
    """The agency of the demonstration, seen by those who work there and by those who come to its counter."""

    def __init__(self, node: Node, shell: Shell) -> None:
        self.node, self.shell = node, shell
        self.web3 = Web3(HTTPProvider(node.url))
        self.agency = bytes(self.contract("AgencyRegistry").functions.agencyIdOf(ZERO, keccak(text=DOMAIN)).call())

    def contract(self, name: str) -> Any:
        """A deployed contract, from the record."""
        entry = self.shell.record()["contracts"][name]
        address = self.web3.to_checksum_address(entry["address"])
        return self.web3.eth.contract(address, abi=entry["abi"], decode_tuples=True)

    def send(self, call: Any, sender: str = STRANGER) -> None:
        """Send a call, which must succeed."""
        sent = call.transact({"from": self.web3.to_checksum_address(sender)})
        assert self.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.node.call("evm_increaseTime", seconds)
        self.node.call("evm_mine")

    def now(self) -> int:
        """The latest block's time."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def party(self, commitment: str) -> bytes:
        """The party of a record of this agency."""
        functions = self.contract("PartyRegistry").functions
        return bytes(functions.partyIdOf(self.agency, bytes.fromhex(commitment[2:])).call())

    def typed(self, contract: str, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        """Typed data as a wallet would be given it."""
        used = [kind, *(["CompanyFile"] if "CompanyFile" in TYPES[kind] else [])]
        members = {
            name: [dict(zip(("type", "name"), part.split(" "), strict=True)) for part in TYPES[name].split(",")]
            for name in used
        }
        domain = {
            "name": f"Muniment {contract}",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": self.contract(contract).address,
        }
        words = ("name string", "version string", "chainId uint256", "verifyingContract address")
        members["EIP712Domain"] = [dict(zip(("name", "type"), word.split(" "), strict=True)) for word in words]
        return {"types": members, "primaryType": kind, "domain": domain, "message": message}

    def sign(self, wallet: Any, contract: str, kind: str, /, **message: Any) -> bytes:
        """A wallet's signature over typed data."""
        data = self.typed(contract, kind, message)
        return bytes(Account.sign_typed_data(wallet.key, full_message=data).signature)

    def bind(self, wallet: Any, commitment: str) -> bytes:
        """Bind a wallet to a party; gives the party."""
        party = self.party(commitment)
        fields = {"party": party, "wallet": wallet.address, "nonce": 1, "deadline": NEVER}
        signature = self.sign(wallet, "PartyRegistry", "BindWallet", **fields)
        call = self.contract("PartyRegistry").functions.bind(commitment, wallet.address, 1, NEVER, signature)
        self.send(call, REGISTRAR)
        return party

    def wallet_of(self, party: bytes) -> str:
        """A party's present wallet."""
        return str(self.contract("PartyRegistry").functions.walletOf(party).call())

    def accredit(self, key: str) -> None:
        """Give a key all powers of the agency."""
        functions = self.contract("AgencyRegistry").functions
        scopes = functions.agencyOf(self.agency).call().scopes
        self.send(functions.accredit(self.agency, self.web3.to_checksum_address(key), scopes, 0, NEVER), ADMIN)

    def retire(self, key: str) -> None:
        """End a key's powers."""
        functions = self.contract("AgencyRegistry").functions
        self.send(functions.retire(self.web3.to_checksum_address(key), 0), ADMIN)
