"""A node of our own, the registries on it, and the people who act: built once, rolled back after every test."""

import os
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from brownie import (
    AgencyRegistry,
    CompanyRegistry,
    CredentialRegistry,
    DocumentRegistry,
    LienRegistry,
    PartyRegistry,
    TitleRegistry,
    TrusteeCeremony,
    accounts,
    chain,
    compile_source,
    history,
    web3,
)
from brownie._config import CONFIG
from brownie.network.rpc.anvil import CLI_FLAGS
from brownie.network.state import _contract_map
from eth_account import Account
from web3 import IPCProvider
from web3.exceptions import TransactionNotFound

from tests.contracts.companies.cases import prepare
from tests.contracts.helpers import (
    ABSOLUTE,
    ALL_SCOPES,
    DAY,
    MIRROR,
    NEVER,
    SUSPENDED,
    ZERO_ID,
    jurisdiction,
    keccak,
    node,
    now,
    settle,
    sign,
    wait,
)

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# A socket of the file system answers in a tenth of the time that HTTP takes.
FOLDER = tempfile.TemporaryDirectory(dir="/tmp")
SOCKET = str(Path(FOLDER.name) / "anvil.ipc")
CLI_FLAGS["ipc"] = "--ipc"

# Brownie connects after collection, so the node can still be given a port of its own here; whatever the user's own
# Brownie settings say, the suite neither meets nor ends a node that runs already.
os.environ["PATH"] += f"{os.pathsep}{ROOT / 'node_modules' / '.bin'}"
CONFIG.networks["development"] = {
    "name": "Anvil",
    "id": "development",
    "cmd": "anvil",
    "host": "http://127.0.0.1",
    "cmd_settings": {"port": _free_port(), "ipc": SOCKET, "accounts": 60, "base_fee": 0, "gas_limit": 16_000_000},
}


def pytest_configure(config):
    """Brownie warns of its own calls as if they were ours."""
    config.addinivalue_line("filterwarnings", r"ignore:rpc\..* should not be called directly:FutureWarning")


# Brownie takes a snapshot in a thread after every transaction, for an undo that nobody asks for here, and walks the
# whole call stack each time; without it the suite takes half the time.
chain._add_to_undo_buffer = lambda *_: None


TURNS, A_WHILE = 500, 100  # how often to ask for a receipt, and after how often to help: 10 and 2 seconds


def _patiently(ask):
    """Ask again for a while before a receipt counts as missing.

    anvil counts a transaction a moment before it shows the receipt; Brownie looks at both and takes it for dropped. And
    on a busy machine anvil forgets now and then to make a block for one (foundry-rs/foundry#10122): it is told to.
    """

    def receipt(txid):
        for turn in range(1, TURNS + 1):
            with suppress(TransactionNotFound):
                return ask(txid)
            time.sleep(0.02)
            if turn % A_WHILE == 0 and node("anvil_getAutomine"):
                node("evm_mine")
        return ask(txid)

    return receipt


web3.eth.get_transaction_receipt = _patiently(web3.eth.get_transaction_receipt)

PEOPLE = (
    "deployer",
    "root",
    "parent_admin",
    "admin",
    "other_admin",
    "suspended_admin",
    "registrar",
    "court",
    "second_court",
    "custodian",
    "second_custodian",
    "fresh_custodian",
    "identity_officer",
    "second_identity_officer",
    "residency_officer",
    "licensing_officer",
    "company_registrar",
    "second_company_registrar",
    "issuer",
    "second_issuer",
    "other_officer",
    "suspended_officer",
    "retired",
    "compromised",
    "not_yet",
    "target",
    "proposed",
    "citizen",
    "treasury",
    "stranger",
    "second_registrar",
    "election_officer",
    "second_election_officer",
)


@pytest.fixture(scope="session")
def people():
    """Every role by name, as an unlocked account of the node."""
    until = time.monotonic() + 30
    while not Path(SOCKET).exists() and time.monotonic() < until:
        time.sleep(0.02)  # anvil may answer HTTP, of which Brownie asked, a moment before it listens here
    web3.provider = IPCProvider(SOCKET, timeout=120)  # seconds; a limit for what is broken
    return SimpleNamespace(**dict(zip(PEOPLE, accounts, strict=False)))


def _person(name):
    @pytest.fixture(scope="session", name=name)
    def person(people):
        return getattr(people, name)

    return person


for _name in PEOPLE:
    globals()[f"_fixture_{_name}"] = _person(_name)


