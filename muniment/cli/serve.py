"""`muniment serve`: pages and API, the outbox and the indexer in one process."""

import socket

import uvicorn

from muniment.cli.console import err
from muniment.config import Settings
from muniment.errors import Refused
from muniment.services import build
from muniment.web.app import create_app


def serve() -> None:
    """Serve pages and API, follow the chain and, with a keystore, carry out the outbox; until interrupted."""
    settings = Settings.load()
    services = build(settings)
    app = create_app(services.engine, services.deployment, services.rpc, settings)
    with _listening(settings.host, settings.port) as listener:
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        with services.running():
            host, port = listener.getsockname()[:2]
            err.print(f"Serving on http://{host}:{port}", markup=False, highlight=False)
            uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """Take the port before anything is started. Raises Refused when it is taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise Refused("PortTaken", host=host, port=port, cause=error.strerror or str(error)) from None
