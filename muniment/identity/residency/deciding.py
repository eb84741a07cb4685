"""When a case may be decided, and by whom: after every check, with four eyes."""

from collections.abc import Sequence

from muniment.errors import Refused
from muniment.identity.companies.names import bare
from muniment.identity.residency.model import Check, Checked, latest


def check_decision(checks: Sequence[Checked], officer: str, approve: bool) -> None:
    """Whether a case with these checks may be so decided by this officer. Raises Refused."""
    counted = latest(checks)
    missing = [check.value.replace("_", " ") for check in Check if check not in counted]
    if missing:
        raise Refused("ChecksMissing", missing=", ".join(missing))
    failed = [check.value.replace("_", " ") for check in Check if not counted[check].passed]
    if approve and failed:
        raise Refused("ChecksFailed", failed=", ".join(failed))
    if all(same_officer(one.officer, officer) for one in counted.values()):
        raise Refused("FourEyesMissing", officer=officer)


def same_officer(one: str, other: str) -> bool:
    """Whether two names stand for one officer.

    Case, spaces, signs, accents, the order of names, and letters that look alike or that nobody sees, do not make two
    of one.
    """
    keys = [bare(name) for name in (one, other)]
    return keys[0].replace(" ", "") == keys[1].replace(" ", "") or sorted(keys[0].split()) == sorted(keys[1].split())
