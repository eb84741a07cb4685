"""From invitation to queued act: what is checked before the service relays a signature."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from sqlalchemy import Engine, select

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.db.engine import reading, writing
from muniment.db.schema import intents, invitations, party_records, wallets
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.binding import bind_request
from muniment.identity.inviting import Invited, invite
from muniment.identity.queries import invitation
from muniment.identity.signing import Unjudged
from muniment.identity.submit import ACTS
from muniment.identity.typed import Domain, typed_data

PARTY, COMMITMENT, AGENCY = "0x" + "aa" * 32, "0x" + "c0" * 32, "0x" + "a9" * 32
REGISTRY = "0x" + "12" * 20
NOW, DEADLINE = 1_000_000, 1_003_600
DEPLOYMENT = Deployment("local", 31337, "0x00", {"PartyRegistry": ContractInfo("PartyRegistry", REGISTRY, [], 1)})


@dataclass
class Case:
    """An invited citizen with a wallet."""

    database: Engine
    invited: Invited
    account: Any

    def signature(self, **changes: Any) -> str:
        """The wallet's signature over BindWallet, with some values changed."""
        values = {
            "party": PARTY,
            "wallet": self.account.address,
            "nonce": self.invited.nonce,
            "deadline": DEADLINE,
        } | changes
        data = typed_data(Domain("PartyRegistry", 31337, REGISTRY), "BindWallet", values)
        return "0x" + self.account.sign_message(encode_typed_data(full_message=data)).signature.hex()

    def bind(self, **changes: Any) -> str:
        """Relay the signature, with some values changed; return the intent's key."""
        values: dict[str, Any] = {
            "code": self.invited.code,
            "wallet": self.account.address,
            "nonce": self.invited.nonce,
            "deadline": DEADLINE,
            "signature": self.signature(),
            "now": NOW + 60,
        } | changes
        with writing(self.database) as connection:
            return bind_request(connection, DEPLOYMENT, **values).key


@pytest.fixture
def case(database: Engine) -> Case:
    """A party with a record, invited a minute ago."""
    with writing(database) as connection:
        row = {"party": PARTY, "agency": AGENCY, "commitment": COMMITMENT, "created_at": 1}
        connection.execute(party_records.insert().values(**row))
        return Case(database, invite(connection, PARTY, NOW), Account.create())


def refused(case: Case, **changes: Any) -> str:
    """The name of the reason why binding is refused."""
    with pytest.raises(Refused) as told:
        case.bind(**changes)
    with reading(case.database) as connection:
        assert connection.execute(select(invitations.c.intent_key)).scalar() is None or "used" in changes
    return told.value.name


def test_a_signed_invitation_becomes_the_call_of_the_contract(case: Case) -> None:
    """The queued act must carry the commitment, the wallet and the signature, and the code count as used."""
    key = case.bind()
    with reading(case.database) as connection:
        row = connection.execute(select(intents)).one()
        found = invitation(connection, case.invited.code.lower(), NOW)
    call = ACTS[0].build([json.loads(row.body)])
    assert (row.key, row.lane, call.contract, call.function) == (key, PARTY, "PartyRegistry", "bind")
    assert call.arguments == (COMMITMENT, case.account.address.lower(), case.invited.nonce, DEADLINE, case.signature())
    assert found is not None
    assert (found.state, found.intent_key) == ("used", key)


def test_the_same_request_again_is_the_same_act(case: Case) -> None:
    """A citizen who presses twice must get the same receipt, even after the code has run out."""
    assert case.bind() == case.bind(now=NOW + 3_000)
    with reading(case.database) as connection:
        assert len(connection.execute(select(intents)).all()) == 1


