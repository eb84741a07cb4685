"""Logs are read exactly as eth_abi reads them, and whatever the compiler would not have written is refused."""

import json
from typing import Any

import pytest
import rfc8785
from eth_abi import decode as decode_with_peer
from eth_abi import encode
from eth_abi.exceptions import DecodingError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from muniment.chain.codec import AbiTypeUnknown, codec_of
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.events import Decoder, MalformedLog
from muniment.chain.text import readable
from tests.service.chain.fake_node import abi_type, described, emitted

NAMES = {
    "AgencyRegistry": "RootProposed RootChanged AgencyRegistered AgencyScopesChanged AgencyStatusChanged AdminProposed "
    "AdminChanged OfficerAccredited OfficerRetired OfficerCompromised ActProposed ActConfirmed ActWithdrawn",
    "PartyRegistry": "PartyBound WalletRotated NonceCancelled RecoveryOrdered RecoveryBegun RecoveryVetoed "
    "RecoveryCancelled WalletRecovered Attested AttestationWithdrawn RepresentationSet RepresentationEnded "
    "PowerGranted PowerRevoked",
    "TitleRegistry": "RegisterSet TitleRegistered TitleAdmitted TitleFrozen FreezeLifted CaveatEntered CaveatWithdrawn "
    "NoticeSet NoticeCleared TitleConveyed TitleTransmitted TitleRectified GradeProposed GradeWithdrawn GradeChanged "
    "TitleSubdivided TitlesMerged NonceCancelled",
    "LienRegistry": "LienEntered LienDischarged LienPostponed LienAssigned InterestEntered InterestEnded "
    "EncumbrancesCarried NonceCancelled",
    "Conveyance": "SaleListed OfferAccepted ContractSigned SaleLodged SaleFinanced BillOfSaleSigned DutyPaid "
    "LienPaidOff SaleRegistered SaleCancelled SaleExpired NonceCancelled",
    "SaleEscrow": "RatesSet Deposited Released Refunded Withdrawn",
    "TitleMigration": "RootProposed RootWithdrawn RootFrozen RootFreezeLifted RootRefuted RootAnnulled TitleReleased",
    "TrusteeCeremony": "CeremonyBegun TrusteeCommitted TrusteeRevealed SharesDealt ShareComplained ComplaintAnswered "
    "ShareConfirmed TrusteeExcluded CeremonyCompleted CeremonyFailed ElectionOpened",
    "BallotBox": "BoxOpened ClosingPostponed BallotsCast BallotReplaced BallotSkipped BallotWithdrawn UnitsJoined "
    "GroupsFixed ContestCounted",
}
EVENTS = [(contract, name) for contract, names in NAMES.items() for name in names.split()]


