"""Issuing together: m of n under a policy of the agency, every signature over exactly what is anchored."""

import pytest
from brownie import ZERO_ADDRESS, web3
from eth_account import Account

from tests.contracts.documents.conftest import padded
from tests.contracts.documents.trees import CO_SIGNED, OTHER_ROOT, ROOT, ROOT_STANDING, SCHEMA
from tests.contracts.helpers import CLOSED, DAY, NEVER, SUSPENDED, ZERO_ID, keccak, now, plain, reverts, sign, typed


def key_ids(agencies, board, who):
    """Officer.id of some of the board's officers."""
    return tuple(agencies.officerOf(board.people[n].address)["id"] for n in who)


def test_anchored(agencies, documents, ids, board):
    """Must store the threshold and who approved, by number of key or 0 for a party, and tell so in two events."""
    tx = board.send([0, 2, 3], nonce=7)
    anchor = documents.anchorOf(ids.land, ROOT)
    assert plain(anchor) == (tx.timestamp, 0, 0, 1000, CO_SIGNED, ROOT_STANDING, 2, 3)
    assert plain(documents.approversOf(ids.land, ROOT)) == (*key_ids(agencies, board, [0, 2]), 0)
    assert list(tx.events.keys()) == ["Issued", "Approved"]
    assert tx.events["Issued"] == {
        "issuer": ids.land,
        "root": ROOT,
        "schema": SCHEMA,
        "count": 1000,
        "expiresAt": 0,
        "kind": CO_SIGNED,
        "keyId": 0,
    }
    assert tx.events["Approved"] == {
        "issuer": ids.land,
        "root": ROOT,
        "policy": board.id,
        "nonce": 7,
        "members": tuple(board.members[n] for n in (0, 2, 3)),
    }
    assert documents.nonceUsed(ids.land, 7)
    assert not documents.nonceUsed(ids.tax, 7)


def test_threshold(board):
    """Must take as many approvals as the policy asks for, and refuse fewer."""
    for who in ([], [1]):
        with reverts("ApprovalsMissing", len(who), 2):
            board.send(who)
    board.send([1, 2])


def test_sixteen_sign(agencies, documents, ids, admin, state, stranger, entry, approve):
    """Must count as many members as a policy may have, eight to a slot."""
    people = sorted((Account.from_key(keccak(f"key {n}")) for n in range(16)), key=lambda each: each.address.lower())
    for each in people:
        agencies.accredit(ids.land, each.address, state.scope.documents, 0, state.end, {"from": admin})
    policy = (16, [padded(each.address) for each in people])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    policy_id = documents.policyIdOf(ids.land, policy)
    given = [(padded(each.address), approve(each, entry(), str(policy_id))) for each in people]
    documents.issueCoSigned(ids.land, entry(), policy, 0, NEVER, given, {"from": stranger})
    expected = tuple(agencies.officerOf(each.address)["id"] for each in people)
    assert plain(documents.approversOf(ids.land, ROOT)) == expected


def test_nobody_counts_twice(board):
    """Must refuse a member who comes twice or out of order."""
    first, second = board.approvals([0, 1])
    for given in ([first, first], [second, first], [first, second, second]):
        with reverts("MemberRefused", given[-1][0]):
            board.send([], given=given)


def test_members_alone(board, ids, entry, approve, issuer):
    """Must refuse who is not of the policy, though they signed and are an officer."""
    outsider = padded(issuer)
    first = board.approvals([0])[0]
    with reverts("MemberRefused", outsider):
        board.send([], given=sorted([first, (outsider, b"")]))


