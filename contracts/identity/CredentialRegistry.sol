// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Agency, AgencyId, IAgencyRegistry, KeyStanding} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Credential,
    CredentialKind,
    CredentialStanding,
    ICredentialRegistry
} from "../../interfaces/identity/ICredentialRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyNonces.sol";

/// @title Credentials of parties
contract CredentialRegistry is ICredentialRegistry, ERC165 {
    /// @param scope the power that issues it; 0 when nobody defined the kind
    /// @param agency the one that may; zero for any
    struct Kind {
        uint64 scope;
        AgencyId agency;
    }

    bytes32 private constant KIND = keccak256("Muniment.CredentialKind.v1");
    bytes32 private constant CREDENTIAL = keccak256("Muniment.Credential.v1");
    /// The interface of ERC-5192: locked(uint256) alone.
    bytes4 private constant ERC5192 = 0xb45a3c0e;
    /// Codes of RFC 5280, section 5.3.1: 0 to 5, 9 and 10. There is no 7, and no hold (6) that could be lifted (8).
    uint256 private constant REASONS = 0x63f;
    uint256 private constant MAX_NAME = 64;

    /// @inheritdoc ICredentialRegistry
    CredentialKind public constant E_RESIDENT = CredentialKind.wrap("E_RESIDENT");
    /// @inheritdoc ICredentialRegistry
    CredentialKind public constant ESTATE_AGENT = CredentialKind.wrap("ESTATE_AGENT");
    /// @inheritdoc ICredentialRegistry
    CredentialKind public constant BANK = CredentialKind.wrap("BANK");
    /// @inheritdoc ICredentialRegistry
    CredentialKind public constant NOTARY = CredentialKind.wrap("NOTARY");
    /// @inheritdoc ICredentialRegistry
    CredentialKind public constant SURVEYOR = CredentialKind.wrap("SURVEYOR");

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;

    mapping(CredentialKind kind => Kind record) private _kinds;
    mapping(bytes32 id => Credential credential) private _credentials;

    constructor(IAgencyRegistry agencies) {
        AGENCIES = agencies;
        _define(E_RESIDENT, AgencyId.wrap(0), "E_RESIDENT", agencies.RESIDENCY_OFFICER());
        uint64 licensing = agencies.LICENSING();
        _define(ESTATE_AGENT, AgencyId.wrap(0), "ESTATE_AGENT", licensing);
        _define(BANK, AgencyId.wrap(0), "BANK", licensing);
        _define(NOTARY, AgencyId.wrap(0), "NOTARY", licensing);
        _define(SURVEYOR, AgencyId.wrap(0), "SURVEYOR", licensing);
    }

    // ── Kinds ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredentialRegistry
    function defineKind(AgencyId agency, string calldata name, uint64 scope) external returns (CredentialKind kind) {
        Agency memory record = AGENCIES.agencyOf(agency);
        if (record.admin != msg.sender) revert NotAdmin(agency, msg.sender);
        uint256 length = bytes(name).length;
        bool oneScope = scope != 0 && scope & (scope - 1) == 0;
        if (length == 0 || length > MAX_NAME || !oneScope || record.scopes & scope == 0) {
            revert KindRefused(agency, scope);
        }
        kind = kindIdOf(agency, name);
        if (_kinds[kind].scope != 0) revert KindExists(kind);

        _define(kind, agency, name, scope);
    }

    /// @inheritdoc ICredentialRegistry
    function kindOf(CredentialKind kind) external view returns (uint64 scope, AgencyId agency) {
        return (_kinds[kind].scope, _kinds[kind].agency);
    }

    /// @inheritdoc ICredentialRegistry
    function kindIdOf(AgencyId agency, string calldata name) public pure returns (CredentialKind) {
        return CredentialKind.wrap(keccak256(abi.encode(KIND, agency, keccak256(bytes(name)))));
    }

    // ── Credentials ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredentialRegistry
    function issue(AgencyId agency, PartyId party, CredentialKind kind, uint40 from, uint40 until, bytes32 sourceHash)
        external
    {
        if (PartyId.unwrap(party) == bytes32(0)) revert PartyMissing();
        Kind memory known = _requireKind(kind);
        bool everywhere = AgencyId.unwrap(known.agency) == bytes32(0);
        if (!everywhere && !_same(known.agency, agency)) revert KindOfOtherAgency(kind, known.agency);
        uint32 keyId = AGENCIES.requireOfficerFor(msg.sender, known.scope, agency);
        uint40 present = uint40(block.timestamp);
        uint40 start = from == 0 ? present : from;
        if (until <= start || until <= present) revert CredentialPeriodRefused(from, until);
        bytes32 id = credentialIdOf(party, kind);
        Credential storage held = _credentials[id];
        if (!_same(held.agency, agency)) {
            CredentialStanding standing = _standingAt(held, present);
            if (standing == CredentialStanding.Current || standing == CredentialStanding.NotYet) {
                revert CredentialHeld(party, kind, held.agency);
            }
        }

        _credentials[id] = Credential({
            agency: agency, keyId: keyId, issuedAt: present, from: start, until: until, revoked: false, reason: 0
        });
        emit CredentialIssued(party, kind, agency, keyId, start, until, sourceHash);
        emit Locked(uint256(id));
    }

    /// @inheritdoc ICredentialRegistry
    function revoke(PartyId party, CredentialKind kind, uint256 reason) external {
        if ((REASONS >> reason) & 1 == 0) revert ReasonRefused(reason);
        Credential storage credential = _credentials[credentialIdOf(party, kind)];
        if (credential.issuedAt == 0) revert CredentialMissing(party, kind);
        AgencyId agency = credential.agency;
        AGENCIES.requireKeeperOf(msg.sender, _kinds[kind].scope, agency);
        if (credential.revoked) revert CredentialWithdrawn(party, kind, credential.reason);

        credential.revoked = true;
        credential.reason = uint8(reason);
        emit CredentialRevoked(party, kind, agency, uint8(reason), msg.sender);
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICredentialRegistry
    function credentialOf(PartyId party, CredentialKind kind) external view returns (Credential memory) {
        return _credentials[credentialIdOf(party, kind)];
    }

    /// @inheritdoc ICredentialRegistry
    function standingAt(PartyId party, CredentialKind kind, uint256 time) external view returns (CredentialStanding) {
        return _standingAt(_credentials[credentialIdOf(party, kind)], time);
    }

    /// @inheritdoc ICredentialRegistry
    function requireCredential(PartyId party, CredentialKind kind) external view {
        Credential storage credential = _credentials[credentialIdOf(party, kind)];
        CredentialStanding standing = _standingAt(credential, block.timestamp);
        if (standing == CredentialStanding.Current) return;
        if (standing == CredentialStanding.None) revert CredentialMissing(party, kind);
        if (standing == CredentialStanding.Suspect) revert CredentialSuspect(party, kind);
        if (standing == CredentialStanding.Revoked) revert CredentialWithdrawn(party, kind, credential.reason);
        if (standing == CredentialStanding.NotYet) revert CredentialNotYet(party, kind, credential.from);
        revert CredentialExpired(party, kind, credential.until);
    }

    /// @inheritdoc ICredentialRegistry
    function locked(uint256 tokenId) external view returns (bool) {
        if (_credentials[bytes32(tokenId)].issuedAt == 0) revert TokenUnknown(tokenId);
        return true;
    }

    /// @inheritdoc ICredentialRegistry
    function credentialIdOf(PartyId party, CredentialKind kind) public pure returns (bytes32) {
        return keccak256(abi.encode(CREDENTIAL, party, kind));
    }

    /// @notice Whether an interface (ERC-165) is kept: ERC-165 and ERC-5192, and not ERC-721.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == ERC5192 || super.supportsInterface(interfaceId);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _define(CredentialKind kind, AgencyId agency, string memory name, uint64 scope) private {
        _kinds[kind] = Kind({scope: scope, agency: agency});
        emit KindDefined(kind, agency, name, scope);
    }

    function _requireKind(CredentialKind kind) private view returns (Kind memory known) {
        known = _kinds[kind];
        if (known.scope == 0) revert KindUnknown(kind);
    }

    /// The first standing that applies, in the order of CredentialStanding. At issue only compromise of the key counts:
    /// one that was retired later issued in good order.
    function _standingAt(Credential storage credential, uint256 time) private view returns (CredentialStanding) {
        uint40 issuedAt = credential.issuedAt;
        if (issuedAt == 0) return CredentialStanding.None;
        if (AGENCIES.standingAt(AGENCIES.keyOf(credential.keyId), issuedAt) == KeyStanding.Compromised) {
            return CredentialStanding.Suspect;
        }
        if (credential.revoked) return CredentialStanding.Revoked;
        if (time < credential.from) return CredentialStanding.NotYet;
        return time < credential.until ? CredentialStanding.Current : CredentialStanding.Expired;
    }

    function _same(AgencyId one, AgencyId other) private pure returns (bool) {
        return AgencyId.unwrap(one) == AgencyId.unwrap(other);
    }
}
