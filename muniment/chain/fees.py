"""What to pay for gas (EIP-1559), in wei per gas, never above the ceiling that the operator set."""

from dataclasses import dataclass

# Nodes take a replacement only when both parts rise by a tenth; an eighth clears that with rounding.
RISE_NUMERATOR, RISE_DENOMINATOR = 9, 8


@dataclass(frozen=True)
class Fee:
    """The most to pay per gas, and how much of it to give to the block's proposer."""

    max_fee: int
    tip: int


def first_fee(base_fee: int, tip: int, ceiling: int) -> Fee | None:
    """Return a fee that outlasts six full blocks in a row, or as much of it as the ceiling allows.

    None when the base fee with any tip is above the ceiling: the transaction would only lie there.
    """
    if base_fee + 1 > ceiling:
        return None
    max_fee = min(2 * base_fee + tip, ceiling)
    return Fee(max_fee, min(tip, max_fee - base_fee))


def raised_fee(present: Fee, base_fee: int, tip: int, ceiling: int) -> Fee | None:
    """Return the fee of a replacement that nodes will accept; None when that is above the ceiling."""
    least = Fee(_raised(present.max_fee), _raised(present.tip))
    if least.max_fee > ceiling:
        return None
    max_fee = min(max(least.max_fee, 2 * base_fee + tip), ceiling)
    return Fee(max_fee, min(max(least.tip, tip), max_fee))


def _raised(value: int) -> int:
    return -(-value * RISE_NUMERATOR // RISE_DENOMINATOR) + 1