def values(parameter: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Anything that Solidity can put into the parameter, as eth_abi takes it."""
    name = parameter["type"]
    if name.endswith("[]"):
        return st.lists(values({**parameter, "type": name[:-2]}), max_size=4)
    if name == "tuple":
        return st.tuples(*map(values, parameter["components"]))
    if name.startswith("uint"):
        top = 2 ** int(name[4:]) - 1
        return st.integers(0, top) | st.sampled_from([0, 1, top])
    if name == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if name == "string":
        return st.text(max_size=80) | st.sampled_from(['"\\\x00\x1f\x7f\u2028', "\ufffd", "Gävle Torp 1:1", "𝒳" * 25])
    if name == "bytes":
        return st.binary(max_size=100)
    if name == "bool":
        return st.booleans()
    size = int(name[5:])
    return st.binary(min_size=size, max_size=size)


def expected(parameter: dict[str, Any], value: Any) -> Any:
    """The value as an event's argument."""
    name = parameter["type"]
    if name.endswith("[]"):
        return [expected({**parameter, "type": name[:-2]}, each) for each in value]
    if name == "tuple":
        return {part["name"]: expected(part, each) for part, each in zip(parameter["components"], value, strict=True)}
    if name == "string":
        return readable(value.encode())
    return "0x" + value.hex() if isinstance(value, bytes) else value


def as_json(parameter: dict[str, Any], value: Any) -> Any:
    """The argument as JSON keeps it: integer types beyond 53 bits as decimal text."""
    name = parameter["type"]
    if name.endswith("[]"):
        return [as_json({**parameter, "type": name[:-2]}, each) for each in value]
    if name == "tuple":
        return {part["name"]: as_json(part, value[part["name"]]) for part in parameter["components"]}
    return str(value) if name.startswith("uint") and int(name[4:]) > 53 else value


def log_of(deployment: Deployment, contract: str, name: str, given_values: list[Any]) -> dict[str, Any]:
    """The log that a node would answer for the event with these values."""
    return {
        **emitted(deployment, contract, name, *given_values),
        "blockNumber": "0x11",
        "blockHash": "0x" + "AB" * 32,
        "transactionHash": "0x" + "cd" * 32,
        "logIndex": "0x3",
    }


def a_title(deployment: Deployment, ref: str = "12") -> dict[str, Any]:
    """A log of TitleRegistered with two holders."""
    shares = [(b"\x01" * 32, 1), (b"\x02" * 32, 2)]
    return log_of(
        deployment,
        "TitleRegistry",
        "TitleRegistered",
        [
            b"t" * 32,
            b"GB\0\0\0\0\0\0",
            b"a" * 32,
            "0x" + "0f" * 20,
            ref,
            b"g" * 32,
            5,
            3,
            3,
            shares,
            b"s" * 32,
            20260101,
        ],
    )


@pytest.fixture
def decoder(promised: Deployment) -> Decoder:
    """A decoder of all the contracts; making one takes as long as reading a hundred events."""
    return Decoder(promised)


@pytest.mark.parametrize(("contract", "name"), EVENTS)
@settings(max_examples=60)
@given(data=st.data())
def test_every_event_is_read_as_it_was_encoded(
    promised: Deployment, decoder: Decoder, contract: str, name: str, data: st.DataObject
) -> None:
    """Whatever values an event carries, decoding must return them, and its JSON must be RFC 8785's."""
    event = described(promised, contract, name)
    given_values = [data.draw(values(parameter), label=parameter["name"]) for parameter in event["inputs"]]

    read = decoder.decode(log_of(promised, contract, name, given_values), time=1700000000)

    arguments = {part["name"]: expected(part, value) for part, value in zip(event["inputs"], given_values, strict=True)}
    assert read.arguments == arguments
    assert (read.contract, read.name, read.block_number, read.log_index) == (contract, name, 17, 3)
    assert (read.block_hash, read.tx_hash, read.time) == ("0x" + "ab" * 32, "0x" + "cd" * 32, 1700000000)
    indexed = [part["name"] for part in event["inputs"] if part["indexed"]]
    assert read.subject == (str(arguments[indexed[0]]) if indexed else promised.contracts[contract].address)
    plain = {part["name"]: as_json(part, arguments[part["name"]]) for part in event["inputs"]}
    assert decoder.arguments_json(read).encode() == rfc8785.dumps(plain)


def test_the_list_above_names_every_event(promised: Deployment) -> None:
    """No event of the interfaces may go untested."""
    listed = {
        (contract.name, entry["name"])
        for contract in promised.contracts.values()
        for entry in contract.abi
        if entry["type"] == "event"
    }
    assert listed == set(EVENTS)


@settings(max_examples=300)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 40))
@example(place=62, byte=0, cut=0)  # the reference's offset then points among the heads
def test_damaged_data_is_refused_or_means_the_same_to_eth_abi(
    promised: Deployment, decoder: Decoder, place: int, byte: int, cut: int
) -> None:
    """A log with one byte changed or its end cut off must be refused, or be read as eth_abi reads it; never crash."""
    event = described(promised, "TitleRegistry", "TitleRegistered")
    log = a_title(promised)
    raw = bytearray.fromhex(log["data"][2:])
    raw[place % len(raw)] = byte
    raw = raw[: len(raw) - cut]
    log["data"] = "0x" + raw.hex()
    data = [parameter for parameter in event["inputs"] if not parameter["indexed"]]
    try:
        read = decoder.decode(log, 0)
    except MalformedLog:
        return
    try:
        peer = decode_with_peer([abi_type(parameter) for parameter in data], bytes(raw))
    except (DecodingError, UnicodeDecodeError):
        # The peer also refuses text that is not UTF-8; that is shown here, and tested below.
        assert "\ufffd" in read.arguments["ref"]
        return
    assert [read.arguments[part["name"]] for part in data] == [
        expected(part, value) for part, value in zip(data, peer, strict=True)
    ]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda log: log.update(topics=log["topics"][:3]), "3 topics"),
        (lambda log: log.update(topics=[]), "no event with this first topic"),
        (lambda log: log.update(topics=["0x" + "12" * 32, *log["topics"][1:]]), "no event with this first topic"),
        (lambda log: log.update(topics=[*log["topics"][:2], "0x" + "11" * 32, log["topics"][3]]), "zero padding"),
        (lambda log: log.update(data=log["data"][:-2]), "not whole words"),
        (lambda log: log.update(data="0x"), "its 0 bytes of data"),
        (lambda log: log.update(data=log["data"][:-64]), "do not fit the data"),
        (lambda log: log.update(data="0xzz" + log["data"][4:]), "Non-hexadecimal"),
        (lambda log: log.update(data=None), "NoneType"),
        (lambda log: log.pop("logIndex"), "logIndex"),
        (lambda log: log.update(blockNumber="seventeen"), "seventeen"),
    ],
)
def test_a_malformed_log_of_ours_is_a_sentence(promised: Deployment, damage: Any, words: str) -> None:
    """A log that the ABI cannot explain must raise MalformedLog that says where and why; it is never skipped."""
    log = a_title(promised)
    damage(log)
    with pytest.raises(MalformedLog, match=words) as refused:
        Decoder(promised).decode(log, 0)
    assert "TitleRegistry" in str(refused.value)


