"""`muniment serve`: pages and API, the outbox and the indexer in one process."""

import socket

from muniment.cli.console import err
from muniment.config import Settings
from muniment.errors import Refused
from muniment.services import build


def serve() -> None:
    """Serve pages and API, follow the chain and, with a keystore, carry out the outbox; until interrupted."""
    # Only here: the web's libraries take a second to load, which no other command should wait for.
    import uvicorn

    from muniment.web.app import create_app
    from muniment.web.server import server_config

    settings = Settings.load()
    services = build(settings)
    app = create_app(services.engine, services.deployment, services.rpc, settings)
    with _listening(settings.host, settings.port) as listener, services.running():
        host, port = listener.getsockname()[:2]
        err.print(f"Serving on http://{host}:{port}", markup=False, highlight=False)
        uvicorn.Server(server_config(app)).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """Take the port before anything is started. Raises Refused when it is taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise Refused("PortTaken", host=host, port=port, cause=error.strerror or str(error)) from None
