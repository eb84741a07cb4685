"""Fees: enough to be mined, never above the ceiling."""

from hypothesis import given
from hypothesis import strategies as st

from muniment.chain.fees import Fee, first_fee, raised_fee

WEI = st.integers(0, 2**80)


@given(WEI, WEI, WEI)
def test_first_fee(base_fee: int, tip: int, ceiling: int) -> None:
    """Must pay for the next block and stay under the ceiling, or not be signed at all."""
    fee = first_fee(base_fee, tip, ceiling)
    if fee is None:
        assert base_fee >= ceiling
    else:
        assert base_fee <= fee.max_fee <= ceiling
        assert 0 <= fee.tip <= fee.max_fee - base_fee


@given(st.integers(1, 2**80), WEI, WEI, WEI, WEI)
def test_raised_fee(max_fee: int, tip: int, base_fee: int, suggested: int, ceiling: int) -> None:
    """Must raise both parts by a tenth at least, as nodes demand, and stay under the ceiling."""
    present = Fee(max_fee, min(tip, max_fee))
    fee = raised_fee(present, base_fee, suggested, ceiling)
    if fee is not None:
        assert fee.max_fee * 10 >= present.max_fee * 11
        assert fee.tip * 10 >= present.tip * 11
        assert fee.tip <= fee.max_fee <= ceiling
