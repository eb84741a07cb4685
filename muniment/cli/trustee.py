"""`muniment trustee`: hold a share of an election's key, from the key ceremony to the count (docs/key-ceremony.md)."""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.ballots.states import BOX, CEREMONY, CeremonyStage
from muniment.ballots.trustees import tallying
from muniment.ballots.trustees.answered import note_answer, path_of, places_answered
from muniment.ballots.trustees.ceremony import TrusteeSecret, deal, draw_secret, share_for
from muniment.ballots.trustees.ceremony_state import CeremonyState, Member, read_ceremony
from muniment.ballots.trustees.finality import agreed_box, agreed_ceremony
from muniment.ballots.trustees.secret_file import create, open_file
from muniment.chain.abi import encode_call
from muniment.chain.connected import Connected
from muniment.chain.direct import Sender, Sent, Started, try_call
from muniment.chain.signer import KeystoreSigner, Policy, read_password
from muniment.cli.console import AsJson, emit_json, err, progress, say, table
from muniment.config import Settings
from muniment.errors import Refused

app = typer.Typer(help="A trustee's part: make the key together, decrypt the sums together.", no_args_is_help=True)

LEAST_PASSWORD = 12  # characters
MAX_GAS_PER_DAY = 5 * 10**9
ONE_NODE = (
    "One node alone showed these sums, and one that lies can show a single ballot as a sum. If it is not your own, "
    "name a second in MUNIMENT_RPC_URLS and make the shares again before you hand them out."
)
ONE_NODE_STEP = (
    "One node alone showed this, and one that lies can hide who is to get a share, or who complained. If it is not "
    "your own, name a second in MUNIMENT_RPC_URLS."
)
IN_FLIGHT = 12  # counts that wait for a block at a time; nodes keep some 16 of one account
_STEPS = ("commit", "reveal", "deal", "complain", "answer", "confirm", "finish")

