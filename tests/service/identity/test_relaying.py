"""What a party signed is checked as the contract checks it, queued once, and told as done when it is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.happened import Happened
from muniment.chain.outbox import Receipt
from muniment.chain.typed_data import digest_of, signed_by
from muniment.db import schema
from muniment.db.answers import Finality
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity import asking, submit
from muniment.identity.completing import complete_ready
from muniment.identity.model import power_id
from muniment.identity.signing import Unjudged
from muniment.identity.submit import ACTS, PowerAsked, Relay
from muniment.identity.telling import done_by_others
from muniment.identity.typed import Domain, typed_data

NOW = 1_000_000
REGISTRY = "0x" + "12" * 20
DEPLOYMENT = Deployment("local", 31337, "0x00", {"PartyRegistry": ContractInfo("PartyRegistry", REGISTRY, [], 1)})
DOMAIN = Domain.of(DEPLOYMENT, "PartyRegistry")
RELAY = Relay(DEPLOYMENT, NOW, most=4)
PARTY, ATTORNEY, ORGANISATION, NOBODY = ("0x" + digits * 32 for digits in ("aa", "bb", "cc", "dd"))
OLD, NEW, STRANGER = (Account.from_key("0x" + digits * 32) for digits in ("41", "42", "43"))
OLD_WALLET, NEW_WALLET, OTHERS = OLD.address.lower(), NEW.address.lower(), STRANGER.address.lower()
BLOCK = {"block_number": 1, "block_hash": "0xb"}
POWER = PowerAsked(ATTORNEY, "land.sell", ZERO_HASH, 0, ZERO_HASH, NOW + 1_000, nonce=2**256 - 1)
HALF = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass
class Case:
    """A party with a wallet, an attorney with another, an organisation; one transaction."""

    connection: Connection

    def rotate(self, signer: Any = OLD, relay: Relay = RELAY, **changed: Any) -> Receipt | Happened:
        """Ask for a change of wallet; `changed` are values that are sent and not signed."""
        given: dict[str, Any] = {"wallet": NEW_WALLET, "nonce": 7, "deadline": NOW + 60}
        message = {"party": PARTY, "from": OLD_WALLET, "to": NEW_WALLET, "nonce": 7, "deadline": given["deadline"]}
        signatures = {
            "previous_signature": signature("RotateWallet", message, signer),
            "signature": signature("RotateWallet", message, NEW),
        }
        return submit.rotate(self.connection, relay, PARTY, **{**given, **signatures, **changed})

    def cancel(self, nonce: int = 7, deadline: int = NOW + 60, party: str = PARTY, **more: Any) -> Receipt | Happened:
        """Ask that a nonce be useless."""
        message = {"party": party, "nonce": nonce, "deadline": deadline}
        signed = more.pop("signature", None) or signature("CancelNonce", message, more.pop("signer", OLD))
        return submit.cancel_nonce(self.connection, more.pop("relay", RELAY), party, nonce, deadline, signed)

    def veto(self, now: int = NOW, signer: Any = OLD, attempt: int = 1) -> Receipt | Happened:
        """Veto a recovery to the new wallet."""
        message = {"party": PARTY, "wallet": NEW_WALLET, "attempt": attempt, "deadline": now + 60}
        signed = signature("VetoRecovery", message, signer)
        return submit.veto(self.connection, Relay(DEPLOYMENT, now, most=1), PARTY, attempt, now + 60, signed)

    def grant(self, asked: PowerAsked = POWER, signer: Any = OLD, principal: str = PARTY) -> Receipt | Happened:
        """Give a power of attorney."""
        signed = signature("GrantPower", asked.message(principal, NOW + 60), signer)
        return submit.grant_power(self.connection, RELAY, principal, asked, NOW + 60, signed)

    def revoke(self, party: str = PARTY, signer: Any = OLD) -> Receipt | Happened:
        """End the power of the table."""
        power = power_id(PARTY, 5)
        signed = signature("RevokePower", {"party": party, "power": power, "deadline": NOW + 60}, signer)
        return submit.revoke_power(self.connection, RELAY, party, power, NOW + 60, signed)

    def begin(self, attempt: int = 1, **changed: Any) -> None:
        """Let a recovery be under way."""
        row = {"party": PARTY, "attempt": attempt, "wallet": NEW_WALLET, "ready_at": NOW + 500, "evidence": "0xe",
               "court_order": ZERO_HASH, "state": "begun", "begun_at": NOW, "tx_hash": "0xt", **BLOCK}  # fmt: skip
        self.connection.execute(insert(schema.recoveries).values({**row, **changed}))

    def empower(self, **changed: Any) -> None:
        """Let a power stand."""
        row = {"power": power_id(PARTY, 5), "principal": PARTY, "attorney": ATTORNEY, "act": "land.sell",
               "subject": ZERO_HASH, "price_floor": 0, "currency": ZERO_HASH, "until": NOW + 9, "nonce": 5,
               "granted_at": NOW - 9, "tx_hash": "0xt", **BLOCK}  # fmt: skip
        self.connection.execute(insert(schema.powers).values({**row, **changed}))

    def happen(self, name: str, subject: str, **arguments: Any) -> None:
        """Let an event have been read."""
        self.connection.execute(
            insert(schema.events).values(
                log_index=0, time=NOW - 5, tx_hash="0xt", contract="PartyRegistry", name=name, subject=subject,
                arguments=json.dumps(arguments, separators=(",", ":"), sort_keys=True), **BLOCK,
            )
        )  # fmt: skip

    def read_to(self, time: int) -> None:
        """Let the chain have been read to a block of this time."""
        row = {"chain_id": 31337, "genesis_hash": "0x", "number": 9, "hash": "0x9", "time": time, "safe_number": 1,
               "finalized_number": 1}  # fmt: skip
        self.connection.execute(insert(schema.checkpoints).values(row))

    def queued(self) -> int:
        """How many requests there are."""
        return self.connection.execute(select(func.count()).select_from(schema.intents)).scalar_one()


def signature(primary: str, message: dict[str, Any], signer: Any, chain_id: int = 31337) -> str:
    """A wallet's signature in the party registry's domain."""
    return signed_by(signer, typed_data(DOMAIN._replace(chain_id=chain_id), primary, message))


def refusal(act: Any, *given: Any, **named: Any) -> str:
    """The name of the reason why an act is refused."""
    with pytest.raises(Refused) as told:
        act(*given, **named)
    return told.value.name


@pytest.fixture
def case(database: Engine) -> Iterator[Case]:
    """Two persons with wallets, and an organisation."""
    with writing(database) as connection:
        for party, wallet in ((PARTY, OLD_WALLET), (ATTORNEY, OTHERS)):
            row = {"party": party, "wallet": wallet, "agency": "0xa", "bound_at": 1, "tx_hash": "0xt", **BLOCK}
            connection.execute(insert(schema.wallets).values(row))
        organisation = {"party": ORGANISATION, "version": 1, "threshold": 1, "representatives": json.dumps([PARTY]),
                        "set_by": "0x3", "evidence": "0xe", "changed_at": 1, "tx_hash": "0xt", **BLOCK}  # fmt: skip
        connection.execute(insert(schema.organisations).values(organisation))
        yield Case(connection)


def test_what_is_signed_becomes_the_call_of_the_contract(case: Case) -> None:
    """Each act must be queued in the party's lane with what was signed, as the contract's arguments in their order."""
    case.empower()
    done = [case.rotate(), case.cancel(8), case.grant(), case.revoke()]
    assert all(isinstance(receipt, Receipt) and (receipt.state, receipt.new) == ("queued", True) for receipt in done)
    acts = {act.kind: act for act in ACTS}
    rows = case.connection.execute(select(schema.intents).order_by(schema.intents.c.id)).all()
    calls = [acts[row.kind].build([json.loads(row.body)]) for row in rows]
    assert {row.lane for row in rows} == {PARTY}
    assert [call.function for call in calls] == ["rotate", "cancelNonce", "grantPower", "revokePower"]
    assert calls[0].arguments[:4] == (PARTY, NEW_WALLET, "7", NOW + 60)
    assert calls[2].arguments[0]["nonce"] == str(2**256 - 1)
    assert calls[3].arguments[:3] == (power_id(PARTY, 5), PARTY, NOW + 60)


def test_the_same_again_is_the_same_request(case: Case) -> None:
    """Whoever sends it, however often, one signed act must be asked for once and not count twice."""
    first = case.rotate()
    for _ in range(5):
        again = case.rotate()
        assert isinstance(again, Receipt)
        assert isinstance(first, Receipt)
        assert (again.key, again.new) == (first.key, False)
    assert case.queued() == 1


def test_done_is_told_as_done(case: Case) -> None:
    """What somebody else sent must be success, with its transaction and how final it is; nothing be queued."""
    case.read_to(NOW)
    case.happen("WalletRotated", PARTY, nonce=7, party=PARTY, previous=OLD_WALLET, wallet=NEW_WALLET)
    done = case.rotate()
    assert done == Happened("0xt", 1, "0xb", NOW - 5, Finality.FINALIZED)
    assert case.queued() == 0


def test_a_nonce_that_served_for_something_else(case: Case) -> None:
    """A nonce that another act used must be refused, however it is written in the event."""
    case.happen("NonceCancelled", PARTY, nonce=7, party=PARTY)
    assert refusal(case.rotate) == "NonceUsed"
    assert isinstance(case.cancel(77), Receipt)  # not taken for 7
    case.connection.execute(update(schema.events).values(arguments=f'{{"nonce":"{POWER.nonce}","party":"x"}}'))
    assert refusal(case.grant) == "NonceUsed"


def test_signatures_that_are_wrong(case: Case) -> None:
    """A stranger's, one over other values, one for another chain, one turned around, no signature at all."""
    message = {"party": PARTY, "nonce": 7, "deadline": NOW + 60}
    good = signature("CancelNonce", message, OLD)
    raw = bytes.fromhex(good[2:])
    high = raw[:32] + (HALF - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big") + bytes([55 - raw[64]])
    wrong = {
        "SignatureInvalid": (signature("CancelNonce", message, STRANGER), signature("CancelNonce", {**message,
                             "nonce": 8}, OLD), "0x", "0x" + "00" * 65, "0x" + "ff" * 65, good[:-2], "no hex"),
        "SignatureMalleable": ("0x" + high.hex(),),
        "SignedForOtherChain": (signature("CancelNonce", message, OLD, 1), signature("CancelNonce", message, OLD, 137)),
    }  # fmt: skip
    for name, signatures in wrong.items():
        for given in signatures:
            assert refusal(case.cancel, signature=given) == name
    assert case.queued() == 0
    assert isinstance(case.cancel(signature=good), Receipt)


def test_both_wallets_sign_a_rotation(case: Case) -> None:
    """Neither wallet's signature may be missing or another's, and the new wallet must be free."""
    message = {"party": PARTY, "from": OLD_WALLET, "to": NEW_WALLET, "nonce": 7, "deadline": NOW + 60}
    only = signature("RotateWallet", message, OLD)
    assert refusal(case.rotate, signer=NEW) == "SignatureInvalid"
    assert refusal(case.rotate, signature=only) == "SignatureInvalid"
    assert refusal(case.rotate, wallet=OTHERS) == refusal(case.rotate, wallet=OLD_WALLET) == "WalletTaken"
    assert refusal(case.rotate, wallet=ZERO_ADDRESS) == "WalletMissing"
    for party, name in ((NOBODY, "PartyUnbound"), (ORGANISATION, "PartyIsOrganisation")):
        assert refusal(submit.rotate, case.connection, RELAY, party, NEW_WALLET, 1, NOW + 1, "0x", "0x") == name


@pytest.mark.parametrize(
    ("deadline", "name"), [(NOW, "DeadlinePassed"), (0, "DeadlinePassed"), (NOW + 8 * 86_400, "DeadlineTooFar")]
)
def test_deadlines(case: Case, deadline: int, name: str) -> None:
    """A late signature must be refused, and one that would stay good for long."""
    assert refusal(case.cancel, deadline=deadline) == name


def test_a_party_that_is_being_recovered_signs_nothing_but_the_veto(case: Case) -> None:
    """Until the recovery is settled every act but the veto must be refused, the new wallet's too."""
    case.begin()
    case.empower()
    for act in (case.rotate, case.cancel, case.grant, case.revoke):
        assert refusal(act) == "RecoveryPending"
    assert refusal(case.veto, signer=NEW) == "SignatureInvalid"
    assert isinstance(case.veto(), Receipt)


def test_a_veto_in_time(case: Case) -> None:
    """A veto must come before the recovery is ready, against the attempt under way, and not against a court."""
    assert refusal(case.veto) == "RecoveryMissing"
    case.begin()
    assert refusal(case.veto, attempt=2) == "RecoveryMissing"
    assert refusal(case.veto, now=NOW + 500) == "VetoTooLate"
    assert isinstance(case.veto(now=NOW + 499), Receipt)
    case.connection.execute(update(schema.recoveries).values(court_order="0xc0"))
    assert refusal(case.veto) == "VetoRefused"


def test_a_veto_has_a_quota_of_its_own(case: Case) -> None:
    """Whoever spends a party's acts of the day must not take its veto."""
    for nonce in range(4):
        case.cancel(nonce)
    assert refusal(case.cancel, 9) == "RelayQuota"
    case.begin()
    assert isinstance(case.veto(), Receipt)
    assert refusal(case.veto, now=NOW + 1) == "RelayQuota"
    later = Relay(DEPLOYMENT, NOW + 86_400, most=3)
    case.connection.execute(update(schema.recoveries).values(state="cancelled"))
    assert isinstance(case.cancel(9, deadline=NOW + 86_460, relay=later), Receipt)


@pytest.mark.parametrize(
    "changed",
    [
        {"attorney": ZERO_HASH}, {"attorney": PARTY}, {"act": ""}, {"act": "é" * 33}, {"until": NOW - 1},
        {"price_floor": 1}, {"currency": "0x" + "01" * 32},
    ],
)  # fmt: skip
def test_powers_that_the_contract_would_not_take(case: Case, changed: dict[str, Any]) -> None:
    """A power without attorney, act or future, or with half a price, must be refused."""
    asked = PowerAsked(**{**vars(POWER), **changed})
    assert refusal(case.grant, asked) == "PowerRefused"


def test_either_side_ends_a_power(case: Case) -> None:
    """The principal revokes and the attorney renounces; nobody else does, and nothing ends twice."""
    assert refusal(case.revoke) == "PowerUnknown"
    case.empower()
    assert refusal(case.revoke, NOBODY) == "NotOfPower"
    assert refusal(case.revoke, ATTORNEY, OLD) == "SignatureInvalid"
    assert isinstance(case.revoke(ATTORNEY, STRANGER), Receipt)
    case.connection.execute(update(schema.powers).values(revoked_at=NOW))
    assert refusal(case.revoke) == "PowerEnded"


def test_organisations_contracts_and_officers_are_left_to_the_chain(case: Case) -> None:
    """Where only the chain can judge, nothing may be queued that it was not asked about; nobody signs for nobody."""
    attested = {"party": ATTORNEY, "digest": "0xd", "agency": "0xa", "evidence": "0xe", "attested_at": 1}
    case.connection.execute(delete(schema.wallets).where(schema.wallets.c.party == ATTORNEY))
    assert refusal(case.cancel, party=NOBODY, signature="0x") == "PartyUnbound"
    assert refusal(case.cancel, party=ATTORNEY, signature="0x") == "PartyUnbound"
    case.connection.execute(insert(schema.attestations).values(**attested, tx_hash="0xt", **BLOCK))
    for party, signed, signer in (
        (ORGANISATION, "0x1234", ORGANISATION), (PARTY, "0x1234", OLD_WALLET), (ATTORNEY, "0x", ATTORNEY)
    ):  # fmt: skip
        with pytest.raises(Unjudged, match="SignatureInvalid") as told:
            case.cancel(party=party, signature=signed)
        message = {"party": party, "nonce": 7, "deadline": NOW + 60}
        digest = digest_of(typed_data(DOMAIN, "CancelNonce", message))
        assert told.value.question == (signer, digest, signed)
        assert case.queued() == 0
        relay = Relay(DEPLOYMENT, NOW, 3, accepted={told.value.question})
        assert refusal(case.cancel, party=party, signature=signed, nonce=8, relay=relay) == "SignatureInvalid"
        assert isinstance(case.cancel(party=party, signature=signed, relay=relay), Receipt)
        case.connection.execute(delete(schema.intents))


def test_what_is_asked_can_be_signed_and_sent(case: Case) -> None:
    """Typed data must be what the checks take, by the wallets that it names, with a nonce that is new each time."""
    asked = asking.rotation(case.connection, DEPLOYMENT, PARTY, NEW_WALLET, NOW)
    message = asked.typed_data["message"]
    assert asked.signers == (OLD_WALLET, NEW_WALLET)
    sent = [signed_by(wallet, asked.typed_data) for wallet in (OLD, NEW)]
    values = (PARTY, message["to"], int(message["nonce"]), message["deadline"], *sent)
    assert isinstance(submit.rotate(case.connection, RELAY, *values), Receipt)
    other = asking.rotation(case.connection, DEPLOYMENT, PARTY, NEW_WALLET, NOW).typed_data["message"]
    assert other["nonce"] != message["nonce"]
    assert asking.signers_of(case.connection, ORGANISATION) == (OLD_WALLET,)
    assert asking.recovery(case.connection, DEPLOYMENT, PARTY, NEW_WALLET, NOW).typed_data["message"]["attempt"] == 1
    case.begin()
    veto = asking.veto(case.connection, DEPLOYMENT, PARTY, NOW).typed_data["message"]
    assert (veto["wallet"], veto["attempt"], veto["deadline"]) == (NEW_WALLET, 1, NOW + 500)
    assert refusal(asking.rotation, case.connection, DEPLOYMENT, PARTY, NEW_WALLET, NOW) == "RecoveryPending"


def test_a_recovery_that_is_ready_completes_by_itself(any_database: Engine) -> None:
    """Once the chain's own time has passed, completion must be queued once; before, and after its end, never."""
    with writing(any_database) as connection:
        case = Case(connection)
        case.begin()
        case.read_to(NOW + 499)
    assert complete_ready(any_database, NOW + 10_000) == 0
    with writing(any_database) as connection:
        connection.execute(update(schema.checkpoints).values(time=NOW + 500))
    assert complete_ready(any_database, NOW) == 1
    assert complete_ready(any_database, NOW) == 0
    with writing(any_database) as connection:
        row = connection.execute(select(schema.intents)).one()
        assert (row.key, json.loads(row.body)) == (
            f"identity.complete_recovery:{PARTY}:1", {"party": PARTY, "attempt": 1}
        )  # fmt: skip
        connection.execute(update(schema.recoveries).values(state="vetoed"))
        Case(connection).begin(attempt=2, state="cancelled")
    assert complete_ready(any_database, NOW + 10_000) == 0


def test_a_completion_that_a_node_refused_is_asked_for_again(any_database: Engine) -> None:
    """A node that lags behind must not keep a person from the wallet for ever; nor be asked every second."""
    with writing(any_database) as connection:
        Case(connection).begin()
        Case(connection).read_to(NOW + 500)
    late = Relay(DEPLOYMENT, NOW + 600, most=3)
    assert complete_ready(any_database, NOW + 600) == 1
    with writing(any_database) as connection:
        connection.execute(update(schema.intents).values(state="refused", updated_at=NOW + 600))
        told = submit.complete_recovery(connection, late, PARTY)
        assert isinstance(told, Receipt)
        assert (told.state, told.new) == ("refused", False)
    assert complete_ready(any_database, NOW + 600 + 3_599) == 0
    assert complete_ready(any_database, NOW + 600 + 3_600) == 1
    assert complete_ready(any_database, NOW + 600 + 9_000) == 0
    with writing(any_database) as connection:
        connection.execute(update(schema.intents).values(state="refused", updated_at=NOW + 600))
        told = submit.complete_recovery(connection, Relay(DEPLOYMENT, NOW + 9_000, most=3), PARTY)
        assert isinstance(told, Receipt)
        assert (told.key, told.new) == (f"identity.complete_recovery:{PARTY}:1:2", True)


def test_what_somebody_else_sent_meanwhile_is_no_refusal(case: Case) -> None:
    """Refused by the simulation and shown as done by an event, an act must count as done; nothing else may."""
    case.read_to(NOW)
    receipts = [case.rotate(), case.cancel(8), case.grant()]
    keys = [receipt.key for receipt in receipts if isinstance(receipt, Receipt)]
    case.happen("WalletRotated", PARTY, nonce=7, party=PARTY, previous=OLD_WALLET, wallet=NEW_WALLET)
    assert done_by_others(case.connection, keys[0]) is None  # it is queued
    case.connection.execute(update(schema.intents).values(state="refused"))
    done = Happened("0xt", 1, "0xb", NOW - 5, Finality.FINALIZED)
    assert [done_by_others(case.connection, key) for key in (*keys, "x")] == [done, None, None, None]
    power = power_id(PARTY, POWER.nonce)
    for name, arguments in (
        ("NonceCancelled", {"nonce": 8, "party": PARTY}), ("PowerGranted", {"power": power, "principal": PARTY})
    ):  # fmt: skip
        case.connection.execute(delete(schema.events))
        case.happen(name, PARTY, **arguments)
        assert sum(done_by_others(case.connection, key) == done for key in keys) == 1


def test_completing_by_hand_before_its_time(case: Case) -> None:
    """Completion must be refused before the recovery is ready, and where none is under way."""
    assert refusal(submit.complete_recovery, case.connection, RELAY, PARTY) == "RecoveryMissing"
    case.begin()
    assert refusal(submit.complete_recovery, case.connection, RELAY, PARTY) == "RecoveryTooEarly"
    late = Relay(DEPLOYMENT, NOW + 500, most=3)
    assert isinstance(submit.complete_recovery(case.connection, late, PARTY), Receipt)


def test_an_officer_cancels_a_recovery(case: Case) -> None:
    """Cancelling must name the agency and the commitment of the party's record, and need a recovery under way."""
    assert refusal(submit.cancel_recovery, case.connection, PARTY, NOW) == "PartyUnknown"
    record = {"party": PARTY, "agency": keccak(b"a"), "commitment": keccak(b"c"), "created_at": 1}
    case.connection.execute(insert(schema.party_records).values(record))
    assert refusal(submit.cancel_recovery, case.connection, PARTY, NOW) == "RecoveryMissing"
    case.begin()
    receipt = submit.cancel_recovery(case.connection, PARTY, NOW)
    body = case.connection.execute(select(schema.intents.c.body)).scalar_one()
    assert receipt.key.endswith(":1")
    assert json.loads(body) == {"agency": keccak(b"a"), "commitment": keccak(b"c")}
