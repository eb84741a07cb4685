// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// keccak256(abi.encode(keccak256("Muniment.Agency.v1"), parent, domainHash))
type AgencyId is bytes32;
/// keccak256(abi.encode(keccak256("Muniment.Act.v1"), chainId, registry, target, agency, scope, version,
/// keccak256(act)))
type ActId is bytes32;

/// Unknown: never registered. Closed is final; Suspended can be lifted.
enum AgencyStatus {
    Unknown,
    Active,
    Suspended,
    Closed
}

/// How a key stood at one moment, judged with what is known now.
/// Compromised wins over every other standing from `compromisedSince` on.
enum KeyStanding {
    Unknown,
    NotYet,
    Current,
    Retired,
    Compromised
}

/// @param admin who accredits and retires officers; in production a Safe or a timelock
/// @param scopes the powers that the agency may give to its officers, one bit each
/// @param parent the agency that registered it; zero when the root did
/// @param domainHash keccak256 of the agency's internet domain in lower case, e.g. "land.example.gov"
struct Agency {
    address admin;
    uint64 scopes;
    AgencyStatus status;
    AgencyId parent;
    bytes32 domainHash;
}

/// A key's one record. It is only ever added to: times move, the key and the agency never change.
/// Times are Unix seconds. The key is current while notBefore <= t < notAfter.
/// @param id counts accredited keys from 1; short enough for a record to name the key it was made with
/// @param compromisedSince 0 while the key is trusted; acts at or after it are suspect
/// @param accreditedAt the block time of accreditation; dual control waits 48 hours from here
struct Officer {
    AgencyId agency;
    uint64 scopes;
    uint40 notBefore;
    uint40 notAfter;
    uint40 compromisedSince;
    uint40 accreditedAt;
    uint32 id;
}

/// The first half of an act under dual control.
struct PendingAct {
    address officer;
    uint40 deadline;
    AgencyId agency;
    uint64 scope;
}

/// @title Who may act for the state, with which powers, and since when
/// @notice Agencies, the keys of their officers, and dual control for acts that override somebody's right.
/// Every other contract asks this one; there is no second role system.
/// @dev Not upgradeable. The root is a constructor argument and the deployer holds no power.
interface IAgencyRegistry {
    event RootProposed(address indexed root, address indexed proposed);
    event RootChanged(address indexed previous, address indexed root);

    event AgencyRegistered(
        AgencyId indexed agency, AgencyId indexed parent, address indexed admin, uint64 scopes, bytes32 domainHash
    );
    event AgencyScopesChanged(AgencyId indexed agency, uint64 scopes, address indexed by);
    event AgencyStatusChanged(AgencyId indexed agency, AgencyStatus status, address indexed by);
    event AdminProposed(AgencyId indexed agency, address indexed proposed, address indexed by);
    event AdminChanged(AgencyId indexed agency, address indexed previous, address indexed admin);

    event OfficerAccredited(
        AgencyId indexed agency, address indexed key, uint32 id, uint64 scopes, uint40 notBefore, uint40 notAfter
    );
    event OfficerRetired(AgencyId indexed agency, address indexed key, uint40 notAfter, address indexed by);
    event OfficerCompromised(AgencyId indexed agency, address indexed key, uint40 since);

    /// @dev A later one with the same id takes the place of the earlier: its first officer fell or ran out of time.
    /// @param act the calldata of the act as `target` received it, so that staff can be shown it in plain words
    event ActProposed(
        ActId indexed id,
        address indexed target,
        AgencyId indexed agency,
        address officer,
        uint64 scope,
        uint256 version,
        uint40 deadline,
        bytes act
    );
    event ActConfirmed(ActId indexed id, address indexed officer);
    event ActWithdrawn(ActId indexed id, address indexed officer);