def test_a_used_code_binds_no_other_wallet(case: Case) -> None:
    """Whoever finds a used code must not be able to bind with it."""
    case.bind()
    thief = Case(case.database, case.invited, Account.create())
    with pytest.raises(Refused, match="InvitationUsed"):
        thief.bind()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"code": "0000-0000-0000-0000-0000"}, "InvitationUnknown"),
        ({"code": ""}, "InvitationUnknown"),
        ({"now": NOW + 7 * 86_400}, "InvitationExpired"),
        ({"nonce": 5}, "NonceRefused"),
        ({"now": DEADLINE}, "DeadlinePassed"),
        ({"deadline": NOW + 30 * 86_400}, "DeadlineTooFar"),
        ({"wallet": "0x" + "0" * 40}, "WalletMissing"),
        ({"wallet": "me"}, "WalletMissing"),
        ({"wallet": "0x" + "22" * 20}, "SignatureInvalid"),
        ({"signature": "0x"}, "SignatureInvalid"),
        ({"signature": "0xzz"}, "SignatureInvalid"),
        ({"signature": "0x" + "00" * 65}, "SignatureInvalid"),
        ({"signature": "0x" + "ff" * 6_000}, "SignatureInvalid"),
    ],
)
def test_what_the_contract_would_refuse_is_refused_before(case: Case, changes: dict[str, Any], name: str) -> None:
    """A wrong code, nonce, deadline, wallet or signature must be told at once, and leave the code unused."""
    assert refused(case, **changes) == name


@pytest.mark.parametrize("changed", [{"nonce": 1}, {"deadline": DEADLINE + 1}, {"wallet": "0x" + "22" * 20}])
def test_a_signature_over_other_values_is_refused(case: Case, changed: dict[str, Any]) -> None:
    """The signature must be over exactly the values that go to the chain."""
    assert refused(case, signature=case.signature(**changed)) == "SignatureInvalid"


def test_the_second_form_of_a_signature_is_refused(case: Case) -> None:
    """High s must be refused as the contract does, or a relayed copy would count as another signature."""
    raw = bytes.fromhex(case.signature()[2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = raw[:32] + (order - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big") + bytes([55 - raw[64]])
    assert refused(case, signature="0x" + high.hex()) == "SignatureMalleable"


def test_a_recovery_byte_of_zero_or_one_is_made_good(case: Case) -> None:
    """Hardware wallets write 0 or 1 where contracts want 27 or 28."""
    raw = bytes.fromhex(case.signature()[2:])
    case.bind(signature="0x" + (raw[:64] + bytes([raw[64] - 27])).hex())
    with reading(case.database) as connection:
        assert json.loads(connection.execute(select(intents.c.body)).scalar_one())["signature"] == case.signature()


def test_a_contract_wallet_is_left_to_the_chain(case: Case) -> None:
    """A wallet that is a contract must be asked before the code is spent on its signature."""
    given = {"wallet": "0x" + "22" * 20, "signature": "0x1234"}
    with pytest.raises(Unjudged) as told:
        case.bind(**given)
    assert (told.value.question.signer, told.value.question.signature) == tuple(given.values())
    case.bind(**given, accepted={told.value.question})


def test_only_the_hash_of_a_code_is_stored(case: Case) -> None:
    """Whoever reads the database must not be able to bind."""
    with reading(case.database) as connection:
        stored = str(connection.execute(select(invitations)).one())
    assert case.invited.code not in stored
    assert keccak(case.invited.code.replace("-", "").encode()) in stored


def test_a_new_invitation_ends_the_older_one(case: Case) -> None:
    """Of two codes for one party only the newer must work."""
    with writing(case.database) as connection:
        newer = invite(connection, PARTY, NOW)
    assert refused(case) == "InvitationUnknown"
    case.invited = newer
    assert case.bind()


def test_nobody_is_invited_without_a_record_or_with_a_wallet(case: Case) -> None:
    """An invitation must be for a party that the agency knows and that has no wallet yet."""
    with writing(case.database) as connection, pytest.raises(Refused, match="PartyUnknown"):
        invite(connection, "0x" + "bb" * 32, NOW)
    row = {"party": PARTY, "wallet": REGISTRY, "agency": AGENCY, "bound_at": 1, "tx_hash": "0x", "block_number": 1}
    with writing(case.database) as connection:
        connection.execute(wallets.insert().values(block_hash="0x", **row))
    with writing(case.database) as connection, pytest.raises(Refused, match="PartyBoundAlready"):
        invite(connection, PARTY, NOW)
