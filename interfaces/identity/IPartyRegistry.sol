// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {IPartyNonces, PartyId} from "./IPartyNonces.sol";

/// keccak256(abi.encode(keccak256("Muniment.Power.v1"), principal, nonce))
type PowerId is bytes32;

/// A wallet on its way to a party that lost its own; all zero when there is none.
/// @param readyAt from when on the recovery can be completed, and until when it can be vetoed; Unix seconds
/// @param vetoable false for one ordered by a court
struct Recovery {
    address wallet;
    uint40 readyAt;
    bool vetoable;
}

/// How an organisation signs: `threshold` of its representatives, who are persons, sign for it. All zero for a person.
/// @param version counts changes from 1
/// @param representatives 1 to 16 in strictly ascending order; none, with threshold 0, once the organisation has ended
struct Representation {
    uint32 version;
    uint8 threshold;
    PartyId[] representatives;
}

/// One representative's part of an organisation's signature, over the same digest as the whole. The organisation's
/// signature is abi.encode(RepresentativeSignature[]), in strictly ascending order of representatives.
struct RepresentativeSignature {
    PartyId representative;
    bytes signature;
}

/// What a power of attorney allows.
/// @param act what the attorney may do, as the contract that carries it out names it, 1 to 64 bytes, e.g. "land.sell"
/// @param subject the one thing it is about, e.g. a TitleId; zero for any
/// @param priceFloor the least price, in units of `currency`; 0 for acts without a price, or for none
/// @param currency an ERC-20 token's address, or an ISO 4217 code in left-aligned ASCII; zero without a floor
/// @param until the last second of the power, Unix time
/// @param nonce of the principal, used once
struct PowerGrant {
    PartyId principal;
    PartyId attorney;
    string act;
    bytes32 subject;
    uint256 priceFloor;
    bytes32 currency;
    uint40 until;
    uint256 nonce;
}

/// A power of attorney as it stands; all zero when there is none.
/// @param act keccak256 of the act's name
/// @param recoveries how often the principal's wallet had been recovered when the power was given
struct Power {
    PartyId principal;
    PartyId attorney;
    bytes32 act;
    bytes32 subject;
    uint256 priceFloor;
    bytes32 currency;
    uint40 until;
    uint32 recoveries;
    bool revoked;
}

/// @title Parties, and who signs for them
/// @notice Rights hang on the party, never on a wallet, so that a lost key loses nothing. A party needs no
/// transaction to exist, and most never have a wallet.
/// @dev Typed data (EIP-712), domain {name "Muniment PartyRegistry", version "1", chainId, verifyingContract}:
///   BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)
///   RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)
///   RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)
///   VetoRecovery(bytes32 party,address wallet,uint32 attempt,uint256 deadline)
///   GrantPower(bytes32 principal,bytes32 attorney,string act,bytes32 subject,uint256 priceFloor,bytes32 currency,
///   uint40 until,uint256 nonce,uint256 deadline)
///   RevokePower(bytes32 party,bytes32 power,uint256 deadline)
/// VetoRecovery and RecoverWallet name the new wallet, and the attempt that recoveriesOf counts as begun: the veto the
/// one under way, RecoverWallet the next.
/// Officers are those of the party's agency with IDENTITY_OFFICER; of a closed agency, those of the agency above. A
/// court's officers are those of any agency with COURT.
/// Errors of IAgencyRegistry tell who was refused and why.
///
///   recover (first officer) ── recover (second) ── RECOVERY_DELAY ──▶ completeRecovery, by anyone
///                                     │                   │
///                                     │                   ├─▶ vetoRecovery, by the present wallet: the next recovery
///                                     │                   │   waits for orderRecovery, by a court's officer, and
///                                     │                   │   cannot be vetoed
///                                     │                   └─▶ cancelRecovery, by an officer
///                                     └─ from here on the party signs nothing but the veto
interface IPartyRegistry is IPartyNonces {
    event PartyBound(
        PartyId indexed party, address indexed wallet, AgencyId indexed agency, address officer, uint256 nonce
    );
    event WalletRotated(PartyId indexed party, address indexed previous, address indexed wallet, uint256 nonce);

    /// @param courtOrder hash of the order; zero when an earlier one is withdrawn
    /// @param attempt the one, not begun yet, that it is for
    /// @param agency the court's
    event RecoveryOrdered(
        PartyId indexed party, bytes32 courtOrder, uint32 attempt, AgencyId indexed agency, address officer
    );
    /// @param evidence salted hash of what the officers were shown
    /// @param courtOrder hash of the order; zero for a recovery that can be vetoed
    event RecoveryBegun(
        PartyId indexed party,
        address indexed wallet,
        uint32 attempt,
        uint40 readyAt,
        bytes32 evidence,
        bytes32 courtOrder
    );
    event RecoveryVetoed(PartyId indexed party, uint32 attempt);
    event RecoveryCancelled(PartyId indexed party, uint32 attempt, address officer);
    event WalletRecovered(PartyId indexed party, address indexed previous, address indexed wallet, uint32 attempt);

