"""kill -9 before and after all that a worker does: nothing is lost, nothing happens twice, no nonce is skipped."""

from dataclasses import replace

from sqlalchemy import Engine

from tests.service.chain.mortal import lives_through
from tests.service.chain.titles import IN_TENS, MINED, ask, check_whole, states, title, until, worker
from tests.service.conftest import Chain

GWEI = 10**9
# The third block is too dear for what was signed before it, so the worker raises the fee; then blocks are cheap again.
BASE_FEES = (50 * GWEI, 50 * GWEI, GWEI, GWEI)


def test_killed_anywhere(chain: Chain, any_database: Engine) -> None:
    """Must come to the same end wherever it was killed: refusing, signing, sending, raising fees, settling."""
    settings = replace(chain.settings, bump_after_blocks=1)
    chain.node.call("evm_setAutomine", False)
    url = any_database.url.render_as_string(hide_password=False)
    stride = 1 if any_database.dialect.name == "sqlite" else 4  # the same code: a quarter shows it for the engine
    wanted: list[str] = []
    alive, steps = False, 0
    while not alive:
        refs = [f"{steps}-{part}" for part in range(3)]
        ask(any_database, *(title(ref, area=0 if ref.endswith("1") else 7) for ref in refs))
        wanted += [refs[0], refs[2]]
        chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        chain.node.mine()
        alive = lives_through(chain, url, settings, BASE_FEES, steps)
        survivor = worker(chain, any_database, IN_TENS, lease_seconds=0, settings=settings)
        until(chain, survivor, any_database, MINED)
        check_whole(chain, any_database, wanted)
        steps += stride
    assert steps > 40
    assert list(states(any_database).values()).count("refused") == steps // stride
