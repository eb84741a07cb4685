"""Names of companies: which are taken, and the key under which those that look alike meet (Unicode TR39).

The key is keccak256 of a skeleton, and stands on the chain for ever: the library that says what looks alike is pinned
to one version, so that anyone can reckon a key again.
"""

import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache

from confusable_homoglyphs import categories
from confusable_homoglyphs.confusables import confusables_data

from muniment.errors import Refused
from muniment.hashing import keccak

LONGEST = 120  # bytes of UTF-8, as the contract has it

# Letters that European alphabets have beside ASCII and its accents. Others of the Latin script (phonetic signs, small
# capitals, turned letters) are on nobody's keyboard, and are there to deceive.
_LATIN = set("æœøþðßđħıłŋŧƏəẞÆŒØÞÐĐĦŁŊŦ")
# Scripts that one language writes together (UTS 39, section 5.1).
_TOGETHER: tuple[set[str], ...] = ({"HAN", "HIRAGANA", "KATAKANA"}, {"HAN", "HANGUL"}, {"HAN", "BOPOMOFO"})
_EAST_ASIAN = set[str]().union(*_TOGETHER)
_NO_SCRIPT = {"COMMON", "INHERITED"}
_MOST_WORDS = 4  # of a legal form: "S. à r. l."
_MOST_MARKS = 2  # on one letter, in scripts other than the Latin one
_WITHIN = "./'’"  # inside a word: "S.A.", "A/S", "O'Neill"
_SIGNS = set("&+-–—'’‘\"“”„«»!?.,:;/()@#%*·・")  # none of them looks like a letter
_LEGAL_FORMS = (
    "oü", "ou", "as", "uü", "fie", "tü", "mtü", "sa", "sia", "ik", "uab", "ab", "mb", "hb", "kb", "oy", "oyj", "ky",
    "ay", "aps", "ks", "asa", "ans", "da", "hf", "ehf", "ltd", "limited", "plc", "llp", "llc", "lp", "inc",
    "incorporated", "corp", "corporation", "co", "company",
    "osaühing", "aktsiaselts", "usaldusühing", "täisühing", "gmbh", "ug", "ag", "kg", "ohg", "se", "ev", "eg", "sarl",
    "sàrl", "sas", "sasu", "eurl", "snc", "bv", "nv", "vof", "bvba", "srl", "spa", "sapa", "sl", "slu", "lda", "ltda",
    "spzoo", "sro", "doo", "dd", "kft", "zrt", "nyrt", "bt", "ead", "ood", "eood", "ae", "epe", "оао", "ооо", "зао",
    "ао",
)  # fmt: skip
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # Unicode general categories
# Letters by their looks, though Unicode calls them none.
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\u034f", "\u17b4", "\u17b5"}


def normalise(name: str) -> str:
    """The name as it is registered: NFKC, single spaces, none around.

    Raises Refused: NameInvisible, NameMissing, NameTooLong, NameMixedScripts, NameSignRefused, NameConfusable.
    """
    if any(unicodedata.category(letter) in _INVISIBLE or letter in _FILLERS for letter in name):
        raise Refused("NameInvisible")
    for letter in name:
        if _becomes_another(letter):
            raise Refused("NameConfusable", letter=letter)
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    # NFKC may bring forth what was hidden in a compatible form.
    if any(unicodedata.category(letter) in _INVISIBLE or letter in _FILLERS for letter in name):
        raise Refused("NameInvisible")
    if not any(letter.isalnum() for letter in name):
        raise Refused("NameMissing")
    if len(name.encode()) > LONGEST:
        raise Refused("NameTooLong", length=len(name.encode()), longest=LONGEST)
    _check_scripts(name)
    return name


def skeleton(name: str) -> str:
    """What is left of a normalised name when look-alikes, case, spaces, punctuation and the legal form are taken away.

    Of two names of one skeleton only one can be registered. Raises Refused as `normalise`.
    """
    name = normalise(name)
    script = _script(name)
    words = [made for word in _words(name) if (made := _skeleton(word, script))]
    legal = {_skeleton(form, script) for form in _LEGAL_FORMS}
    while count := _count(lambda count: words[-count:], len(words), legal):
        del words[-count:]
    while count := _count(lambda count: words[:count], len(words), legal):
        del words[:count]
    return "".join(words)


def _count(cut: Callable[[int], list[str]], words: int, legal: set[str]) -> int:
    """How many words at one end are a legal form, which may be written apart: "Sp. z o.o."; something is left."""
    counts = range(1, min(_MOST_WORDS, words - 1) + 1)
    return next((count for count in counts if "".join(cut(count)) in legal), 0)


def name_key(name: str) -> str:
    """keccak256 of the skeleton in UTF-8. Raises Refused as `normalise`."""
    return keccak(skeleton(name).encode())


