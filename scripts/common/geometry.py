"""A parcel's geometry as the service takes it: its canonical form, hash and area."""

import json
from pathlib import Path
from typing import Any

from scripts.common import settings
from scripts.common.settings import Misused


def of(text: str) -> tuple[bytes, int | None]:
    """The geometry's hash and area in square decimetres, from a GeoJSON file of one parcel; or the hash alone."""
    from muniment.errors import Refused  # imported late: geometry takes a second
    from muniment.land.geometry import canonical_geometry
    from muniment.sentences import sentence_of

    if text.startswith("0x"):
        return bytes.fromhex(settings.hash32(text, "a geometry")[2:]), None
    try:
        found = canonical_geometry(_geometry_in(json.loads(Path(text).read_text(encoding="utf-8"))))
    except OSError as error:
        raise Misused(f"{text} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Misused(f"{text} is no GeoJSON.") from None
    except Refused as error:
        raise Misused(f"{text}: {sentence_of(error)}") from None
    return bytes.fromhex(found.hash[2:]), found.area_dm2


def _geometry_in(given: Any) -> Any:
    """The geometry itself, or that of the one feature."""
    features = given.get("features") if isinstance(given, dict) else None
    if isinstance(features, list) and len(features) == 1:
        given = features[0]
    return given.get("geometry") if isinstance(given, dict) and given.get("type") == "Feature" else given
