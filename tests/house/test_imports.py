"""Who may import whom: the rules of the house, held by one test each."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("access", "identity", "land", "ballots", "documents", "exchange")
MODELS = tuple(f"{domain}.model" for domain in DOMAINS)
SHARED_MODELS = {"muniment.access.model", "muniment.identity.model"}
# Who signs for a party, and whether it did: parties sign in every domain.
SHARED = SHARED_MODELS | {f"muniment.identity.{part}" for part in ("typed", "signing", "standing", "asking", "submit")}


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    """Every Python module below the folders, with its dotted name."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    """Dotted names of all that a module imports; `from a import b` counts as both a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def below(name: str, package: str) -> bool:
    """Whether a dotted name is the package or lies in it."""
    return name == package or name.startswith(package + ".")


def test_the_service_never_imports_brownie() -> None:
    """muniment/ must run where Brownie is not installed; the seam is deployments/."""
    for name, path in modules("muniment"):
        assert not any(below(used, "brownie") or below(used, "scripts") for used in imports(path)), name


def test_domains_do_not_import_each_other() -> None:
    """A domain must import of another only the models of access and identity, and what judges signatures."""
    for domain in DOMAINS:
        for name, path in modules(f"muniment/{domain}"):
            for other in set(DOMAINS) - {domain}:
                foreign = {used for used in imports(path) if below(used, f"muniment.{other}")}
                allowed = {used for used in foreign if any(below(used, shared) for shared in SHARED)}
                packages = {f"muniment.{other}"}
                assert foreign <= allowed | packages, f"{name} imports {foreign - allowed}"


@pytest.mark.parametrize("floor", ["chain", "db"])
def test_the_ground_floor_imports_no_domain(floor: str) -> None:
    """chain/ and db/ must know no domain and no page."""
    for name, path in modules(f"muniment/{floor}"):
        for upstairs in (*DOMAINS, "web", "cli", "services"):
            assert not any(below(used, f"muniment.{upstairs}") for used in imports(path)), name


def test_only_chain_knows_web3() -> None:
    """web3, eth_abi and eth_account must be used nowhere but in chain/."""
    for name, path in modules("muniment"):
        if not name.startswith("muniment.chain"):
            for library in ("web3", "eth_abi", "eth_account"):
                assert not any(below(used, library) for used in imports(path)), f"{name} imports {library}"


def test_only_db_knows_engines() -> None:
    """Dialects and drivers must be named in db/ alone."""
    for name, path in modules("muniment"):
        if not name.startswith("muniment.db"):
            for library in ("sqlalchemy.dialects", "sqlite3", "psycopg", "alembic"):
                assert not any(below(used, library) for used in imports(path)), f"{name} imports {library}"


def test_models_are_plain() -> None:
    """A domain's model must import the standard library, the house's hashing and errors, and other models alone."""
    for domain in DOMAINS:
        for name, path in modules(f"muniment/{domain}"):
            if not name.endswith(".model"):
                continue
            for used in imports(path):
                own = any(below(used, f"muniment.{plain}") for plain in ("hashing", "errors", *MODELS))
                assert own or used.split(".")[0] in sys.stdlib_module_names, f"{name} imports {used}"


def test_projections_send_nothing_and_submissions_project_nothing() -> None:
    """project.py must not know the outbox, submit.py must not know the read side."""
    for name, path in modules("muniment"):
        used = imports(path)
        if name.endswith(".project"):
            assert not any(below(one, "muniment.chain.outbox") or one.endswith(".submit") for one in used), name
        if name.endswith(".submit"):
            assert not any(below(one, "muniment.db.rows") or one.endswith(".project") for one in used), name


def test_interfaces_import_no_contract() -> None:
    """interfaces/ must stand on its own."""
    for path in sorted((ROOT / "interfaces").rglob("*.sol")):
        assert "contracts/" not in "".join(re.findall(r"^import .*$", path.read_text(), re.MULTILINE)), path


def test_contracts_know_other_domains_by_interface_alone() -> None:
    """A contract must import only its own folder, interfaces, OpenZeppelin, and the tools of access and identity."""
    for path in sorted((ROOT / "contracts").rglob("*.sol")):
        for target in re.findall(r'^import .*"([^"]+)";', path.read_text(), re.MULTILINE):
            if target.startswith("@openzeppelin/"):
                continue
            folder = (path.parent / target).resolve().relative_to(ROOT).parts
            own = path.relative_to(ROOT).parts[:2]
            assert (
                folder[0] == "interfaces"
                or folder[:2] == own
                or folder[:2]
                in {
                    ("contracts", "access"),
                    ("contracts", "identity"),
                }
            ), f"{path} imports {target}"
