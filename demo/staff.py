"""Two officers of the town who recover wallets, and a court's: people with keys that the service does not hold."""

from demo.university import FOREVER, ROOT_PLACE, send, view
from muniment.access.model import Scope, agency_named
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc

# Places among the node's own accounts; that of the admin is scripts.bootstrap's.
ADMIN_PLACE, OFFICER_PLACES, COURT_PLACE = ROOT_PLACE + 1, (6, 7), 8
COURT_DOMAIN = "court.example.gov"


def appoint(rpc: Rpc, deployment: Deployment, domain: str) -> None:
    """Accredit both as identity officers of the agency with this domain, unless that is done."""
    accounts = rpc.call("eth_accounts", [])
    for place in OFFICER_PLACES:
        key = accounts[place]
        if view(rpc, deployment, "AgencyRegistry", "officerOf", key)["id"] == 0:
            accredited = (agency_named(domain), key, int(Scope.IDENTITY_OFFICER), 0, FOREVER)
            send(rpc, deployment, accounts[ADMIN_PLACE], "AgencyRegistry", "accredit", *accredited)


def officers(rpc: Rpc) -> tuple[str, str]:
    """Both keys."""
    accounts = rpc.call("eth_accounts", [])
    first, second = (str(accounts[place]) for place in OFFICER_PLACES)
    return first, second


def court(rpc: Rpc) -> str:
    """The key of the court's officer, whom scripts.bootstrap accredits."""
    return str(rpc.call("eth_accounts", [])[COURT_PLACE])
