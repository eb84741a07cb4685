"""Reading features one by one: a broken one costs no other, and each is told by its line."""

import json
from typing import Any

import pytest

from muniment.errors import Refused
from muniment.land.features import FeatureReader
from muniment.land.jsontext import decode


def feature(number: int) -> str:
    """A whole feature in one line."""
    return json.dumps({"type": "Feature", "id": number, "properties": {"note": "a } b ] c"}, "geometry": None})


def read(text: str | bytes) -> list[tuple[int, Any]]:
    """Line and id of each feature, or line and name of the error."""
    reader = FeatureReader(decode(text if isinstance(text, bytes) else text.encode()))
    return [(piece.line, piece.error.name if piece.error else piece.value["id"]) for piece in reader.pieces()]


def lines(*pieces: str) -> str:
    """A collection with one feature a line, from line 2 on."""
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(pieces) + "\n]}\n"


def one_line(*pieces: str) -> str:
    """A collection in a single line."""
    return '{"type":"FeatureCollection","features":[' + ",".join(pieces) + "]}"


BROKEN = {
    "a number is missing": '{"type":"Feature","id":9,"geometry":{"coordinates":[[1,]]}}',
    "a quotation mark is missing": '{"type":"Feature","id":"9,"geometry":{"coordinates":[[1,2]]}}',
    "a bracket is missing": '{"type":"Feature","id":9,"geometry":{"coordinates":[[1,2]}}',
    "a brace is missing": '{"type":"Feature","id":9,"geometry":{"coordinates":[[1,2]]}',
    "a brace is too many": '{"type":"Feature","id":9}}',
    "it is cut off": '{"type":"Feature","id":9,"geom',
    "it is no JSON at all": "What is this?",
    "it has a bare word": '{"type":"Feature","id":nil}',
    "it has single quotes": "{'type':'Feature','id':9}",
    "it has NaN": '{"type":"Feature","id":9,"geometry":[NaN]}',
    "it has an endless number": '{"type":"Feature","id":' + "9" * 5000 + "}",
    "a name stands twice": '{"type":"Feature","id":9,"id":8}',
    "it is nested too deep": '{"type":"Feature","id":9,"geometry":' + "[" * 100_000 + "]" * 100_000 + "}",
    "it has a raw tabulator in a string": '{"type":"Feature","id":"\t"}',
}


@pytest.mark.parametrize("layout", [lines, one_line])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_feature_costs_no_other(layout: Any, broken: str) -> None:
    """The features before and after a broken one must be read, and it must be reported, in either layout."""
    if layout is one_line and broken == "What is this?":
        pytest.skip("in one line, a word that is no value cannot be told from what stands between features")
    found = read(layout(feature(1), broken, feature(2), feature(3)))
    assert [told for _, told in found if isinstance(told, int)][:1] == [1]
    assert [told for _, told in found if isinstance(told, int)][-2:] == [2, 3]
    assert any(isinstance(told, str) for _, told in found)
    if layout is lines:
        assert next(line for line, told in found if isinstance(told, str)) == 3
        assert [line for line, told in found if told in (2, 3)] == [4, 5]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_feature_in_an_indented_file_costs_no_other(broken: str) -> None:
    """In a file with one member a line, reading must resume at the next feature and not inside the broken one."""
    whole = [json.dumps(json.loads(feature(number)), indent=2).replace("\n", "\n    ") for number in (1, 2)]
    text = '{\n  "type": "FeatureCollection",\n  "features": [\n    ' + ",\n    ".join([whole[0], broken, whole[1]])
    found = read(text + "\n  ]\n}\n")
    assert [told for _, told in found if told in (1, 2)] == [1, 2]
    assert next(line for line, told in found if isinstance(told, str)) == 4 + whole[0].count("\n") + 1


@pytest.mark.parametrize("layout", [lines, one_line])
def test_every_feature_broken_is_every_feature_reported(layout: Any) -> None:
    """Fifty broken features must give fifty reports, and end."""
    broken = [f'{{"type":"Feature","id":{n},"geometry":[1,}}' for n in range(50)]
    assert [told for _, told in read(layout(*broken))] == ["FeatureNotJson"] * 50


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    """Files saved on Windows must be read, and lines counted as an editor counts them."""
    text = lines(feature(1), feature(2)).replace("\n", "\r\n")
    assert read(b"\xef\xbb\xbf" + text.encode()) == [(2, 1), (3, 2)]


