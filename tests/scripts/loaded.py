"""For the server that forks a process for each script: the compiled contracts, loaded once by what scripts load them.

They are the same for every script, and reading them takes a second.
"""

import gc

from scripts.common import session

PROJECT = session.load_project()
session.load_project = lambda: PROJECT
gc.freeze()  # what a fork does not touch need not be copied