@pytest.mark.parametrize(
    ("word", "value", "words"),
    [
        (0, 1 << 160, "the address at byte 0"),
        (1, 1 << 255, "beyond"),
        (3, 1 << 64, "exceeds uint64"),
        (4, 256, "exceeds uint8"),
        (6, 1 << 200, "beyond"),
        (9, 1 << 255, "end after the data"),
        (10, int.from_bytes(b"12".ljust(31, b"\0") + b"!", "big"), "have no zero padding"),
    ],
)
def test_bounds_are_checked(promised: Deployment, word: int, value: int, words: str) -> None:
    """Offsets, lengths and values that no compiler writes must be refused, however large."""
    log = a_title(promised)
    raw = bytearray.fromhex(log["data"][2:])
    raw[word * 32 : word * 32 + 32] = value.to_bytes(32, "big")
    log["data"] = "0x" + raw.hex()
    with pytest.raises(MalformedLog, match=words):
        Decoder(promised).decode(log, 0)


@settings(max_examples=300)
@given(one=st.binary(max_size=12), other=st.binary(max_size=12))
def test_readable_never_merges_two_values(one: bytes, other: bytes) -> None:
    """Any bytes must show as text that a database takes, and different bytes as different text."""
    assert (readable(one) == readable(other)) == (one == other)
    assert "\0" not in readable(one)
    readable(one).encode()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"a\xff", "a\ufffdff"),
        (b"a\x00", "a\ufffd00"),
        ("\ufffd".encode(), "\ufffdef\ufffdbf\ufffdbd"),
        (b"\xed\xa0\x80", "\ufffded\ufffda0\ufffd80"),  # a lone surrogate
        (b"\xc0\x80", "\ufffdc0\ufffd80"),  # NUL in two bytes
        ("Gävle Torp 1:1".encode(), "Gävle Torp 1:1"),
    ],
)
def test_bytes_that_are_no_text_are_shown(raw: bytes, shown: str) -> None:
    """Hostile bytes must show as U+FFFD and two hex digits, text as itself."""
    assert readable(raw) == shown


def test_logs_of_others_are_not_ours(promised: Deployment) -> None:
    """A log from another address must be told apart, whatever its topics say and however the address is written."""
    log = a_title(promised)
    decoder = Decoder(promised)
    assert decoder.is_ours({**log, "address": log["address"].upper().replace("0X", "0x")})
    assert not decoder.is_ours({**log, "address": "0x" + "99" * 20})


def test_structs_with_text_inside_are_read() -> None:
    """A dynamic struct in an array, which no event has yet, must be read as eth_abi writes it."""
    parameter = {
        "type": "tuple[]",
        "components": [
            {"name": "ok", "type": "bool"},
            {"name": "text", "type": "string"},
            {"name": "parts", "type": "uint8[]"},
        ],
    }
    raw = encode(["(bool,string,uint8[])[]"], [[(True, "ä", [1, 2]), (False, "", [])]])
    codec = codec_of(parameter)
    read = codec.read(raw, 32, 0)
    assert read == [{"ok": True, "text": "ä", "parts": [1, 2]}, {"ok": False, "text": "", "parts": []}]
    assert json.loads(codec.write(read)) == read
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        codec_of({"type": "bool"}).read((2).to_bytes(32, "big"), 0, 0)


@pytest.mark.parametrize("name", ["int256", "uint8[3]", "function", "fixed128x18"])
def test_types_that_are_not_read_are_named(promised: Deployment, name: str) -> None:
    """An ABI with a type that the service does not know must be refused when it is loaded, not when a log comes."""
    event = {
        "type": "event",
        "name": "Odd",
        "anonymous": False,
        "inputs": [{"name": "a", "type": name, "indexed": False}],
    }
    contracts = {"Odd": ContractInfo("Odd", "0x" + "01" * 20, [event], 1)}
    with pytest.raises(AbiTypeUnknown, match=name.replace("[", "\\[")):
        Decoder(Deployment("test", 1, "0x00", contracts))
