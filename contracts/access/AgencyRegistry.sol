// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Agency,
    AgencyId,
    AgencyStatus,
    IAgencyRegistry,
    KeyStanding,
    Officer
} from "../../interfaces/access/IAgencyRegistry.sol";
import {DualControl} from "./DualControl.sol";

/// @title Who may act for the state, with which powers, and since when
contract AgencyRegistry is DualControl {
    /// An officer's record but for the agency, in one slot: whoever names the agency reads no more.
    struct Accreditation {
        uint64 scopes;
        uint40 notBefore;
        uint40 notAfter;
        uint40 compromisedSince;
        uint40 accreditedAt;
        uint32 id;
    }

    /// An agency's record, and its officers by their keys.
    struct Staffed {
        Agency record;
        mapping(address key => Accreditation accreditation) officers;
    }

    bytes32 private constant AGENCY = keccak256("Muniment.Agency.v1");

    /// @inheritdoc IAgencyRegistry
    uint64 public constant LAND_REGISTRAR = 1 << 0;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant COURT = 1 << 1;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant ELECTION_OFFICER = 1 << 2;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant DOCUMENT_ISSUER = 1 << 3;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant IDENTITY_OFFICER = 1 << 4;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant RESIDENCY_OFFICER = 1 << 5;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant LICENSING = 1 << 6;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant COMPANY_REGISTRAR = 1 << 7;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant DATA_PROVIDER = 1 << 8;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant DATA_CONSUMER = 1 << 9;
    /// @inheritdoc IAgencyRegistry
    uint64 public constant KEY_CUSTODIAN = 1 << 10;

    /// @inheritdoc IAgencyRegistry
    address public root;
    /// @inheritdoc IAgencyRegistry
    address public pendingRoot;

    /// @inheritdoc IAgencyRegistry
    mapping(AgencyId agency => address admin) public pendingAdmin;

    mapping(AgencyId id => Staffed agency) private _agencies;
    mapping(address key => AgencyId agency) private _agencyOf;

    /// @inheritdoc IAgencyRegistry
    mapping(uint32 id => address key) public keyOf;
    uint32 private _lastId;

    constructor(address root_) {
        if (root_ == address(0)) revert ZeroAddress();
        root = root_;
        emit RootChanged(address(0), root_);
    }

    // ── Root ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAgencyRegistry
    function proposeRoot(address proposed) external {
        if (msg.sender != root) revert NotRoot(msg.sender);

        pendingRoot = proposed;
        emit RootProposed(msg.sender, proposed);
    }

    /// @inheritdoc IAgencyRegistry
    function acceptRoot() external {
        if (msg.sender != pendingRoot) revert NotProposed(msg.sender);

        emit RootChanged(root, msg.sender);
        root = msg.sender;
        delete pendingRoot;
    }

    // ── Agencies ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAgencyRegistry
    function registerAgency(AgencyId parent, address admin, uint64 scopes, bytes32 domainHash)
        external
        returns (AgencyId agency)
    {
        if (AgencyId.unwrap(parent) == bytes32(0)) {
            if (msg.sender != root) revert NotRoot(msg.sender);
        } else {
            if (msg.sender != _agencies[parent].record.admin) revert NotAuthority(parent, msg.sender);
            _requireActive(parent);
        }
        if (admin == address(0)) revert ZeroAddress();
        if (domainHash == bytes32(0)) revert DomainMissing();
        _requireScopes(parent, scopes);
        agency = agencyIdOf(parent, domainHash);
        if (_agencies[agency].record.status != AgencyStatus.Unknown) revert AgencyExists(agency);

        _agencies[agency].record =
            Agency({admin: admin, scopes: scopes, status: AgencyStatus.Active, parent: parent, domainHash: domainHash});
        emit AgencyRegistered(agency, parent, admin, scopes, domainHash);
    }

    /// @inheritdoc IAgencyRegistry
    function changeScopes(AgencyId agency, uint64 scopes) external {
        _requireAbove(agency);
        _requireOpen(agency);
        _requireScopes(msg.sender == root ? AgencyId.wrap(0) : _agencies[agency].record.parent, scopes);

        _agencies[agency].record.scopes = scopes;
        emit AgencyScopesChanged(agency, scopes, msg.sender);
    }

    /// @inheritdoc IAgencyRegistry
    function changeStatus(AgencyId agency, AgencyStatus status) external {
        _requireAbove(agency);
        AgencyStatus present = _agencies[agency].record.status;
        bool follows = present == AgencyStatus.Active
            ? status == AgencyStatus.Suspended || status == AgencyStatus.Closed
            : present == AgencyStatus.Suspended && (status == AgencyStatus.Active || status == AgencyStatus.Closed);
        if (!follows) revert StatusRefused(agency, present, status);

        _agencies[agency].record.status = status;
        emit AgencyStatusChanged(agency, status, msg.sender);
    }

    /// @inheritdoc IAgencyRegistry
    function proposeAdmin(AgencyId agency, address proposed) external {
        // While the agency is suspended only those above propose, or a thief of the admin's key could overwrite every
        // proposal that would remove him.
        if (msg.sender == _agencies[agency].record.admin) _requireActive(agency);
        else _requireAbove(agency);
        _requireOpen(agency);

        pendingAdmin[agency] = proposed;
        emit AdminProposed(agency, proposed, msg.sender);
    }

    /// @inheritdoc IAgencyRegistry
    function acceptAdmin(AgencyId agency) external {
        if (msg.sender != pendingAdmin[agency]) revert NotProposed(msg.sender);
        _requireOpen(agency);

        emit AdminChanged(agency, _agencies[agency].record.admin, msg.sender);
        _agencies[agency].record.admin = msg.sender;
        delete pendingAdmin[agency];
    }

    /// @inheritdoc IAgencyRegistry
    function agencyOf(AgencyId agency) external view returns (Agency memory) {
        return _agencies[agency].record;
    }

    /// @inheritdoc IAgencyRegistry
    function agencyIdOf(AgencyId parent, bytes32 domainHash) public pure returns (AgencyId) {
        return AgencyId.wrap(keccak256(abi.encode(AGENCY, parent, domainHash)));
    }

    // ── Officers ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAgencyRegistry
    function accredit(AgencyId agency, address key, uint64 scopes, uint40 notBefore, uint40 notAfter) external {
        if (msg.sender != _agencies[agency].record.admin) revert NotAuthority(agency, msg.sender);
        _requireActive(agency);
        if (key == address(0)) revert ZeroAddress();
        if (_known(key)) revert KeyExists(key);
        _requireScopes(agency, scopes);
        uint40 present = uint40(block.timestamp);
        uint40 start = notBefore == 0 ? present : notBefore;
        if (start < present || notAfter <= start) revert PeriodRefused(notBefore, notAfter);

        uint32 id = ++_lastId;
        _agencyOf[key] = agency;
        _agencies[agency].officers[key] = Accreditation({
            scopes: scopes, notBefore: start, notAfter: notAfter, compromisedSince: 0, accreditedAt: present, id: id
        });
        keyOf[id] = key;
        emit OfficerAccredited(agency, key, id, scopes, start, notAfter);
    }

    /// @inheritdoc IAgencyRegistry
    function retire(address key, uint40 notAfter) external {
        AgencyId agency = _requireKnown(key);
        Accreditation storage officer = _agencies[agency].officers[key];
        if (msg.sender != key && msg.sender != _agencies[agency].record.admin) revert NotAuthority(agency, msg.sender);
        uint40 end = notAfter == 0 ? uint40(block.timestamp) : notAfter;
        if (end < block.timestamp || end >= officer.notAfter) revert RetirementRefused(key, officer.notAfter, end);

        officer.notAfter = end;
        emit OfficerRetired(agency, key, end, msg.sender);
    }

    /// @inheritdoc IAgencyRegistry
    function markCompromised(address key, uint40 since) external returns (bool complete) {
        AgencyId agency = _requireKnown(key);
        if (msg.sender == key) revert OwnCase(key);
        Accreditation storage officer = _agencies[agency].officers[key];
        uint40 present = officer.compromisedSince;
        if (since == 0 || since > block.timestamp || (present != 0 && since >= present)) {
            revert CompromiseRefused(key, present, since);
        }
        complete = _dualControl(address(this), msg.sender, KEY_CUSTODIAN, agency, present, msg.data);

        if (complete) {
            officer.compromisedSince = since;
            emit OfficerCompromised(agency, key, since);
        }
    }

    /// @inheritdoc IAgencyRegistry
    function officerOf(address key) public view override returns (Officer memory) {
        AgencyId agency = _agencyOf[key];
        Accreditation storage officer = _agencies[agency].officers[key];
        return Officer({
            agency: agency,
            scopes: officer.scopes,
            notBefore: officer.notBefore,
            notAfter: officer.notAfter,
            compromisedSince: officer.compromisedSince,
            accreditedAt: officer.accreditedAt,
            id: officer.id
        });
    }

    /// @inheritdoc IAgencyRegistry
    function standingAt(address key, uint256 time) external view returns (KeyStanding) {
        return _standingAt(_agencies[_agencyOf[key]].officers[key], time);
    }

    /// @inheritdoc IAgencyRegistry
    function requireOfficer(address key, uint64 scope) public view override returns (AgencyId agency) {
        agency = _requireKnown(key);
        _requireOfficer(key, scope, agency, false);
    }

    /// @inheritdoc IAgencyRegistry
    function requireOfficerFor(address key, uint64 scope, AgencyId agency) external view returns (uint32) {
        return _requireOfficer(key, scope, agency, false);
    }

    /// @inheritdoc IAgencyRegistry
    function requireKeeperOf(address key, uint64 scope, AgencyId agency) external view {
        _requireOfficer(key, scope, agency, true);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param orAbove for a closed agency, ask the one above it
    function _requireOfficer(address key, uint64 scope, AgencyId id, bool orAbove) private view returns (uint32) {
        Staffed storage staffed = _agencies[id];
        Agency storage agency = staffed.record;
        if (agency.status != AgencyStatus.Active) {
            bool passedOn = orAbove && agency.status == AgencyStatus.Closed;
            if (!passedOn || AgencyId.unwrap(agency.parent) == bytes32(0)) revert AgencyNotActive(id, agency.status);
            return _requireOfficer(key, scope, agency.parent, true);
        }
        Accreditation storage officer = staffed.officers[key];
        (uint32 keyId, uint64 powers) = (officer.id, officer.scopes & agency.scopes);
        if (!_isCurrent(officer.notBefore, officer.notAfter, officer.compromisedSince, block.timestamp)) {
            if (!_known(key)) revert NotAnOfficer(key);
            if (keyId == 0) revert OtherAgency(key, id);
            revert OfficerNotCurrent(key, _standingAt(officer, block.timestamp));
        }
        if (scope == 0 || powers & scope != scope) revert ScopeMissing(key, scope);
        return keyId;
    }

    function _powersOf(address key) internal view override returns (uint64) {
        AgencyId id = _agencyOf[key];
        Accreditation storage officer = _agencies[id].officers[key];
        Agency storage agency = _agencies[id].record;
        if (agency.status != AgencyStatus.Active) return 0;
        return _standingAt(officer, block.timestamp) == KeyStanding.Current ? officer.scopes & agency.scopes : 0;
    }

    function _standingAt(Accreditation storage officer, uint256 time) private view returns (KeyStanding) {
        if (officer.id == 0) return KeyStanding.Unknown;
        (uint40 notBefore, uint40 notAfter, uint40 since) =
            (officer.notBefore, officer.notAfter, officer.compromisedSince);
        if (_isCurrent(notBefore, notAfter, since, time)) return KeyStanding.Current;
        if (since != 0 && time >= since) return KeyStanding.Compromised;
        // A key retired before it began will never be current.
        return time < notAfter ? KeyStanding.NotYet : KeyStanding.Retired;
    }

    function _isCurrent(uint40 notBefore, uint40 notAfter, uint40 compromisedSince, uint256 time)
        private
        pure
        returns (bool)
    {
        return time >= notBefore && time < notAfter && (compromisedSince == 0 || time < compromisedSince);
    }

    function _known(address key) private view returns (bool) {
        return AgencyId.unwrap(_agencyOf[key]) != bytes32(0);
    }

    function _requireKnown(address key) private view returns (AgencyId) {
        if (!_known(key)) revert NotAnOfficer(key);
        return _agencyOf[key];
    }

    function _requireActive(AgencyId agency) private view {
        AgencyStatus status = _agencies[agency].record.status;
        if (status != AgencyStatus.Active) revert AgencyNotActive(agency, status);
    }

    /// Active or suspended: a record that can still change.
    function _requireOpen(AgencyId agency) private view {
        AgencyStatus status = _agencies[agency].record.status;
        if (status == AgencyStatus.Unknown || status == AgencyStatus.Closed) revert AgencyNotActive(agency, status);
    }

    /// The root, or the admin of an active parent.
    function _requireAbove(AgencyId agency) private view {
        if (msg.sender == root) return;
        AgencyId parent = _agencies[agency].record.parent;
        if (msg.sender != _agencies[parent].record.admin) revert NotAuthority(agency, msg.sender);
        _requireActive(parent);
    }

    /// At least one power, and none that the giver lacks; the zero agency stands for the root, which has all.
    function _requireScopes(AgencyId giver, uint64 scopes) private view {
        uint64 allowed = AgencyId.unwrap(giver) == bytes32(0) ? type(uint64).max : _agencies[giver].record.scopes;
        if (scopes == 0 || scopes & ~allowed != 0) revert ScopesRefused(scopes, allowed);
    }
}
