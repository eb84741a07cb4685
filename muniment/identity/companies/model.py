"""Companies as the chain knows them (`interfaces/identity/ICompanyRegistry.sol`), and what a filing gathers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Any, Self

from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak, keccak_words

CONTRACT = "CompanyRegistry"
COMPANY_DOMAIN = keccak(b"Muniment.Company.v1")
MOST_PERSONS = 16  # founders, and members of a board
LONGEST_NUMBER = 32  # bytes
LIFETIME = 7 * 24 * 3600  # seconds for which what a person signs can be used


class CompanyStatus(IntEnum):
    """Reserved: a name is held. Signed: the articles are signed. Released: given up or refused before entry."""

    NONE = 0
    RESERVED = 1
    SIGNED = 2
    ENTERED = 3
    RELEASED = 4
    STRUCK_OFF = 5


class FilingKind(StrEnum):
    """What many sign together: the founding, a change of what is on file, the end."""

    FOUNDING = "founding"
    CHANGE = "change"
    DISSOLUTION = "dissolution"


class Part(StrEnum):
    """In what part somebody signs: for the articles, for the company as it stands, or to take up a post."""

    ARTICLES = "articles"
    COMPANY = "company"
    POST = "post"


@dataclass(frozen=True)
class CompanyFile:
    """`CompanyFile` of the interface: ids and hashes as 0x hex, the board in ascending order."""

    threshold: int
    board: tuple[str, ...]
    contact: str
    articles: str
    address_hash: str

    def struct(self) -> dict[str, Any]:
        """As the contract and typed data take it."""
        return {
            "threshold": self.threshold,
            "board": list(self.board),
            "contact": self.contact,
            "articles": self.articles,
            "addressHash": self.address_hash,
        }

    @classmethod
    def of(cls, struct: Mapping[str, Any]) -> Self:
        """From the contract's event."""
        board = tuple(struct["board"])
        return cls(struct["threshold"], board, struct["contact"], struct["articles"], struct["addressHash"])

    def joining(self, previous: Self) -> tuple[str, ...]:
        """Who takes up a post by this file: everyone newly on the board, and a new contact; ascending."""
        new = set(self.board) - set(previous.board)
        return tuple(sorted(new | ({self.contact} - {previous.contact})))


def company_id(agency: str, name_key: str, applicant: str, nonce: int) -> str:
    """keccak256(abi.encode(keccak256("Muniment.Company.v1"), agency, nameKey, applicant, nonce))."""
    return keccak_words(COMPANY_DOMAIN, agency, name_key, applicant, nonce.to_bytes(32, "big"))


def persons(given: Iterable[str]) -> tuple[str, ...]:
    """Ids in small letters and ascending order, as the contract wants them. Raises Refused when one is there twice."""
    ordered = sorted(party.lower() for party in given)
    for one, next_one in pairwise(ordered):
        if one == next_one:
            raise Refused("PersonTwice", party=one)
    return tuple(ordered)


def check_file(file: CompanyFile, founders: tuple[str, ...] | None, applicant: str) -> None:
    """Refuse a file that the contract would refuse, before anybody signs. `founders` is None for a change."""
    if not file.board:
        raise Refused("BoardMissing")
    if len(file.board) > MOST_PERSONS or not 1 <= file.threshold <= len(file.board):
        raise Refused("BoardRefused", threshold=file.threshold, members=len(file.board))
    if founders is not None and (not 1 <= len(founders) <= MOST_PERSONS or applicant not in founders):
        raise Refused("FoundersRefused", founders=len(founders))
    if ZERO_HASH in (file.contact, file.address_hash):
        raise Refused("FileIncomplete")
    if file.articles == ZERO_HASH:
        raise Refused("ArticlesMissing", articles=file.articles)


def check_number(number: str) -> str:
    """The register's number of a company, trimmed. Raises Refused."""
    number = number.strip()
    if not 1 <= len(number.encode()) <= LONGEST_NUMBER or not number.isprintable():
        raise Refused("NumberRefused", length=len(number.encode()))
    return number
