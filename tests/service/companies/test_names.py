"""Names of companies: what looks alike meets in one key or is refused, and what is different stays so."""

import re
import string
import unicodedata

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.companies.names import name_key, normalise, skeleton

LETTERS = string.ascii_letters + string.digits
REASONS = {"NameInvisible", "NameMissing", "NameTooLong", "NameMixedScripts", "NameSignRefused", "NameConfusable"}
WORDS = st.text(LETTERS, min_size=6, max_size=12)


def read_aloud(word: str) -> str:
    """What the eye makes of ASCII letters, written down independently of the library."""
    for seen, shown in (("[il1]", "1"), ("[o0]", "0"), ("m", "rn")):
        word = re.sub(seen, shown, word.lower())
    return word


@st.composite
def look_alikes(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the same with some letters replaced by what Unicode says looks like them."""
    word = draw(WORDS)
    forged = ""
    for letter in word:
        alike = [link["c"].strip("\u200e") for link in confusables_data.get(letter, ())]
        forged += draw(st.sampled_from([letter, letter.swapcase(), *alike]))
    return word, forged


def key_or_reason(name: str) -> str:
    """The key; or "a reason" when it is refused by one that the catalogue has."""
    try:
        return name_key(name)
    except Refused as refused:
        return "a reason" if refused.name in REASONS else refused.name


@given(look_alikes())
def test_look_alikes_meet_or_are_refused(pair: tuple[str, str]) -> None:
    """No replacement that Unicode lists may pass for another name."""
    word, forged = pair
    assert key_or_reason(forged) in (name_key(word), "a reason"), (word, forged)


@pytest.mark.parametrize("letter", LETTERS)
def test_every_look_alike_meets_or_is_refused(letter: str) -> None:
    """No single replacement that Unicode lists may pass for another name."""
    for other in confusables_data.get(letter, ()):
        forged = "kvkvk" + other["c"].strip("\u200e")
        assert key_or_reason(forged) in (name_key("kvkvk" + letter), "a reason"), forged


@given(WORDS, WORDS)
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    """Names that the eye tells apart must both be free, and no others."""
    assert (name_key(one) == name_key(other)) == (read_aloud(one) == read_aloud(other))


@given(st.text(max_size=60))
def test_any_text_has_a_key_or_a_reason(text: str) -> None:
    """Whatever is sent must be refused by name or be written one way only, in which it comes out the same again."""
    if key_or_reason(text) == "a reason":
        return
    name = normalise(text)
    assert normalise(name) == name
    assert name_key(text) == name_key(name) == keccak(skeleton(name).encode())
    assert skeleton(name)
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)


@pytest.mark.parametrize(
    "alike",
    [
        "MUNIMENT AS", "muniment", "  Muniment   OÜ ", "Muniment, Ltd.", "Muniment GmbH", "OÜ Muniment", "Mun-i-ment",
        "Ｍｕｎｉｍｅｎｔ", "𝐌uniment", "Munirnent", "Mun1ment", "Munlment", "MUNIMENT A/S", "Muniment Oy Ab",
        "Muniment S.A.",
    ],
)  # fmt: skip
def test_one_company_under_many_forms(alike: str) -> None:
    """Case, spaces, fullwidth letters, l/1/I, rn/m and the legal form must not make another name."""
    assert name_key(alike) == name_key("Muniment OÜ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PayPal", "PAYPAI"), ("G00gle", "Google"), ("Élan", "E\u0301lan"), ("Brăila", "Brǎila"), ("Đoko", "Ðoko"),
        ("Straße", "STRASSE"), ("İzmir", "Izmir"), ("Дружба", "ДРУЖБА"), ("Ελλάδα", "ΕΛΛΑΔΑ"), ("Țara", "Ţara"),
    ],
)  # fmt: skip
def test_pairs_that_meet(one: str, other: str) -> None:
    """Such pairs must be one name."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nova", "Vona"), ("Elan", "Élan"), ("Lodz", "Łódź"), ("Tartu", "Taftu"), ("Alfa 1", "Alfa 2"),
        ("Oyster", "ster"),
        ("AS", "OÜ"), ("Assa", "Sa"), ("हिन्दी", "हिन्द"), ("Дружба", "Служба"), ("東京", "京都"),
    ],
)  # fmt: skip
def test_pairs_that_do_not_meet(one: str, other: str) -> None:
    """Really different names must not be taken for one."""
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Мuniment", "NameMixedScripts"),  # Cyrillic М
        ("Munimentοs", "NameMixedScripts"),  # Greek ο
        ("٠abc", "NameMixedScripts"),
        ("СОСО", "NameConfusable"),  # Cyrillic throughout
        ("сосо", "NameConfusable"),
        ("ΝΟΒΑ", "NameConfusable"),  # Greek throughout
        ("ᴍuniment", "NameConfusable"),
        ("x\u0303x", "NameConfusable"),
        ("PayPa|", "NameSignRefused"),
        ("Ca$h", "NameSignRefused"),
        ("Muni\u200dment", "NameInvisible"),
        ("Muni\u202ement", "NameInvisible"),
        ("Muni\u00adment", "NameInvisible"),
        ("Muni\nment", "NameInvisible"),
        ("Muni\u3164ment", "NameInvisible"),
        ("Muni\ud800ment", "NameInvisible"),
        ("", "NameMissing"),
        (" .- ", "NameMissing"),
        ("a" * 121, "NameTooLong"),
        ("東" * 41, "NameTooLong"),
    ],
)
def test_what_is_no_name(name: str, reason: str) -> None:
    """What deceives, cannot be seen or is none must be refused, each for its own reason."""
    with pytest.raises(Refused) as told:
        normalise(name)
    assert told.value.name == reason


def test_a_name_is_written_one_way() -> None:
    """What is registered must be the name in NFKC with single spaces, its case kept."""
    assert normalise("  Munime\u0301nt \u00a0 O\u00dc ") == "Munimént OÜ"


def test_the_longest_name_fits() -> None:
    """120 bytes, the contract's own limit, must pass."""
    assert len(normalise("õ" * 60).encode()) == 120


def test_keys_stay_what_they_are() -> None:
    """Keys stand on the chain for ever: another version of the library or of this code must give the same."""
    assert skeleton("Muniment OÜ") == "RNUN1RNENT"
    assert name_key("Muniment OÜ") == keccak(b"RNUN1RNENT")


@pytest.mark.parametrize(
    "name",
    ["Kalev O Ü", "Kalev O. Ü.", "Kalev Sp. z o.o.", "Kalev S.à r.l.", "Kalev Sàrl", "Osaühing Kalev", "AS Ka lev"],
)
def test_a_legal_form_written_apart(name: str) -> None:
    """However it is spaced, a legal form must tell no two names apart."""
    assert skeleton(name) == skeleton("Kalev")


@pytest.mark.parametrize("pair", ["へヘ", "カ力", "ロ口", "二ニ", "タ夕"])
def test_scripts_that_are_written_together(pair: str) -> None:
    """Kana that look like other kana or like Han letters must meet in one key."""
    assert name_key(f"{pair[0]}京") == name_key(f"{pair[1]}京")
    assert name_key("東京") != name_key("京東")
