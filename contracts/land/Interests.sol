// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {ILienRegistry, Interest, InterestKind} from "../../interfaces/land/ILienRegistry.sol";
import {InterestId, SaleId, Share, Standing, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {Encumbrances} from "./Encumbrances.sol";

/// @title Leases and easements
abstract contract Interests is Encumbrances {
    bytes32 private constant INTEREST = keccak256("Muniment.Interest.v1");
    bytes32 private constant INTEREST_TYPE =
        keccak256("Interest(uint8 kind,bytes32 beneficiary,bytes32 dominant,uint40 until,bytes32 deedHash)");
    bytes32 private constant GRANT_INTEREST = keccak256(
        "GrantInterest(bytes32 title,uint32 version,Interest interest,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline)Interest(uint8 kind,bytes32 beneficiary,bytes32 dominant,"
        "uint40 until,bytes32 deedHash)"
    );
    bytes32 private constant END_INTEREST =
        keccak256("EndInterest(bytes32 interest,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline)");
    bytes32 private constant GRANT_ACT = keccak256("land.grant");
    bytes32 private constant RELEASE_ACT = keccak256("land.release");

    // ── Entering ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function enterInterest(TitleId title, Interest calldata interest, uint32 legalDate, Consent[] calldata consents)
        external
        returns (InterestId id)
    {
        Standing memory standing = _requireOpen(title, SaleId.wrap(0), false);
        _requireRegistrar(standing.keeper);
        id = _requireSound(title, interest);
        (, Share[] memory shares) = TITLES.sharesOf(title);
        bytes memory head =
            abi.encode(GRANT_INTEREST, title, standing.version, _wordOf(INTEREST_TYPE, interest), legalDate);
        _requireConsents(shares, GRANT_ACT, TitleId.unwrap(title), head, consents);

        _enter(title, id, interest, legalDate);
    }

    /// @inheritdoc ILienRegistry
    function enterInterestByOrder(TitleId title, Interest calldata interest, uint32 legalDate)
        external
        returns (bool complete)
    {
        Standing memory standing = _requireOpen(title, SaleId.wrap(0), false);
        InterestId id = _requireSound(title, interest);
        complete = _byTwo(title, standing);

        if (complete) _enter(title, id, interest, legalDate);
    }

    // ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function endInterest(TitleId[] calldata titles, Interest calldata interest, Consent[] calldata consents) external {
        _requireCount(titles.length);
        InterestId id = interestIdOf(interest);
        bytes memory head = abi.encode(END_INTEREST, id, keccak256(abi.encodePacked(titles)));
        _requireConsents(_sideOf(interest), RELEASE_ACT, InterestId.unwrap(id), head, consents);

        for (uint256 i = 0; i < titles.length; ++i) {
            _end(titles[i], id, address(0), bytes32(0));
        }
    }

    /// @inheritdoc ILienRegistry
    function endInterestByOrder(TitleId title, Interest calldata interest, bytes32 order)
        external
        returns (bool complete)
    {
        _requireOrder(title, order);
        complete = _byTwo(title, TITLES.standingOf(title));

        if (complete) _end(title, interestIdOf(interest), msg.sender, order);
    }

    /// @inheritdoc ILienRegistry
    function expireInterest(TitleId title, Interest calldata interest) external {
        InterestId id = interestIdOf(interest);
        if (interest.until == 0 || block.timestamp <= interest.until) revert InterestStands(id, interest.until);

        _end(title, id, address(0), bytes32(0));
    }

    /// @inheritdoc ILienRegistry
    function interestIdOf(Interest calldata interest) public pure returns (InterestId) {
        return InterestId.wrap(_wordOf(INTEREST, interest));
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _enter(TitleId title, InterestId id, Interest calldata interest, uint32 legalDate) private {
        _add(title, id);
        emit InterestEntered(
            title,
            id,
            interest.beneficiary,
            interest.kind,
            interest.dominant,
            interest.until,
            interest.deedHash,
            legalDate,
            msg.sender
        );
    }

    function _end(TitleId title, InterestId id, address officer, bytes32 source) private {
        _remove(title, id);
        emit InterestEnded(title, id, officer, source);
    }

    /// Every term is there, and for a title's benefit the title too.
    function _requireSound(TitleId title, Interest calldata interest) private view returns (InterestId id) {
        id = interestIdOf(interest);
        bool served = TitleId.unwrap(interest.dominant) != bytes32(0);
        bool lease = interest.kind == InterestKind.Lease;
        bool sound = interest.kind != InterestKind.None && interest.deedHash != bytes32(0)
            && served != (PartyId.unwrap(interest.beneficiary) != bytes32(0)) && !(lease && served)
            && (interest.until == 0 ? !lease : block.timestamp <= interest.until)
            && (!served
                || (TitleId.unwrap(interest.dominant) != TitleId.unwrap(title) && TITLES.exists(interest.dominant)));
        if (!sound) revert InterestRefused(title, id);
    }

    /// Who may give the interest up.
    function _sideOf(Interest calldata interest) private view returns (Share[] memory side) {
        if (TitleId.unwrap(interest.dominant) != bytes32(0)) {
            (, side) = TITLES.sharesOf(interest.dominant);
        } else {
            side = new Share[](1);
            side[0] = Share(interest.beneficiary, 1);
        }
    }

    function _wordOf(bytes32 kind, Interest calldata interest) private pure returns (bytes32) {
        return keccak256(
            abi.encode(kind, interest.kind, interest.beneficiary, interest.dominant, interest.until, interest.deedHash)
        );
    }
}
