// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ActId, AgencyId, IAgencyRegistry, Officer, PendingAct} from "../../interfaces/access/IAgencyRegistry.sol";

/// @title Acts that need two officers
/// @notice Holds the first half of an act until a second, different officer sends the same one.
abstract contract DualControl is IAgencyRegistry {
    bytes32 private constant ACT = keccak256("Muniment.Act.v1");

    /// @inheritdoc IAgencyRegistry
    uint40 public constant ACT_WINDOW = 7 days;
    /// @inheritdoc IAgencyRegistry
    uint40 public constant MATURITY = 48 hours;

    mapping(ActId id => PendingAct act) private _pending;

    /// @inheritdoc IAgencyRegistry
    function dualControl(address officer, uint64 scope, AgencyId agency, uint256 version, bytes calldata act)
        external
        returns (bool complete)
    {
        return _dualControl(msg.sender, officer, scope, agency, version, act);
    }

    /// @inheritdoc IAgencyRegistry
    function withdrawAct(ActId id) external {
        PendingAct storage pending = _pending[id];
        if (pending.officer == address(0)) revert NoPendingAct(id);
        _requireColleague(msg.sender, pending.scope, pending.agency);

        delete _pending[id];
        emit ActWithdrawn(id, msg.sender);
    }

    /// @inheritdoc IAgencyRegistry
    function pendingAct(ActId id) external view returns (PendingAct memory) {
        return _pending[id];
    }

    /// @inheritdoc IAgencyRegistry
    function actIdOf(address target, uint64 scope, AgencyId agency, uint256 version, bytes calldata act)
        public
        view
        returns (ActId)
    {
        return ActId.wrap(
            keccak256(abi.encode(ACT, block.chainid, address(this), target, agency, scope, version, keccak256(act)))
        );
    }

    /// @inheritdoc IAgencyRegistry
    function officerOf(address key) public view virtual returns (Officer memory);

    /// @inheritdoc IAgencyRegistry
    function requireOfficer(address key, uint64 scope) public view virtual returns (AgencyId);

    /// The powers that a key may use now; none when the key is not current or its agency is not active.
    function _powersOf(address key) internal view virtual returns (uint64);

    /// Record the act's first officer and return false, or complete it with a second one and return true.
    /// A first officer who ran out of time, or may no longer act, counts for nothing: the caller takes the place and
    /// the window starts anew, so that no half-finished act stands in the way of a whole one.
    function _dualControl(
        address target,
        address officer,
        uint64 scope,
        AgencyId agency,
        uint256 version,
        bytes calldata act
    ) internal returns (bool complete) {
        _requireColleague(officer, scope, agency);
        _requireMature(officer);

        ActId id = actIdOf(target, scope, agency, version, act);
        PendingAct storage pending = _pending[id];
        address first = pending.officer;
        bool stands = first != address(0) && block.timestamp <= pending.deadline && _powersOf(first) & scope == scope;

        if (!stands) {
            uint40 deadline = uint40(block.timestamp) + ACT_WINDOW;
            _pending[id] = PendingAct({officer: officer, deadline: deadline, agency: agency, scope: scope});
            emit ActProposed(id, target, agency, officer, scope, version, deadline, act);
            return false;
        }
        if (first == officer) revert SecondOfficerNeeded(id, officer);

        delete _pending[id];
        emit ActConfirmed(id, officer);
        return true;
    }

    function _requireColleague(address key, uint64 scope, AgencyId agency) private view {
        if (AgencyId.unwrap(requireOfficer(key, scope)) != AgencyId.unwrap(agency)) revert OtherAgency(key, agency);
    }

    function _requireMature(address key) private view {
        Officer memory officer = officerOf(key);
        uint256 start = officer.accreditedAt > officer.notBefore ? officer.accreditedAt : officer.notBefore;
        if (block.timestamp < start + MATURITY) revert OfficerTooFresh(key, start + MATURITY);
    }
}
