"""What concerns every test, whatever it is of."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Take the files named on the command line in order.

    pytest 9.1.1 loses the fixtures of a folder that those files lead out of and back into (pytest-dev/pytest#14964).
    """
    config.args.sort()