@pytest.fixture(scope="session")
def agencies(people):
    """The agency registry; the deployer holds nothing."""
    return AgencyRegistry.deploy(people.root, {"from": people.deployer})


@pytest.fixture(scope="session")
def parties(people, agencies):
    """The party registry."""
    return PartyRegistry.deploy(agencies, {"from": people.deployer})


@pytest.fixture(scope="session")
def land(people, agencies, parties):
    """The title and lien registries, and doubles of the contracts beside them: each knows the address of the titles."""
    by = {"from": people.deployer}
    address = people.deployer.get_deployment_address(people.deployer.nonce + 3)
    liens = LienRegistry.deploy(agencies, parties, address, by)
    project = compile_source((ROOT / "tests/contracts/doubles/Land.sol").read_text(), evm_version="cancun")
    migration = project.MigrationDouble.deploy(address, by)
    conveyance = project.ConveyanceDouble.deploy(address, by)
    titles = TitleRegistry.deploy(agencies, parties, liens, migration, conveyance, by)
    node("anvil_impersonateAccount", conveyance.address)
    node("anvil_setBalance", conveyance.address, hex(10**18))
    by_sale = accounts.at(conveyance.address, force=True)
    return SimpleNamespace(
        titles=titles, liens=liens, migration=migration, conveyance=conveyance, by_sale=by_sale, doubles=project
    )


@pytest.fixture(scope="session")
def titles(land):
    """The title registry."""
    return land.titles


@pytest.fixture(scope="session")
def liens(land):
    """The lien registry."""
    return land.liens


@pytest.fixture(scope="session")
def documents(people, agencies, parties):
    """The document registry."""
    return DocumentRegistry.deploy(agencies, parties, {"from": people.deployer})


@pytest.fixture(scope="session")
def credentials(people, agencies):
    """The credential registry."""
    return CredentialRegistry.deploy(agencies, {"from": people.deployer})


@pytest.fixture(scope="session")
def companies(people, agencies, parties, credentials, documents):
    """The company registry."""
    return CompanyRegistry.deploy(agencies, parties, credentials, documents, {"from": people.deployer})


@pytest.fixture(scope="session")
def ceremonies(people, agencies):
    """The contract of key ceremonies."""
    return TrusteeCeremony.deploy(agencies, {"from": people.deployer})


@pytest.fixture(scope="session")
def ids(agencies):
    """Ids of the agencies in the tests' state."""
    named = SimpleNamespace()
    for name, parent in (("ministry", None), ("land", "ministry"), ("tax", None), ("asleep", None)):
        above = getattr(named, parent) if parent else ZERO_ID
        setattr(named, name, str(agencies.agencyIdOf(above, keccak(f"{name}.example.gov"))))
    return named


@pytest.fixture(scope="session")
def state(people, agencies, parties, titles, documents, credentials, companies, ids):
    """A ministry with a land agency below it, a tax agency, a suspended agency, and officers of every standing.

    All keys but the fresh one are old enough for dual control when the tests begin.
    """
    p = people
    by_root = {"from": p.root}
    domain = {name: keccak(f"{name}.example.gov") for name in vars(ids)}
    agencies.registerAgency(ZERO_ID, p.parent_admin, ALL_SCOPES, domain["ministry"], by_root)
    agencies.registerAgency(ids.ministry, p.admin, ALL_SCOPES, domain["land"], {"from": p.parent_admin})
    agencies.registerAgency(ZERO_ID, p.other_admin, ALL_SCOPES, domain["tax"], by_root)
    agencies.registerAgency(ZERO_ID, p.suspended_admin, ALL_SCOPES, domain["asleep"], by_root)

    scope = SimpleNamespace(
        registrar=agencies.LAND_REGISTRAR(),
        court=agencies.COURT(),
        custodian=agencies.KEY_CUSTODIAN(),
        identity=agencies.IDENTITY_OFFICER(),
        residency=agencies.RESIDENCY_OFFICER(),
        licensing=agencies.LICENSING(),
        companies=agencies.COMPANY_REGISTRAR(),
        documents=agencies.DOCUMENT_ISSUER(),
        election=agencies.ELECTION_OFFICER(),
    )
    end = now() + 3650 * DAY
    staff = [
        (p.registrar, scope.registrar),
        (p.second_registrar, scope.registrar),
        (p.court, scope.court),
        (p.second_court, scope.court),
        (p.custodian, scope.custodian),
        (p.second_custodian, scope.custodian),
        (p.identity_officer, scope.identity),
        (p.second_identity_officer, scope.identity),
        (p.residency_officer, scope.residency),
        (p.licensing_officer, scope.licensing),
        (p.company_registrar, scope.companies),
        (p.second_company_registrar, scope.companies),
        (p.issuer, scope.documents),
        (p.second_issuer, scope.documents),
        (p.election_officer, scope.election),
        (p.second_election_officer, scope.election),
        (p.retired, ALL_SCOPES),
        (p.compromised, ALL_SCOPES),
    ]
    for key, scopes in staff:
        agencies.accredit(ids.land, key, scopes, 0, end, {"from": p.admin})
    agencies.accredit(ids.land, p.not_yet, ALL_SCOPES, end - DAY, end, {"from": p.admin})
    agencies.accredit(ids.tax, p.other_officer, ALL_SCOPES, 0, end, {"from": p.other_admin})
    agencies.accredit(ids.asleep, p.suspended_officer, ALL_SCOPES, 0, end, {"from": p.suspended_admin})
    wait(3 * DAY)

    agencies.accredit(ids.land, p.fresh_custodian, scope.custodian, 0, end, {"from": p.admin})
    agencies.changeStatus(ids.asleep, SUSPENDED, by_root)
    agencies.retire(p.retired, 0, {"from": p.admin})
    since = now() - DAY
    for key in (p.custodian, p.second_custodian):
        agencies.markCompromised(p.compromised, since, {"from": key})
    titles.setRegister(jurisdiction("GB"), ids.land, MIRROR, by_root)
    return SimpleNamespace(scope=scope, end=end, compromised_since=since)