    /// @notice Thrown when the caller is not the root.
    error NotRoot(address caller);
    /// @notice Thrown when the caller was not proposed for the post it tries to accept.
    error NotProposed(address caller);
    /// @notice Thrown when the caller neither is the agency's admin nor stands above it.
    error NotAuthority(AgencyId agency, address caller);
    /// @notice Thrown when an address that must be somebody is zero.
    error ZeroAddress();
    /// @notice Thrown when the domain hash is zero.
    error DomainMissing();
    /// @notice Thrown when the parent has an agency of the same domain.
    error AgencyExists(AgencyId agency);
    /// @notice Thrown when the agency was never registered, is suspended or is closed.
    error AgencyNotActive(AgencyId agency, AgencyStatus status);
    /// @notice Thrown when a status cannot follow the present one.
    error StatusRefused(AgencyId agency, AgencyStatus present, AgencyStatus wanted);
    /// @notice Thrown when powers are given that the giver does not have, or none at all.
    error ScopesRefused(uint64 wanted, uint64 allowed);
    /// @notice Thrown when the key has a record already: a key is accredited once.
    error KeyExists(address key);
    /// @notice Thrown when a key's period is empty, over already, or starts in the past.
    error PeriodRefused(uint40 notBefore, uint40 notAfter);
    /// @notice Thrown when the key has no record.
    error NotAnOfficer(address key);
    /// @notice Thrown when the key is not yet, no longer, or because of compromise not current.
    error OfficerNotCurrent(address key, KeyStanding standing);
    /// @notice Thrown when the key, or its agency, lacks the power.
    error ScopeMissing(address key, uint64 scope);
    /// @notice Thrown when the officer belongs to another agency than the act does.
    error OtherAgency(address key, AgencyId agency);
    /// @notice Thrown when retirement would lengthen a key's life or reach into the past.
    error RetirementRefused(address key, uint40 notAfter, uint40 wanted);
    /// @notice Thrown when compromise is dated in the future, or later than it stands.
    error CompromiseRefused(address key, uint40 present, uint40 wanted);
    /// @notice Thrown when a key under suspicion judges itself.
    error OwnCase(address key);
    /// @notice Thrown when the same officer sends an act twice: the second must be another.
    error SecondOfficerNeeded(ActId id, address officer);
    /// @notice Thrown when a key is too fresh for dual control.
    error OfficerTooFresh(address key, uint256 countsFrom);
    /// @notice Thrown when no such act is pending.
    error NoPendingAct(ActId id);

    // ── Powers ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Enter, change and close entries of a land register.
    function LAND_REGISTRAR() external view returns (uint64);
    /// @notice Freeze, order and rectify.
    function COURT() external view returns (uint64);
    /// @notice Open and close elections, enrol voters.
    function ELECTION_OFFICER() external view returns (uint64);
    /// @notice Issue and revoke documents.
    function DOCUMENT_ISSUER() external view returns (uint64);
    /// @notice Bind a wallet to a party after an identity check, recover it after a loss.
    function IDENTITY_OFFICER() external view returns (uint64);
    /// @notice Grant and revoke e-residency.
    function RESIDENCY_OFFICER() external view returns (uint64);
    /// @notice License professions: estate agents, banks, notaries, surveyors.
    function LICENSING() external view returns (uint64);
    /// @notice Enter companies and their changes.
    function COMPANY_REGISTRAR() external view returns (uint64);
    /// @notice Answer other agencies' requests for data.
    function DATA_PROVIDER() external view returns (uint64);
    /// @notice Ask other agencies for data.
    function DATA_CONSUMER() external view returns (uint64);
    /// @notice Declare a colleague's key compromised, with a second custodian.
    function KEY_CUSTODIAN() external view returns (uint64);

    // ── Root ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The state's own key: a Safe or a timelock in production.
    function root() external view returns (address);

    /// @notice The address that may take over as root; zero when none was proposed.
    function pendingRoot() external view returns (address);

    /// @notice Propose a successor. By the root. Zero withdraws the proposal.
    function proposeRoot(address proposed) external;

    /// @notice Take over as root. By the proposed address.
    function acceptRoot() external;

    // ── Agencies ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The id of the agency with this domain under this parent (zero for the root), registered or not.
    /// The parent is part of it, so that no agency can take a domain's id away from another or from the root.
    function agencyIdOf(AgencyId parent, bytes32 domainHash) external pure returns (AgencyId);

    /// @notice Register an agency. By the root when `parent` is zero, else by the parent's admin, whose
    /// agency must be active.
    /// @dev Warning: a parent's admin may claim any free domain. Believe an agency's name only when the domain itself
    /// says so, and let the root close a squatter's.
    /// @param scopes must lie within the parent's; any when the root registers
    function registerAgency(AgencyId parent, address admin, uint64 scopes, bytes32 domainHash)
        external
        returns (AgencyId agency);

    /// @notice Change what an agency may do; its officers' powers narrow with it at once. By the root, or the
    /// parent's admin within the parent's scopes.
    /// @dev Warning: children are agencies of their own and keep their powers when their parent's narrow.
    function changeScopes(AgencyId agency, uint64 scopes) external;

