"""The command line of the service: `muniment GROUP COMMAND`."""

from muniment.cli.main import main

__all__ = ["main"]