SecretPath = Annotated[Path, typer.Argument(metavar="FILE", help="The file with the trustee's secret of one ceremony.")]
Setup = Annotated[str, typer.Argument(help="The ceremony's setup id, 0x and 64 digits.")]
SecretPassword = Annotated[
    Path | None,
    typer.Option("--secret-password-file", help="A file that holds the secret's password, if not the keystore's."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Try it on the chain as it stands, and send nothing.")]


class Desk(Connected):
    """What a trustee works with. The keystore is opened when something is to be signed, and not before."""

    def agreed(self, setup: str) -> CeremonyState:
        """How a ceremony stands, as all nodes show it: what a trustee's own steps are taken by."""
        return agreed_ceremony(self.nodes, self.deployment, setup)

    def newest(self, setup: str) -> CeremonyState:
        """The same by any of the nodes, for what needs no trust: the others may lag."""
        return read_ceremony(self.rpc, self.deployment, setup)

    def hint(self) -> None:
        """Say so where one node alone is asked."""
        if len(self.nodes) == 1:
            err.print(ONE_NODE_STEP)

    @cached_property
    def signer(self) -> KeystoreSigner:
        """The trustee's key on the chain: signs the ceremony's steps. Raises Refused, KeystoreUnusable."""
        functions = [(CEREMONY, step) for step in _STEPS]
        return self._signer(Policy.of(self.deployment, functions, MAX_GAS_PER_DAY))

    def counter(self, box: str) -> KeystoreSigner:
        """The same key, for publishing the counts of one box."""
        policy = Policy.of(
            self.deployment,
            [(BOX, "count")],
            MAX_GAS_PER_DAY,
            {BOX: lambda address: address == box},
        )
        return self._signer(policy)

    def _signer(self, policy: Policy) -> KeystoreSigner:
        if self.settings.keystore is None:
            raise Refused("KeystoreMissing")
        return KeystoreSigner(self.settings.keystore, _password(self.settings.password_file, "keystore"), policy)

    def open(self, path: Path, password_file: Path | None) -> TrusteeSecret:
        """The secret of a file."""
        return open_file(path, _password(password_file or self.settings.password_file, "secret"))

    def step(self, setup: str, function: str, *arguments: Any, dry_run: bool) -> Sent | None:
        """Send one step of the ceremony, or try it alone."""
        contract = self.deployment.contracts[CEREMONY]
        data = encode_call(contract.abi, function, (setup, *arguments))
        if dry_run:
            try_call(self.rpc, self.deployment, self.signer.address, contract.address, data)
            return None
        sender = self.sender(self.signer)
        return sender.finish(sender.start(contract.address, data))

    def sender(self, signer: KeystoreSigner) -> Sender:
        """Whoever sends for a key."""
        return Sender(self.rpc, self.deployment, signer, self.settings.max_fee_wei)


# ── Making the key ──────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def init(
    path: SecretPath,
    setup: Setup,
    secret_password_file: SecretPassword = None,
    as_json: AsJson = False,
) -> None:
    """Draw the secret for one ceremony, and write it to a new encrypted file."""
    desk = Desk(Settings.load())
    state = desk.agreed(setup)
    member = state.member(desk.signer.address)
    if state.stage is not CeremonyStage.COMMITTING or member.committed:
        _refuse_stage(state, CeremonyStage.COMMITTING)
    if path_of(path).exists():  # of an earlier secret: whom it answered says nothing of this one
        raise Refused("FileExists", path=str(path_of(path)))
    password = _password(secret_password_file or desk.settings.password_file, "secret", confirm=True)
    if len(password) < LEAST_PASSWORD:
        raise Refused("PasswordWeak")
    create(path, draw_secret(setup, member.account, state.threshold), password)
    told = {"file": str(path), "setup": setup, "trustee": member.account, "place": member.place}
    _tell(
        as_json, told, f"Wrote the secret of trustee {member.place} to {path}. Copy the file now. Next: commit {path}"
    )


@app.command()
def commit(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Commit to what will be revealed."""
    desk, secret, _, member = _begin(path, secret_password_file)
    commitment = secret.revealed.commitment(secret.setup, secret.trustee)
    if member.committed:
        if member.commitment != commitment:
            raise Refused("SecretMismatch", setup=secret.setup)
        _tell(as_json, {"done": "commit", "before": True}, "This was committed to before. Next: reveal, when all have.")
        return
    sent = desk.step(secret.setup, "commit", commitment, dry_run=dry_run)
    _sent(as_json, "commit", sent, f"Next: reveal {path}, when all have committed.", commitment=commitment)


@app.command()
def reveal(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Show what was committed to."""
    desk, secret, _, member = _begin(path, secret_password_file)
    if member.revealed:
        _tell(as_json, {"done": "reveal", "before": True}, "This was revealed before. Next: share, when all have.")
        return
    if secret.revealed.commitment(secret.setup, secret.trustee) != member.commitment:
        raise Refused("SecretMismatch", setup=secret.setup)
    told = secret.revealed
    proofs = [(proof.challenge, proof.response) for proof in (told.constant_proof, told.key_proof)]
    struct = ([tuple(point) for point in told.coefficients], tuple(told.encryption_key), *proofs)
    sent = desk.step(secret.setup, "reveal", struct, dry_run=dry_run)
    _sent(as_json, "reveal", sent, f"Next: share {path}, when all have revealed.")


@app.command()
def share(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Send every other trustee its share, encrypted."""
    desk, secret, state, member = _begin(path, secret_password_file)
    if member.dealt:
        _tell(as_json, {"done": "share", "before": True}, "The shares were sent before. Next: confirm, when all have.")
        return
    if state.stage is not CeremonyStage.DEALING:
        _refuse_stage(state, CeremonyStage.DEALING)
    keys = {other.place: state.reveals[other.place].encryption_key for other in state.members if not other.out}
    shares = deal(secret, member.place, keys, len(state.members))
    # Shares are dealt once. Nodes that all lie could call somebody out who is not: so it is told before whose they are.
    others = sorted(keys.keys() - {member.place})
    out = [other.place for other in state.members if other.out]
    left_out = _places(out) if out else "nobody"
    err.print(f"The shares are for {_places(others)}. Out, and without a share: {left_out}.")
    desk.hint()
    sent = desk.step(secret.setup, "deal", list(shares), dry_run=dry_run)
    following = f"It has shares for {_places(others)}. Next: confirm {path}, when all have sent theirs."
    _sent(as_json, "share", sent, following, trustees=others)


@app.command()
def complain(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Complain about every dealer whose share does not fit its commitments; nobody else can be complained about."""
    desk, secret, state, member = _begin(path, secret_password_file)
    bad = _received(state, secret)[1]
    accused = [dealer for dealer in bad if (member.place, dealer.place) not in state.complaints]
    for dealer in accused:
        desk.step(secret.setup, "complain", dealer.account, dry_run=dry_run)
    places = [dealer.place for dealer in accused]
    named = ", ".join(f"{dealer.place} ({dealer.account})" for dealer in accused)
    text = f"Complained about trustee {named}." if accused else "Every share fits; there is nothing to complain about."
    _tell(as_json, {"done": "complain", "dealers": places, "dryRun": dry_run}, f"{text} Next: confirm {path}")


@app.command()
def answer(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Answer every complaint about this trustee: publish the share that it owes the one who complained.

    Refuses all of them when as many shares as decrypt would be public: these are the whole polynomial. Unanswered, this
    trustee's part is not in the key. Whom it answers is written down first, in FILE.answered: that counts as well.
    """
    desk, secret, state, member = _begin(path, secret_password_file)
    asking = [place for place, dealer in sorted(state.complaints) if dealer == member.place]
    shown = {place for place, dealer in state.answers if dealer == member.place}
    public = len(shown.union(asking, places_answered(path)))
    if asking and public >= secret.threshold:
        raise Refused("AnswersReveal", shares=public, threshold=secret.threshold)
    if asking:
        desk.hint()
    for place in asking:
        note_answer(path, place)  # a node that is asked to try the call has the share, too
        account = state.members[place - 1].account
        desk.step(secret.setup, "answer", account, share_for(secret.polynomial, place), dry_run=dry_run)
    text = f"Answered {len(asking)} complaints." if asking else "Nobody waits for an answer of this trustee."
    _tell(as_json, {"done": "answer", "trustees": asking, "dryRun": dry_run}, text)


@app.command()
def confirm(
    path: SecretPath, secret_password_file: SecretPassword = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Check every share that was received, and say on the chain that they are held."""
    desk, secret, state, member = _begin(path, secret_password_file)
    if member.confirmed:
        _tell(as_json, {"done": "confirm", "before": True}, "This was confirmed before. Next: finish, when all have.")
        return
    held, bad = _received(state, secret)
    silent = [dealer for dealer in bad if (member.place, dealer.place) not in state.complaints]
    if silent:
        raise Refused("SharesUnfit", dealers=", ".join(str(dealer.place) for dealer in silent))
    sent = desk.step(secret.setup, "confirm", dry_run=dry_run)
    dealers = sorted(held.keys() - {member.place})
    following = f"Held are the shares of {_places(dealers)}. Next: finish {secret.setup}, by anybody, when all have."
    _sent(as_json, "confirm", sent, following, dealers=dealers)


@app.command()
def finish(setup: Setup, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """End the ceremony: exclude who missed a step, and compute the key. Anybody may."""
    desk = Desk(Settings.load())
    sent = desk.step(setup, "finish", dry_run=dry_run)
    stage = desk.newest(setup).stage
    _sent(as_json, "finish", sent, f"The ceremony is {stage.name.lower()}.", stage=stage.name.lower())


@app.command()
def status(setup: Setup, as_json: AsJson = False) -> None:
    """How the ceremony stands, and who has done what."""
    state = Desk(Settings.load()).agreed(setup)
    if as_json:
        emit_json(
            {
                "setup": setup,
                "stage": state.stage,
                "title": state.manifest.title,
                "threshold": state.threshold,
                "trustees": state.members,
                "complaints": sorted(state.complaints),
                "election": state.election if state.box else None,
                "box": state.box,
            }
        )
        return
    rows = (
        (
            one.place,
            one.account,
            *("yes" if done else "no" for done in (one.committed, one.revealed, one.dealt, one.confirmed)),
            "out" if one.out else "in",
        )
        for one in state.members
    )
    columns = ("place", "account", "committed", "revealed", "dealt", "confirmed", "")
    table(f"{state.manifest.title}: {state.stage.name.lower()}, {state.threshold} decrypt together", columns, rows)
    for trustee, dealer in sorted(state.complaints):
        say(f"Trustee {trustee} complains about the share of trustee {dealer}, which has not answered.")


# ── Counting ────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def decrypt(
    path: SecretPath,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the shares there, to a new file; else they are printed.")
    ] = None,
    secret_password_file: SecretPassword = None,
    as_json: AsJson = False,
) -> None:
    """Make this trustee's shares of all groups' sums, for whoever counts, as JSON. Nothing is sent.

    Waits until the block that fixed the groups is final. Every node of MUNIMENT_RPC_URLS must show the same sums.
    """
    desk, secret, state, _ = _begin(path, secret_password_file, signing=False)
    state.secret_key(secret)  # what is wrong with it is told before any waiting
    with _bar("Decrypting") as report:
        state, box = agreed_box(desk.nodes, desk.deployment, secret.setup, partial(_wait, report))
        made, member = state.secret_key(secret), state.member(secret.trustee)
        file = tallying.make_shares(box, member.place, made, partial(report, "Decrypting"))
    told = json.dumps(tallying.to_json(file))
    if out is not None:
        try:
            with out.open("x", encoding="ascii") as written:
                written.write(told + "\n")
        except FileExistsError:
            raise Refused("FileExists", path=str(out)) from None
        except OSError as error:
            raise Refused("FileUnwritable", path=str(out), cause=str(error.strerror)) from None
    if as_json or out is None:
        sys.stdout.write(told + "\n")
    else:
        say(f"Wrote the shares of {len(file.shares)} sums to {out}. Hand the file to whoever counts; it is no secret.")
    if len(desk.nodes) == 1:
        err.print(ONE_NODE)


@app.command()
def tally(
    setup: Setup,
    paths: Annotated[list[Path], typer.Argument(metavar="SHARES…", help="Share files of enough trustees.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put trustees' shares together, find the counts and publish them; what is published already is left out."""
    desk = Desk(Settings.load())
    state = desk.newest(setup)
    box = tallying.read_box(desk.rpc, desk.deployment, state)
    files = [tallying.read_shares(path) for path in paths]
    signer = desk.counter(box.address)
    sender, waiting = desk.sender(signer), deque[Started]()
    results: list[dict[str, Any]] = []
    gas, bad = 0, set[int]()
    with _bar("Counting") as report:
        for count in tallying.counts_of(box, files, state.keys, state.threshold, report):
            data = tallying.encode_count(desk.deployment, count)
            if dry_run:
                try_call(desk.rpc, desk.deployment, signer.address, box.address, data)
            else:
                waiting.append(sender.start(box.address, data))
            if len(waiting) > IN_FLIGHT:
                gas += sender.finish(waiting.popleft()).gas
            bad |= set(count.bad)
            results.append({"group": count.group, "contest": count.contest, "counts": list(count.counts)})
        gas += sum(sender.finish(started).gas for started in waiting)
    if as_json:
        emit_json({"box": box.address, "counted": results, "bad": sorted(bad), "gas": gas, "dryRun": dry_run})
        return
    rows = ((one["group"], one["contest"], ", ".join(map(str, one["counts"]))) for one in results)
    table("Counted" if not dry_run else "Would be counted", ("group", "contest", "counts"), rows)
    for place in sorted(bad):
        say(f"A share of trustee {place} is not proven; another's was used in its place.")


def _begin(
    path: Path, secret_password_file: Path | None, *, signing: bool = True
) -> tuple[Desk, TrusteeSecret, CeremonyState, Member]:
    """Open the secret and look at its ceremony. Raises Refused when the keystore is not the secret's trustee's."""
    desk = Desk(Settings.load())
    secret = desk.open(path, secret_password_file)
    if signing and desk.signer.address != secret.trustee:
        raise Refused("KeystoreOfOther", account=desk.signer.address, trustee=secret.trustee)
    state = desk.agreed(secret.setup)
    return desk, secret, state, state.member(secret.trustee)


def _received(state: CeremonyState, secret: TrusteeSecret) -> tuple[dict[int, int], list[Member]]:
    """The shares that fit, and who dealt one that does not. Raises Refused before all have dealt."""
    if state.stage is not CeremonyStage.REVIEW:
        _refuse_stage(state, CeremonyStage.REVIEW)
    return state.received(secret)


def _places(places: Sequence[int]) -> str:
    return f"trustees {', '.join(map(str, places))}" if places else "no other trustee"


def _refuse_stage(state: CeremonyState, needed: CeremonyStage) -> None:
    raise Refused("StageRefused", setup=state.setup, present=int(state.stage), needed=int(needed))


def _password(path: Path | None, what: str, *, confirm: bool = False) -> str:
    """From a file, or typed at a terminal."""
    if path is not None:
        return read_password(path)
    if not sys.stdin.isatty():
        raise Refused("PasswordMissing")
    return str(typer.prompt(f"Password of the {what}", hide_input=True, confirmation_prompt=confirm, err=True))


@contextmanager
def _bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    with progress() as bars:
        bar = bars.add_task(title, total=None)

        def report(what: str, done: int, of: int) -> None:
            bars.update(bar, description=what, completed=done, total=of)

        yield report


def _wait(report: Callable[[str, int, int], None], block: int, final: int) -> None:
    report(f"The groups can still change; waiting until block {block} is final", final, block)


def _sent(as_json: bool, done: str, sent: Sent | None, following: str, **more: Any) -> None:
    if sent is None:
        _tell(as_json, {"done": done, "dryRun": True, **more}, "The chain would take it. Nothing was sent.")
        return
    told = {"done": done, "transaction": sent.hash, "block": sent.block, "gas": sent.gas, **more}
    _tell(as_json, told, f"Sent in block {sent.block}. {following}")


def _tell(as_json: bool, told: dict[str, Any], text: str) -> None:
    if as_json:
        emit_json(told)
    else:
        say(text)
