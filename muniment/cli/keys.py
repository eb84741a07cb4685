"""`muniment keys`: the officer's signing key."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.chain.signer import create_keystore, read_password
from muniment.cli.console import AsJson, emit_json, say
from muniment.config import Settings
from muniment.errors import Refused

app = typer.Typer(help="Signing keys in encrypted keystores.", no_args_is_help=True)

LEAST_PASSWORD = 12  # characters


@app.callback()
def group() -> None:
    """Keep the group a group while it has one command."""


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(help="The keystore file to make.")],
    password_file: Annotated[Path | None, typer.Option(help="A file that holds the password.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, encrypted with a password, in a file that only its owner reads."""
    # The keystore that the settings name may be the one that is to be made, so it is not looked for here.
    password_file = password_file or Settings.load().password_file
    if password_file is None:
        raise Refused("PasswordMissing")
    password = read_password(password_file)
    if len(password) < LEAST_PASSWORD:
        raise Refused("PasswordWeak")
    try:
        address = create_keystore(path, password)
    except FileExistsError:
        raise Refused("FileExists", path=str(path)) from None
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=str(error.strerror)) from None
    if as_json:
        emit_json({"address": address, "keystore": str(path)})
    else:
        say(f"Made the key {address} in {path}. Have it accredited, and keep a copy of file and password apart.")