    /// @param evidence salted hash of what the officers were shown
    event Attested(PartyId indexed party, bytes32 indexed digest, AgencyId indexed agency, bytes32 evidence);
    event AttestationWithdrawn(PartyId indexed party, bytes32 indexed digest, address officer);

    /// @param by the second officer, or the registry that keeps the organisation
    /// @param evidence salted hash of what the officers were shown; zero when a registry keeps the organisation
    event RepresentationSet(
        PartyId indexed party, uint32 version, uint8 threshold, PartyId[] representatives, address by, bytes32 evidence
    );
    event RepresentationEnded(PartyId indexed party, uint32 version, address by, bytes32 evidence);

    event PowerGranted(
        PartyId indexed principal,
        PartyId indexed attorney,
        PowerId indexed power,
        string act,
        bytes32 subject,
        uint256 priceFloor,
        bytes32 currency,
        uint40 until,
        uint256 nonce
    );
    /// @param by the principal, or the attorney who renounced it
    event PowerRevoked(PowerId indexed power, PartyId indexed by);

    /// @notice Thrown when the commitment is zero.
    error CommitmentMissing();
    /// @notice Thrown when the wallet is the zero address.
    error WalletMissing();
    /// @notice Thrown when the party has a wallet already.
    error PartyBoundAlready(PartyId party, address wallet);
    /// @notice Thrown when the wallet stands for another party, or for this one already.
    error WalletTaken(address wallet, PartyId party);
    /// @notice Thrown when the party has no wallet.
    error PartyUnbound(PartyId party);
    /// @notice Thrown when the party is an organisation: its representatives sign, it has no wallet of its own.
    error PartyIsOrganisation(PartyId party);
    /// @notice Thrown when the signature is not by this wallet over exactly these values; zero when no wallet but
    /// representatives or an attestation had to stand for it.
    error SignatureInvalid(address wallet);
    /// @notice Thrown when the signature has a high s: somebody turned it around (EIP-2).
    error SignatureMalleable(address wallet);
    /// @notice Thrown when the salted hash of the evidence is zero.
    error EvidenceMissing(PartyId party);

    /// @notice Thrown when the party's wallet is being recovered: until then it signs nothing but the veto.
    error RecoveryPending(PartyId party, uint40 readyAt);
    /// @notice Thrown when no recovery is under way.
    error RecoveryMissing(PartyId party);
    /// @notice Thrown when the delay is not over.
    error RecoveryTooEarly(PartyId party, uint40 readyAt);
    /// @notice Thrown when the time for a veto is over.
    error VetoTooLate(PartyId party, uint40 readyAt);
    /// @notice Thrown when a court ordered the recovery.
    error VetoRefused(PartyId party);
    /// @notice Thrown when the last recovery was vetoed and no court order is named.
    error CourtOrderMissing(PartyId party);
    /// @notice Thrown when a court order is named though nobody vetoed: the present wallet is to be heard first.
    error CourtOrderTooEarly(PartyId party);
    /// @notice Thrown when no court's officer entered this order for this attempt, or withdrew it.
    error CourtOrderUnknown(PartyId party, bytes32 courtOrder);
    /// @notice Thrown when the key that would enter an order has IDENTITY_OFFICER too: who orders does not carry out.
    error CourtNotApart(address key);

    /// @notice Thrown when the digest is attested for the party already.
    error AttestedAlready(PartyId party, bytes32 digest);
    /// @notice Thrown when the digest is not attested for the party.
    error NotAttested(PartyId party, bytes32 digest);

    /// @notice Thrown when an organisation is given no representatives.
    error RepresentativesMissing(PartyId party);
    /// @notice Thrown when there are more than MAX_REPRESENTATIVES, or the threshold is zero or above their number.
    error RepresentationRefused(PartyId party, uint8 threshold, uint256 representatives);
    /// @notice Thrown when representatives are not strictly ascending: a duplicate, zero, or out of order.
    error RepresentativeOrder(PartyId party, PartyId representative);
    /// @notice Thrown when a representative is an organisation.
    error RepresentativeNotPerson(PartyId party, PartyId representative);
    /// @notice Thrown when the party is no organisation, or has ended.
    error OrganisationMissing(PartyId party);

