"""Two officers of the town, for wallets and elections, and a court's: people whose keys the service does not hold."""

from demo.university import FOREVER, ROOT_PLACE, send, view
from muniment.access.model import Scope, agency_named
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc

# Places among the node's own accounts; that of the admin is scripts.bootstrap's.
ADMIN_PLACE, OFFICER_PLACES, COURT_PLACE = ROOT_PLACE + 1, (6, 7), 8
COURT_DOMAIN = "court.example.gov"
SCOPES = Scope.IDENTITY_OFFICER | Scope.ELECTION_OFFICER


def appoint(rpc: Rpc, deployment: Deployment, domain: str) -> None:
    """Accredit both as officers of the agency with this domain, for parties and elections, unless that is done."""
    accounts = rpc.call("eth_accounts", [])
    for place in OFFICER_PLACES:
        key = accounts[place]
        if view(rpc, deployment, "AgencyRegistry", "officerOf", key)["id"] == 0:
            accredited = (agency_named(domain), key, int(SCOPES), 0, FOREVER)
            send(rpc, deployment, accounts[ADMIN_PLACE], "AgencyRegistry", "accredit", *accredited)


def officers(rpc: Rpc) -> tuple[str, str]:
    """Both keys."""
    accounts = rpc.call("eth_accounts", [])
    first, second = (str(accounts[place]) for place in OFFICER_PLACES)
    return first, second


def court(rpc: Rpc) -> str:
    """The key of the court's officer, whom scripts.bootstrap accredits."""
    return str(rpc.call("eth_accounts", [])[COURT_PLACE])
