"""Settings: read from the environment, refused in one sentence."""

from pathlib import Path

import pytest

from muniment.config import SettingRefused, Settings


def test_defaults() -> None:
    """Must run on a developer's machine without any setting."""
    settings = Settings.load({})
    assert settings.rpc_urls == ("http://127.0.0.1:8545",)
    assert settings.deployment_path == Path("deployments/local.json")


def test_values() -> None:
    """Must read every kind of value, in its unit."""
    settings = Settings.load(
        {
            "MUNIMENT_NETWORK": "sepolia",
            "MUNIMENT_RPC_URLS": "https://one.example/key, http://two.example/",
            "MUNIMENT_MAX_FEE_GWEI": "0.5",
            "MUNIMENT_PORT": "9000",
            "MUNIMENT_KEYSTORE": "",
            "HOME": "/root",
        }
    )
    assert settings.rpc_urls == ("https://one.example/key", "http://two.example")
    assert settings.max_fee_wei == 500_000_000
    assert settings.public_url == "http://127.0.0.1:9000"
    assert settings.keystore is None


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must read `.env` of the working directory, and prefer the real environment."""
    (tmp_path / ".env").write_text("MUNIMENT_PORT=1111\nMUNIMENT_HOST=0.0.0.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUNIMENT_PORT", "2222")
    monkeypatch.delenv("MUNIMENT_HOST", raising=False)
    settings = Settings.load()
    assert (settings.host, settings.port) == ("0.0.0.0", 2222)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MUNIMENT_RPC_URL", "http://127.0.0.1", "did you mean MUNIMENT_RPC_URLS"),
        ("MUNIMENT_RPC_URLS", "ftp://x", "http://127.0.0.1:8545"),
        ("MUNIMENT_NETWORK", "../secret", "network's name"),
        ("MUNIMENT_DATABASE_URL", "mysql://secret", "sqlite:///"),
        ("MUNIMENT_MAX_FEE_GWEI", "-1", "such as 50"),
        ("MUNIMENT_MAX_FEE_GWEI", "1e999999999", "such as 50"),
        ("MUNIMENT_MAX_FEE_GWEI", "0.0000000001", "such as 50"),
        ("MUNIMENT_MAX_FEE_GWEI", "NaN", "such as 50"),
        ("MUNIMENT_BUMP_AFTER_BLOCKS", "0", "from 1 to"),
        ("MUNIMENT_PORT", "70000", "0 to 65535"),
        ("MUNIMENT_PORT", "٨٠", "0 to 65535"),
        ("MUNIMENT_KEYSTORE", "/no/such/file", "no such file"),
        ("MUNIMENT_PUBLIC_URL", "example.org", "http://"),
    ],
)
def test_refused(name: str, value: str, says: str) -> None:
    """Must name the setting and say what to write, in one sentence, without repeating a password."""
    with pytest.raises(SettingRefused, match=says) as refused:
        Settings.load({name: value})
    assert str(refused.value).startswith(name)
    assert "secret" not in str(refused.value) or name == "MUNIMENT_NETWORK"


def test_settings_of_the_scripts() -> None:
    """Must leave alone what the scripts keep in the same file."""
    Settings.load({"MUNIMENT_ROOT_KEYSTORE": "x", "MUNIMENT_DEPLOYER_KEYSTORE": "x", "MUNIMENT_SEPOLIA_RPC_URL": "x"})
