"""What must not be in the repository."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    """Every file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_registry_host_is_named() -> None:
    """No file must name a package registry's host: a network may reach packages through one of its own."""
    hosts = re.compile(r"python" r"hosted\.org|py" r"pi\.org|npm" r"js\.(org|com)|deb\." r"debian\.org")
    for path in tracked():
        assert not hosts.search(path.read_text(errors="replace")), path


def test_no_environment_file_or_key_is_tracked() -> None:
    """Secrets must stay out of git: no .env, no keystore, no private key in hex."""
    for path in tracked():
        assert path.name != ".env", path
        if path.suffix in {".json", ".env", ".example", ".yaml", ".toml"}:
            text = path.read_text(errors="replace")
            assert not ('"ciphertext"' in text and '"kdf"' in text), f"{path} looks like a keystore"
            assert not re.search(r"(?i)(private_?key|secret)\W+0x[0-9a-f]{64}", text), path


def test_every_lock_pins_by_hash() -> None:
    """Each locked Python package must carry a hash, each npm package an integrity value."""
    for lock in ROOT.glob("requirements*.lock"):
        for block in re.split(r"\n(?=\S)", lock.read_text()):
            if "==" in block.splitlines()[0] and not block.startswith("#"):
                assert "--hash=sha256:" in block, f"{lock.name}: {block.splitlines()[0]}"
    packages = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in packages
