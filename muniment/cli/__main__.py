"""`python -m muniment.cli`."""

from muniment.cli.main import main

main()