    /// @notice Thrown when a power names no attorney, the principal as attorney, no act or one too long, has ended
    /// already, or has a price floor without a currency or the other way round.
    error PowerRefused(PartyId principal, PartyId attorney);
    /// @notice Thrown when there is no such power.
    error PowerUnknown(PowerId power);
    /// @notice Thrown when the power was revoked, or a recovery of the principal's wallet has ended it.
    error PowerEnded(PowerId power);
    /// @notice Thrown when the power has run out.
    error PowerExpired(PowerId power, uint40 until);
    /// @notice Thrown while the principal's wallet is being recovered, or the principal is an organisation that ended.
    error PowerSuspended(PowerId power);
    /// @notice Thrown when the power is between other parties, for another act or about another subject.
    error PowerOutOfScope(PowerId power);
    /// @notice Thrown when the price is below the power's floor, or in another currency.
    error PriceRefused(PowerId power, uint256 price, uint256 priceFloor);
    /// @notice Thrown when neither the principal nor the attorney revokes.
    error NotOfPower(PowerId power, PartyId party);

    // ── Wallets ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The party's id from its agency and the salted hash of its identity record.
    function partyIdOf(AgencyId agency, bytes32 commitment) external pure returns (PartyId);

    /// @notice Link a wallet to a party after an in-person or e-ID check. By an identity officer of the party's agency,
    /// with the wallet's own signature over BindWallet.
    /// @dev Warning: a wallet cannot cancel this nonce before it is bound, so let it sign a near deadline.
    /// Warning: one officer binds, though two must attest: whoever does so alone can bind a wallet of their own to a
    /// party without one, and sign for it until it is recovered. Of a closed agency nobody binds.
    function bind(bytes32 commitment, address wallet, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (PartyId party);

    /// @notice Move a party to another wallet of its own. By anyone; both wallets sign the same RotateWallet.
    function rotate(
        PartyId party,
        address wallet,
        uint256 nonce,
        uint256 deadline,
        bytes calldata previousSignature,
        bytes calldata signature
    ) external;

    /// @notice The party's present wallet; zero when it has none.
    function walletOf(PartyId party) external view returns (address);

    /// @notice The party that a wallet stands for; zero when none.
    function partyOf(address wallet) external view returns (PartyId);

    // ── Recovery ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice How long the present wallet has to veto, in seconds.
    function RECOVERY_DELAY() external view returns (uint40);

    /// @notice Begin to move a party to a new wallet after the loss of its own. By two officers of its agency, with the
    /// new wallet's signature over RecoverWallet.
    /// @dev The act is bound to the attempt and not to the present wallet, which a thief could rotate at every try.
    /// A veto is remembered until a recovery completes, and no second one is heard before: a thief can veto too.
    /// @param evidence salted hash of what the officers were shown
    /// @param courtOrder after a veto the order that a court's officer entered for this attempt; else zero
    /// @return complete false when this call was the first of the two
    function recover(
        AgencyId agency,
        bytes32 commitment,
        address wallet,
        bytes32 evidence,
        bytes32 courtOrder,
        uint256 deadline,
        bytes calldata signature
    ) external returns (bool complete);

    /// @notice Enter a court's order for the next recovery of a party whose wallet vetoed the last one; zero withdraws
    /// it. By an officer with COURT, of any agency, whose key lacks IDENTITY_OFFICER: so three people pass over a veto.
    /// @dev Good for one attempt: when that is cancelled, the court orders anew. Once it has begun, an officer cancels.
    /// Warning: any court's officer can withdraw or replace another's order before that. Warning: an agency with both
    /// powers has its own court, and an admin who accredits all three keys passes over a veto alone: give COURT to an
    /// agency of its own. Nothing here reads the order itself.
    function orderRecovery(PartyId party, bytes32 courtOrder) external;

    /// @notice The court's order for the next attempt; zero when there is none.
    function recoveryOrderOf(PartyId party) external view returns (bytes32 courtOrder);

    /// @notice Stop a recovery before its delay is over. By anyone; the present wallet signs VetoRecovery.
    function vetoRecovery(PartyId party, uint256 deadline, bytes calldata signature) external;

    /// @notice Stop a recovery. By one officer of the party's agency, after its delay too.
    /// @dev Warning: one such officer can stop every recovery; retire that key first. While the agency is suspended
    /// nobody can, and delays run on: lift or end the suspension in time.
    function cancelRecovery(AgencyId agency, bytes32 commitment) external;

    /// @notice Move the party to the new wallet when the delay is over. By anyone.
    /// @dev Powers of attorney that the old wallet gave end with it, and so does all that it signed.
    function completeRecovery(PartyId party) external;

    /// @notice The recovery under way; all zero when there is none.
    function recoveryOf(PartyId party) external view returns (Recovery memory);

    /// @notice How many recoveries of the party were begun, and how many completed; whether the next needs a court.
    function recoveriesOf(PartyId party) external view returns (uint32 begun, uint32 completed, bool vetoed);

    // ── Parties without a wallet ────────────────────────────────────────────────────────────────────────────────

    /// @notice Stand in for the signature of a party that has no wallet, over one digest. By two officers of its
    /// agency. Never for a party with a wallet, nor for an organisation. Once attested, an empty signature will do.
    /// @dev Warning: officers see a digest: let them reckon it themselves from the typed data that they read.
    /// @param digest EIP-712 digest that the party would have signed; its nonce and deadline make it good for once
    /// @param evidence salted hash of what the officers were shown
    /// @return complete false when this call was the first of the two
    function attest(AgencyId agency, bytes32 commitment, bytes32 digest, bytes32 evidence)
        external
        returns (bool complete);

    /// @notice Take an attestation back. By one officer of the party's agency.
    function withdrawAttestation(AgencyId agency, bytes32 commitment, bytes32 digest) external;

    /// @notice Whether two officers stand in for the party's signature over the digest, and it still has no wallet.
    function attested(PartyId party, bytes32 digest) external view returns (bool);

    // ── Organisations ───────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The most representatives that an organisation has.
    function MAX_REPRESENTATIVES() external view returns (uint256);

    /// @notice Say who signs for an organisation that an agency knows. By two officers of that agency.
    /// @dev Warning: for good. Also when it has ended it is no person, and never has a wallet.
    /// @return complete false when this call was the first of the two
    function setRepresentation(
        AgencyId agency,
        bytes32 commitment,
        uint8 threshold,
        PartyId[] calldata representatives,
        bytes32 evidence
    ) external returns (bool complete);

    /// @notice End an organisation that an agency knows: nobody signs for it any more. By two officers of that agency.
    /// @return complete false when this call was the first of the two
    function endRepresentation(AgencyId agency, bytes32 commitment, bytes32 evidence) external returns (bool complete);

    /// @notice The id of an organisation that a registry contract keeps.
    function organisationIdOf(address registry, bytes32 subject) external pure returns (PartyId);

    /// @notice Say who signs for an organisation that the caller keeps. By any contract, for ids under its own address,
    /// where nobody else reaches: whoever reads such an id trusts the registry that it is made from.
    function setOrganisation(bytes32 subject, uint8 threshold, PartyId[] calldata representatives)
        external
        returns (PartyId party);

    /// @notice End an organisation that the caller keeps.
    function endOrganisation(bytes32 subject) external;

    /// @notice How an organisation signs; all zero for a person.
    function representationOf(PartyId party) external view returns (Representation memory);

    // ── Powers of attorney ──────────────────────────────────────────────────────────────────────────────────────

    /// @notice Let an attorney act for a principal. By anyone; the principal signs GrantPower.
    /// @dev Warning: what an organisation gives outlasts its representatives, the recovery of their wallets, and an end
    /// from which it is brought back: let it revoke what it no longer means.
    function grantPower(PowerGrant calldata grant, uint256 deadline, bytes calldata signature)
        external
        returns (PowerId power);

    /// @notice End a power. By anyone; the principal or the attorney signs RevokePower.
    function revokePower(PowerId power, PartyId party, uint256 deadline, bytes calldata signature) external;

    /// @notice A power as it was given.
    function powerOf(PowerId power) external view returns (Power memory);

    /// @notice Revert with the reason unless the attorney may do this act for the principal now.
    /// @dev Whether the attorney signed it is for the caller to ask.
    /// @param act keccak256 of the act's name
    /// @param price 0 for an act without a price; such a one passes a power with a floor never
    function requirePower(
        PowerId power,
        PartyId principal,
        PartyId attorney,
        bytes32 act,
        bytes32 subject,
        uint256 price,
        bytes32 currency
    ) external view;

    // ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Whether the party signed the digest. A person: by the present wallet, ECDSA (65 bytes, low s) first,
    /// then ERC-1271 with bounded gas; without a wallet, by an attestation and an empty signature. An organisation: by
    /// as many representatives as its rule asks for; of the parts, each by a representative, those that are no good do
    /// not count. False while a recovery is under way.
    /// @dev Warning: let the digest name party, contract, chain, nonce and deadline: nothing here stops a replay, and a
    /// signature comes back to life when a party returns to an old wallet. Let only a refusal follow from false: it may
    /// also mean too little gas.
    function checkSignature(PartyId party, bytes32 digest, bytes calldata signature) external view returns (bool);

    /// @notice The same, reverting with the reason when the party did not sign.
    function requireSignature(PartyId party, bytes32 digest, bytes calldata signature) external view;
}