def test_bytes_that_are_no_utf8_cost_one_feature() -> None:
    """A feature in another encoding must be reported; the others must be read."""
    text = lines(feature(1), '{"type":"Feature","id":"Gävle"}', feature(2)).encode("latin-1")
    assert read(text) == [(2, 1), (3, "BytesNotUtf8"), (4, 2)]


def test_a_file_cut_off_in_the_middle_gives_what_it_has() -> None:
    """A download that broke off must give its whole features and one report for the rest."""
    whole = lines(*(feature(n) for n in range(1, 6)))
    assert read(whole[: whole.index('"id": 4')]) == [(2, 1), (3, 2), (4, 3), (5, "FeatureNotJson")]


@pytest.mark.parametrize(
    "text", ["", " ", "[]", "7", "null", '"features"', "{", "{}", '{"features":7}', '{"features"}', "PK\x03\x04"]
)
def test_what_is_no_collection_is_refused(text: str) -> None:
    """A file without a feature list must be refused as a whole."""
    with pytest.raises(Refused, match="NotGeoJson"):
        read(text)


def test_utf16_is_refused_in_one_sentence() -> None:
    """UTF-16 must be recognised by its mark and refused, not reported feature by feature."""
    with pytest.raises(Refused, match="FileNotUtf8"):
        read(lines(feature(1)).encode("utf-16"))


@pytest.mark.parametrize("tail", [',"crs":{"a":1}}', "}  \n", ',"name":"x","bbox":[1,2]}'])
def test_members_after_the_features_are_kept(tail: str) -> None:
    """What follows the list must be known, since a coordinate system may stand there."""
    reader = FeatureReader('{"type":"FeatureCollection","features":[]' + tail)
    assert list(reader.pieces()) == []
    assert reader.whole
    assert reader.members["type"] == "FeatureCollection"


@pytest.mark.parametrize("tail", ["", "} x", ',"a":}', ',"features":[]}', ',"type":1}'])
def test_a_damaged_tail_is_reported_after_the_features(tail: str) -> None:
    """Text that is wrong behind the list must be told, and take nothing back."""
    text = '{"type":"FeatureCollection","features":[' + feature(1) + "]" + tail
    assert [told for _, told in read(text)] == [1, "TailNotJson"]


def test_ten_megabytes_in_one_line_are_read_quickly() -> None:
    """A large file in one line must be read in linear time, with its features broken or whole."""
    broken = [f'{{"type":"Feature","id":{n},"geometry":[{"1," * 400}}}' if n % 3 else feature(n) for n in range(15_000)]
    found = read(one_line(*broken))
    assert sum(isinstance(told, int) for _, told in found) == 5_000
    assert len(found) == 15_000


def test_what_stands_inside_a_broken_feature_is_no_feature() -> None:
    """In an indented file an object on a line of its own, deeper than the features, must not be taken for the next."""
    broken = '  {\n    "type": "Feature",\n    "was": [\n      ' + feature(8) + "\n    ],\n    oops\n  }"
    text = '{"features": [\n' + broken + ",\n  " + feature(1) + "\n]}"
    assert read(text) == [(2, "FeatureNotJson"), (9, 1)]


@pytest.mark.parametrize("length", [16_300, 16_384, 70_000, 300_000])
def test_long_features_are_read_whole(length: int) -> None:
    """A feature of any length must be read, and an error far inside it be told by its line."""
    long = json.dumps({"type": "Feature", "id": 7, "note": "n" * length, "geometry": [[1, 2]] * (length // 8)})
    assert read(lines(feature(1), long, feature(2))) == [(2, 1), (3, 7), (4, 2)]
    assert read(lines(feature(1), long[:-1] + ",}", feature(2))) == [(2, 1), (3, "FeatureNotJson"), (4, 2)]