def bare(text: str) -> str:
    """Words of any script without case, accents, signs, and letters that nobody sees; Latin where they look so."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    seen = (letter for letter in plain if letter not in _FILLERS and not _is_mark(letter))
    return " ".join("".join(_latin(letter) if letter.isalnum() else " " for letter in seen).split())


@cache
def _latin(letter: str) -> str:
    """The Latin letter or digit that a letter could be taken for; itself where there is none."""
    alike = {letter} | {other for form in (letter, letter.upper()) for other in _alike(form) | {form}}
    plain = [other for other in alike if other.isascii() and other.isalnum() and len(other) == 1]
    return _look(min(plain), "LATIN") if plain else letter


def _words(name: str) -> list[str]:
    """Words as legal forms are written: "S.A." and "A/S" are one word each."""
    return "".join(letter if _is_read(letter) or letter in _WITHIN else " " for letter in name).split()


def _skeleton(word: str, script: str) -> str:
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", word).casefold())
    # A capital I with a dot folds to an i with one more, that nobody sees.
    folded = re.sub("(?<=[ij])\u0307", "", folded)
    if script == "GREEK":
        folded = folded.replace("\u0301", "")  # capitals are written without
    return "".join(_look(letter, script) for letter in folded if _is_read(letter))


def _is_read(letter: str) -> bool:
    """Whether it is a letter, a digit or an accent or vowel on one."""
    return letter.isalnum() or _is_mark(letter)


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


def _check_letters(name: str, script: str) -> None:
    """Refuse odd signs, odd Latin letters, and letters under a heap of accents."""
    marks = 0
    for letter in name:
        is_mark = _is_mark(letter)
        marks = marks + 1 if is_mark else 0
        if not (_is_read(letter) or letter == " " or letter in _SIGNS):
            raise Refused("NameSignRefused", sign=letter)
        if script not in ("LATIN", "COMMON"):
            odd = marks > _MOST_MARKS
        else:
            base = unicodedata.normalize("NFD", letter)[0]
            # NFC has composed every accent that an alphabet knows.
            odd = is_mark or (letter.isalnum() and not (_is_plain_latin(base) or base in string.digits))
        if odd:
            raise Refused("NameConfusable", letter=letter)


def _check_scripts(name: str) -> None:
    """Refuse a name in several scripts, and one that could be taken for a Latin one."""
    scripts = {categories.alias(letter) for letter in name} - _NO_SCRIPT
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise Refused("NameMixedScripts", scripts=", ".join(sorted(script.title() for script in scripts)))
    script = _script(name)
    _check_letters(name, script)
    if script in ("LATIN", "COMMON"):
        return
    for form in (name, name.upper(), name.lower()):
        written = [letter for letter in form if letter.isalnum()]
        if all(letter.isdigit() or any(map(_is_plain_latin, _alike(letter))) for letter in written):
            raise Refused("NameConfusable", letter=written[0])


def _script(name: str) -> str:
    """The script of a name that has one; the first in the alphabet of those that are written together."""
    return min({categories.alias(letter) for letter in name} - _NO_SCRIPT, default="COMMON")


def _is_plain_latin(letter: str) -> bool:
    return (letter.isascii() and letter.isalpha()) or letter in _LATIN


@cache
def _look(letter: str, script: str) -> str:
    """One for all letters of the script that look like this one, in either case; several, as "rn" for "m"."""
    alike, todo = {letter}, [letter]
    several: set[str] = set()
    while todo:
        one = todo.pop()
        for other in _alike(one) | {one.lower(), one.upper()}:
            if len(other) > 1:
                several.add(other.casefold())
            elif other not in alike and _is_of(other, script):
                alike.add(other)
                todo.append(other)
    if several and not any(letter in longer for longer in several):
        return "".join(_look(part, script) for part in min(several))
    return min(alike)


@cache
def _becomes_another(letter: str) -> bool:
    """Whether NFKC makes of it a letter that it does not look like: of the long s an s, though it looks like an f."""
    plain = unicodedata.normalize("NFKC", letter)
    shown = {_look(other, "LATIN") for other in _alike(letter) if other.isascii() and len(other) == 1}
    return plain != letter and plain.isascii() and bool(shown) and _look(plain[0], "LATIN") not in shown


def _is_of(letter: str, script: str) -> bool:
    if script == "LATIN":
        return _is_plain_latin(letter) or letter in string.digits or _is_mark(letter)
    # One language writes these together, and a kana looks like another or like a Han letter.
    scripts = _EAST_ASIAN if script in _EAST_ASIAN else {script}
    return categories.alias(letter) in scripts | _NO_SCRIPT


@cache
def _alike(letter: str) -> frozenset[str]:
    """What the letter looks like. The library's data is a star around each prototype, written in both directions."""
    near = _linked(letter)
    prototypes = near if len(near) == 1 else set()
    return frozenset(near | {other for prototype in prototypes for other in _linked(prototype)} - {letter})


def _linked(letter: str) -> set[str]:
    # Right-to-left letters stand between marks of direction.
    found = confusables_data.get(letter) or confusables_data.get(f"\u200e{letter}\u200e") or []
    return {link["c"].strip("\u200e") for link in found}