def test_officer_and_party_with_one_key(
    documents, parties, ids, admin, identity_officer, stranger, signers, entry, approve
):
    """Must refuse an officer's key that approves a second time as the wallet of a party."""
    signer = signers[0]
    record = keccak("the officer at home")
    double = str(parties.partyIdOf(ids.land, record))
    message = {"party": double, "wallet": signer.address, "nonce": 0, "deadline": NEVER}
    signature = sign(signer, parties, "BindWallet", message)
    parties.bind(record, signer.address, 0, NEVER, signature, {"from": identity_officer})
    policy = (2, [padded(signer.address), padded(signers[1].address), double])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    policy_id = str(documents.policyIdOf(ids.land, policy))
    people = {policy[1][0]: signer, policy[1][1]: signers[1], double: signer}
    given = {member: (member, approve(person, entry(), policy_id)) for member, person in people.items()}

    def send(*members):
        chosen = [given[member] for member in members]
        documents.issueCoSigned(ids.land, entry(), policy, 0, NEVER, chosen, {"from": stranger})

    with reverts("MemberRefused", double):
        send(policy[1][0], double)
    with reverts("MemberRefused", double):
        send(*policy[1])
    send(policy[1][1], double)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": keccak("another issuer")},
        {"root": OTHER_ROOT},
        {"schema": ZERO_ID},
        {"count": 1001},
        {"expiresAt": 1},
        {"policy": ZERO_ID},
        {"nonce": 1},
        {"deadline": NEVER - 1},
        {"chain_id": 1},
        {"contract": ("DocumentRegistry", "0x" + "99" * 20)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_is_signed(board, entry, approve, changes):
    """Must refuse an approval of anything else: another issuer, root, policy, chain, contract, and so on."""
    member = board.members[1]
    wrong = approve(board.people[1], entry(), **({"policy": board.id} | changes))
    with reverts("SignatureInvalid", board.people[1].address):
        board.send([], given=[*board.approvals([0]), (member, wrong)])


def test_anothers_signature(board):
    """Must refuse one member's signature in the name of another, officer or party."""
    approvals = board.approvals([0, 1, 3])
    with reverts("SignatureInvalid", board.people[1].address):
        board.send([], given=[approvals[0], (board.members[1], approvals[0][1])])
    with reverts("SignatureInvalid", board.people[3].address):
        board.send([], given=[approvals[0], (board.members[3], approvals[1][1])])


def test_one_bad_signature_spoils_all(board):
    """Must refuse a bad approval also where enough good ones are beside it."""
    good = board.approvals([0, 1])
    with reverts("SignatureInvalid", board.people[2].address):
        board.send([], given=[*good, (board.members[2], good[0][1])])


def test_contract_wallet_as_party(documents, parties, doubles, ids, admin, deployer, identity_officer, stranger, entry):
    """Must ask a contract wallet of a party itself, at issue (ERC-1271)."""
    contract, record = doubles.ApprovingWallet, keccak("an organisation")
    organisation = str(parties.partyIdOf(ids.land, record))

    def digest(message):
        return web3.keccak(b"\x19\x01" + message.header + message.body)

    bound = {"party": organisation, "wallet": contract.address, "nonce": 0, "deadline": NEVER}
    contract.approve(digest(typed(parties, "BindWallet", bound)), {"from": deployer})
    parties.bind(record, contract.address, 0, NEVER, b"by resolution", {"from": identity_officer})
    policy = (1, [organisation])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    sent = (ids.land, entry(), policy, 0, NEVER, [(organisation, b"by resolution")], {"from": stranger})
    with reverts("SignatureInvalid", contract.address):
        documents.issueCoSigned(*sent)

    fields = ("root", "schema", "count", "expiresAt")
    message = {"issuer": ids.land, "nonce": 0, "deadline": NEVER} | dict(zip(fields, entry(), strict=True))
    message["policy"] = str(documents.policyIdOf(ids.land, policy))
    contract.approve(digest(typed(documents, "Approval", message)), {"from": deployer})
    documents.issueCoSigned(*sent)
    assert plain(documents.approversOf(ids.land, ROOT)) == (0,)


def test_party_without_wallet(documents, parties, ids, admin, stranger, entry):
    """Must refuse a member that has no wallet to sign with."""
    nobody = str(parties.partyIdOf(ids.land, keccak("nobody")))
    policy = (1, [nobody])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        documents.issueCoSigned(ids.land, entry(), policy, 0, NEVER, [(nobody, bytes(65))], {"from": stranger})


def test_officers_must_be_current(agencies, ids, admin, board, state):
    """Must refuse an officer who was retired after signing, and do without where others are enough."""
    given = board.approvals([0, 1, 2])
    agencies.retire(board.people[0].address, 0, {"from": admin})
    with reverts("OfficerNotCurrent", board.people[0].address, 3):
        board.send([], given=given)
    board.send([], given=given[1:])


def test_officers_of_the_agency_alone(
    documents, agencies, ids, other_admin, admin, stranger, state, entry, approve, wallet
):
    """Must refuse another agency's officer, though the policy names the key."""
    agencies.accredit(ids.tax, wallet.address, state.scope.documents, 0, state.end, {"from": other_admin})
    policy = (1, [padded(wallet.address)])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    given = [(policy[1][0], approve(wallet, entry(), str(documents.policyIdOf(ids.land, policy))))]
    with reverts("OtherAgency", wallet.address, ids.land):
        documents.issueCoSigned(ids.land, entry(), policy, 0, NEVER, given, {"from": stranger})


def test_agency_must_be_able_to(agencies, documents, ids, root, admin, party, wallet, stranger, entry, approve, state):
    """Must refuse a policy of parties alone when the agency lacks the power, is suspended or closed."""
    policy = (1, [party])
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    given = [(party, approve(wallet, entry(), str(documents.policyIdOf(ids.land, policy))))]
    sent = (ids.land, entry(), policy, 0, NEVER, given, {"from": stranger})
    agencies.changeScopes(ids.land, state.scope.court, {"from": root})
    with reverts("ScopeMissing", admin, state.scope.documents):
        documents.issueCoSigned(*sent)
    for status in (SUSPENDED, CLOSED):
        agencies.changeStatus(ids.land, status, {"from": root})
        with reverts("AgencyNotActive", ids.land, status):
            documents.issueCoSigned(*sent)


def test_deadline(board):
    """Must take approvals until their deadline and not after."""
    end = now() + DAY
    with reverts("DeadlinePassed", end - 2 * DAY):
        board.send([0, 1], deadline=end - 2 * DAY)
    board.send([0, 1], deadline=end)


def test_nonce_serves_once(ids, board, entry):
    """Must refuse a second root over the same nonce, and the same approvals over again."""
    given = board.approvals([0, 1], nonce=NEVER)
    board.send([], nonce=NEVER, given=given)
    with reverts("NonceUsed", ids.land, NEVER):
        board.send([], nonce=NEVER, given=given)
    with reverts("NonceUsed", ids.land, NEVER):
        board.send([0, 1], entry(OTHER_ROOT), nonce=NEVER)
    board.send([0, 1], entry(OTHER_ROOT), nonce=255)


def test_cancelled_nonce(documents, ids, board, issuer):
    """Must make approvals useless when an officer cancels their nonce, and tell so."""
    tx = documents.cancelNonce(ids.land, 0, {"from": issuer})
    assert tx.events["NonceCancelled"] == {"issuer": ids.land, "nonce": 0, "by": issuer}
    with reverts("NonceUsed", ids.land, 0):
        board.send([0, 1])
    with reverts("NonceUsed", ids.land, 0):
        documents.cancelNonce(ids.land, 0, {"from": issuer})


def test_withdrawn_policy(documents, ids, admin, board):
    """Must refuse approvals under a policy that was withdrawn, and never take them for another one's."""
    given = board.approvals([0, 1])
    documents.setPolicy(ids.land, board.policy, False, {"from": admin})
    with reverts("PolicyUnknown", board.id):
        board.send([], given=given)
    weaker = (1, board.members)
    with reverts("PolicyUnknown", documents.policyIdOf(ids.land, weaker)):
        board.send([], policy=weaker, given=given[:1])
    documents.setPolicy(ids.land, weaker, True, {"from": admin})
    with reverts("SignatureInvalid", board.people[0].address):
        board.send([], policy=weaker, given=given[:1])


def test_anothers_policy(documents, ids, board, stranger, entry):
    """Must refuse one agency's policy in the name of another."""
    with reverts("PolicyUnknown", documents.policyIdOf(ids.tax, board.policy)):
        documents.issueCoSigned(ids.tax, entry(), board.policy, 0, NEVER, board.approvals([0, 1]), {"from": stranger})


def test_root_is_anchored_once(ids, board, issue):
    """Must refuse a root that an officer anchored already."""
    issue()
    with reverts("AnchorExists", ids.land, ROOT):
        board.send([0, 1])


def test_incomplete(board, entry):
    """Must refuse an entry without documents, though it is signed."""
    with reverts("IssueRefused", ROOT, 0, 0):
        board.send([0, 1], entry(count=0))