    /// @notice Suspend, reactivate or close an agency. By the root or the parent's admin.
    /// @dev Warning: children are agencies of their own and do not fall with their parent, and a parent's admin may
    /// lift a suspension that the root set. A closed agency has no custodians left: date compromised keys before. What
    /// it left behind falls to the agency above it (requireKeeperOf), and to nobody where the root registered it.
    function changeStatus(AgencyId agency, AgencyStatus status) external;

    /// @notice Propose another admin. By the admin, or by whoever stands above, so that a lost admin key strands
    /// nothing. Zero withdraws the proposal. While the agency is suspended only those above propose, so that a thief of
    /// the admin's key cannot overwrite the proposal that removes him.
    function proposeAdmin(AgencyId agency, address proposed) external;

    /// @notice Take over as admin. By the proposed address.
    function acceptAdmin(AgencyId agency) external;

    /// @notice An agency's record; all zero when there is none.
    function agencyOf(AgencyId agency) external view returns (Agency memory);

    /// @notice The address that may take over as the agency's admin.
    function pendingAdmin(AgencyId agency) external view returns (address);

    // ── Officers ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Give a key powers for a period. By the agency's admin. A key has one record for ever.
    /// @dev Warning: the key is not asked, so another agency's admin can use up its one record: then make a new key.
    /// @param scopes within the agency's own
    /// @param notBefore 0 for now
    function accredit(AgencyId agency, address key, uint64 scopes, uint40 notBefore, uint40 notAfter) external;

    /// @notice End a key's period earlier: what it did before stays valid. By the agency's admin or the key itself.
    /// @param notAfter 0 for now
    function retire(address key, uint40 notAfter) external;

    /// @notice Declare that a key was in wrong hands since a moment: acts from then on are suspect. By two custodians
    /// of the key's own agency; may later be moved to an earlier moment, never to a later one.
    /// @return complete false when this call was the first of the two
    function markCompromised(address key, uint40 since) external returns (bool complete);

    /// @notice A key's record; all zero when there is none.
    function officerOf(address key) external view returns (Officer memory);

    /// @notice The key with this id; zero when there is none.
    function keyOf(uint32 id) external view returns (address);

    /// @notice How a key stood at a moment. Whether its agency was active then is not part of the answer.
    function standingAt(address key, uint256 time) external view returns (KeyStanding);

    /// @notice Return the agency of a key that may use the power now; revert with the reason otherwise.
    function requireOfficer(address key, uint64 scope) external view returns (AgencyId agency);

    /// @notice Return the id of a key that may use the power for this agency now; revert with the reason otherwise.
    function requireOfficerFor(address key, uint64 scope, AgencyId agency) external view returns (uint32 id);

    /// @notice The same for what an agency left behind: of a closed agency, the officers of the one above may answer.
    /// @dev Warning: nobody answers for a closed agency that the root registered.
    function requireKeeperOf(address key, uint64 scope, AgencyId agency) external view;

    // ── Dual control ────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice How long the second officer has, in seconds.
    function ACT_WINDOW() external view returns (uint40);
    /// @notice How long a fresh key waits before it counts, in seconds.
    function MATURITY() external view returns (uint40);

    /// @notice Record an act's first officer, or complete it with a second, different one. Called by the contract that
    /// carries the act out, which must stop unless `complete`.
    /// @dev Both officers must be current, mature, of the same agency and hold the scope. The first is judged again at
    /// completion; one who ran out of time or may no longer act counts for nothing, and the caller takes that place.
    /// Warning: `officer` is the caller's word, so an act means something only with its `target`: list those of known
    /// contracts alone. Warning: a completed act is forgotten, so the target must change its version with it.
    /// @param version of the thing acted upon, so that a stale approval cannot run on a changed one
    /// @param act every parameter, as the target received it (msg.data)
    function dualControl(address officer, uint64 scope, AgencyId agency, uint256 version, bytes calldata act)
        external
        returns (bool complete);

    /// @notice Withdraw a pending act. By any current officer of the agency who holds the scope.
    /// @dev Warning: one such officer can withdraw every act; retire that key first.
    function withdrawAct(ActId id) external;

    /// @notice A pending act; all zero when there is none.
    function pendingAct(ActId id) external view returns (PendingAct memory);

    /// @notice The id of an act, pending or not.
    function actIdOf(address target, uint64 scope, AgencyId agency, uint256 version, bytes calldata act)
        external
        view
        returns (ActId);
}