@pytest.fixture(autouse=True)
def rolled_back(state):
    """Every test starts from the same chain."""
    snapshot, standing = node("evm_snapshot"), set(_contract_map)
    yield
    try:
        settle()
    finally:
        # A test that left a transaction waiting fails alone: the next one finds a node that makes blocks.
        node("evm_setAutomine", True)
        node("evm_revert", snapshot)
        history.clear()
        for address in set(_contract_map) - standing:
            # Brownie would take the next contract at this address for the one that is gone.
            del _contract_map[address]


def _doubles(file, people):
    source = (ROOT / "tests/contracts/doubles" / file).read_text()
    project = compile_source(source, evm_version="cancun")
    return SimpleNamespace(**{each._name: each.deploy({"from": people.deployer}) for each in project})


@pytest.fixture(scope="session")
def doubles(people, state):
    """Contract wallets, good and bad, that exist for tests only: one of each, by name."""
    return _doubles("Wallets.sol", people)


@pytest.fixture(scope="session")
def tokens(people, state):
    """Tokens, good and bad, that exist for tests only: one of each, by name."""
    return _doubles("Tokens.sol", people)


@pytest.fixture(scope="session")
def citizens(people, parties, ids, state):
    """Citizens of the land agency by name, each with a record, a party and a wallet that holds no coin."""
    found = {}
    for name in ("applicant", "cofounder", "director", "contact", "outsider"):
        record, signer = keccak(f"record of {name}"), Account.from_key(keccak(f"key of {name}"))
        party = str(parties.partyIdOf(ids.land, record))
        message = {"party": party, "wallet": signer.address, "nonce": 0, "deadline": NEVER}
        signature = sign(signer, parties, "BindWallet", message)
        parties.bind(record, signer.address, 0, NEVER, signature, {"from": people.identity_officer})
        found[name] = SimpleNamespace(record=record, wallet=signer, party=party)
    return SimpleNamespace(**found)


@pytest.fixture(scope="session")
def kinds(people, ids, state, credentials, companies, tokens, citizens):
    """The kinds of credentials that the land agency asks for of companies, and its rules for them."""
    return prepare(SimpleNamespace(**locals()))


@pytest.fixture(scope="session")
def wallet():
    """A citizen's wallet: a key that signs and holds no coin."""
    return Account.from_key("0x" + "11" * 32)


@pytest.fixture(scope="session")
def second_wallet():
    """Another wallet of the same citizen."""
    return Account.from_key("0x" + "22" * 32)


@pytest.fixture
def entry():
    """A complete entry; a test changes the field it is about."""

    def make(ref="landregistry-index:12345678", **changes):
        fields = {
            "ref": ref,
            "geometryHash": "0x" + "ab" * 32,
            "area": 1_234_567,
            "grade": ABSOLUTE,
            "denominator": 1,
            "shares": [("0x" + "01" * 32, 1)],
            "sourceHash": "0x" + "cd" * 32,
            "legalDate": 20_260_401,
        } | changes
        return tuple(fields.values())

    return make
