"""Read back the call from a transaction's signed bytes, so that a replacement carries exactly the same."""

from dataclasses import dataclass

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes


@dataclass(frozen=True)
class SignedCall:
    """What a signed transaction calls: address and calldata as lower-case 0x hex."""

    to: str
    data: str
    gas_limit: int


def read_signed(raw: bytes) -> SignedCall:
    """Decode the bytes of a typed transaction (EIP-2718)."""
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return SignedCall("0x" + bytes(fields["to"]).hex(), "0x" + bytes(fields["data"]).hex(), int(fields["gas"]))
