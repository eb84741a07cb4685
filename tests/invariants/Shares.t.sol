// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Entry, Share, Title, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {LandOffice} from "./LandOffice.sol";

/// A registrar who makes entries, good and bad, and keeps a list of those that were taken.
contract Clerk is LandOffice {
    TitleId[] public entered;
    bytes32[] public digests;
    uint256 public refused;

    /// Whole shares in ascending order: an entry that must be taken.
    function enterWhole(uint256 seed, uint8 count, uint64[] calldata parts) external {
        uint256 holders = 1 + count % 32;
        Share[] memory shares = _ascending(seed, holders);
        uint64 denominator;
        for (uint256 i = 0; i < holders; ++i) {
            uint64 part = holders == 1 ? 1 : 1 + (i < parts.length ? parts[i] % (type(uint64).max / 64) : uint64(i));
            shares[i].numerator = part;
            denominator += part;
        }
        _keep(_entry(seed, denominator, shares));
    }

    /// Shares just as they come: mostly to be refused.
    function enterAnything(uint256 seed, uint64 denominator, Share[] calldata shares) external {
        _try(_entry(seed, denominator, shares));
    }

    /// Whole shares with one thing spoilt.
    function enterSpoilt(uint256 seed, uint8 count, uint8 place, uint64 numerator, bytes32 holder) external {
        uint256 holders = 1 + count % 33;
        Share[] memory shares = _ascending(seed, holders);
        shares[place % holders] = Share(PartyId.wrap(holder), numerator);
        _try(_entry(seed, uint64(holders), shares));
    }

    function total() external view returns (uint256) {
        return entered.length;
    }

    function _try(Entry memory entry) private {
        try TITLES.register(GB, entry) returns (TitleId title) {
            _note(title, entry);
        } catch {
            ++refused;
        }
    }

    function _keep(Entry memory entry) private {
        if (TITLES.exists(TITLES.titleIdOf(GB, entry.ref))) return;
        _note(TITLES.register(GB, entry), entry);
    }

    function _note(TitleId title, Entry memory entry) private {
        entered.push(title);
        digests.push(keccak256(abi.encode(entry.denominator, entry.shares)));
    }

    function _ascending(uint256 seed, uint256 holders) private pure returns (Share[] memory shares) {
        shares = new Share[](holders);
        uint256 last = 1 + seed % 1000;
        for (uint256 i = 0; i < holders; ++i) {
            last += 1 + uint256(keccak256(abi.encode(seed, i))) % (type(uint256).max / 64);
            shares[i] = Share(PartyId.wrap(bytes32(last)), 1);
        }
    }

    function _entry(uint256 seed, uint64 denominator, Share[] memory shares) private pure returns (Entry memory) {
        return _entry(string(abi.encode(seed)), uint64(seed | 1), denominator, shares);
    }
}

/// @title What holds of the shares of every title, whatever was entered
contract SharesTest {
    Clerk private _clerk;

    function setUp() external {
        _clerk = new Clerk();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_clerk);
    }

    /// Shares sum exactly to the denominator; holders ascend strictly, none is zero, and there are at most 32.
    function invariant_sharesAreWhole() external view {
        for (uint256 i = 0; i < _clerk.total(); ++i) {
            Title memory title = _clerk.TITLES().titleOf(_clerk.entered(i));
            uint256 sum;
            bytes32 previous;
            for (uint256 j = 0; j < title.shares.length; ++j) {
                assert(PartyId.unwrap(title.shares[j].holder) > previous);
                assert(title.shares[j].numerator > 0);
                previous = PartyId.unwrap(title.shares[j].holder);
                sum += title.shares[j].numerator;
            }
            assert(sum == title.denominator);
            assert(title.shares.length >= 1 && title.shares.length <= 32);
            assert(title.shares.length > 1 || title.denominator == 1);
        }
    }

    /// A title gives back the very shares that were entered.
    function invariant_sharesAreKept() external view {
        for (uint256 i = 0; i < _clerk.total(); ++i) {
            Title memory title = _clerk.TITLES().titleOf(_clerk.entered(i));
            assert(keccak256(abi.encode(title.denominator, title.shares)) == _clerk.digests(i));
        }
    }
}
