"""The built files of dapp/: which hashed file each entry became, and serving them for ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parents[2] / "dapp" / "dist"
ENTRIES = {
    "styles": "src/styles/main.scss",
    "icon": "src/styles/icon.svg",
    "ballot_election": "src/ballots/pages/election.ts",
    "ballot_enrol": "src/ballots/pages/enrol.ts",
    "ballot_paper": "src/ballots/pages/paper.ts",
    "ballot_test": "src/ballots/pages/test.ts",
    "ballot_track": "src/ballots/pages/track.ts",
    "ballot_verify": "src/ballots/pages/verify.ts",
    "ballot_vote": "src/ballots/pages/vote.ts",
    "bind": "src/identity/bind.ts",
    "check": "src/land/check.ts",
    "company": "src/identity/company.ts",
    "deposit": "src/land/deposit.ts",
    "draft": "src/land/draft.ts",
    "sign": "src/identity/sign.ts",
    "verify": "src/documents/page.ts",
}


class AssetsMissing(Exception):
    """The pages' styles and scripts were not built."""


@dataclass(frozen=True)
class Assets:
    """Entry name → address under /static."""

    folder: Path
    paths: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = DIST) -> Self:
        """Read Vite's manifest. Raises AssetsMissing with what to run."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            return cls(folder, {name: f"/static/{manifest[source]['file']}" for name, source in ENTRIES.items()})
        except (OSError, ValueError, KeyError) as error:
            raise AssetsMissing(f"The pages' files are not built at {folder}; run npm run build.") from error

    def __getitem__(self, name: str) -> str:
        return self.paths[name]


class HashedFiles(StaticFiles):
    """Files whose names change with their content: browsers may keep them for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file; the manifest and whatever else lies beside the assets is nobody's business."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
