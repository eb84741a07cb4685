"""What concerns every test, whatever it is of."""

import os

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a failure can be seen again; deep runs look for new ones. How long one takes
# says how busy the machine is; and what fixtures give is the same for every example, or the test resets it.
settings.register_profile(
    "repeatable",
    derandomize=not os.environ.get("MUNIMENT_DEEP"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Take the files named on the command line in order.

    pytest 9.1.1 loses the fixtures of a folder that those files lead out of and back into (pytest-dev/pytest#14964).
    """
    config.args.sort()
