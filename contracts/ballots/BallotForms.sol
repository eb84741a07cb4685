// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ContestForm, IBallotBox} from "../../interfaces/ballots/IBallotBox.sol";
import {BallotBytes} from "./BallotBytes.sol";

/// @title The forms of contests: what their ballots hold, and which can be counted
library BallotForms {
    uint256 internal constant CHOICE = 1;
    uint256 internal constant POINTS = 2;
    uint256 private constant MOST_CONTESTS = 8;
    uint256 private constant MOST_CHOICES = 8;
    uint256 private constant MOST_OPTIONS = 64;
    uint256 private constant MOST_POINTS = 15;
    uint256 private constant WIDEST_SUM = 63;
    uint256 private constant MOST_CIPHERTEXTS = 64;
    /// More, and a ballot would be beyond the 128 KiB that nodes pass on, and the gas of a transaction (EIP-7825).
    uint256 private constant MOST_BRANCHES = 512;
    /// Counts that whoever decodes a sum may have to try.
    uint256 private constant MOST_CANDIDATES = 1 << 40;
    /// Bits of a plaintext, so that none is beyond the group's order.
    uint256 private constant MOST_BITS = 255;

    // ── Fields ──────────────────────────────────────────────────────────────────────────────────────────────────

    function kind(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) >> 56;
    }

    function options(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) >> 48 & 0xff;
    }

    /// Most points for one option.
    function most(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) >> 40 & 0xff;
    }

    /// Fewest points in all.
    function minimum(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) >> 24 & 0xffff;
    }

    /// Most points in all.
    function maximum(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) >> 8 & 0xffff;
    }

    /// 1 where a choice may be left blank.
    function blank(ContestForm form) internal pure returns (uint256) {
        return ContestForm.unwrap(form) & 0xff;
    }

    // ── What a ballot holds ─────────────────────────────────────────────────────────────────────────────────────

    function ciphertexts(ContestForm form) internal pure returns (uint256) {
        return kind(form) == CHOICE ? 1 : options(form);
    }

    /// How many values one ciphertext may hold.
    function valuesOfEach(ContestForm form) internal pure returns (uint256) {
        return kind(form) == CHOICE ? options(form) + blank(form) : most(form) + 1;
    }

    /// How many values the contest's points may sum to; 0 when the bounds forbid nothing, and the sum needs no proof.
    function valuesOfSum(ContestForm form) internal pure returns (uint256) {
        if (kind(form) == CHOICE) return 0;
        if (minimum(form) == 0 && maximum(form) == options(form) * most(form)) return 0;
        return maximum(form) - minimum(form) + 1;
    }

    /// Write the values of one ciphertext into `words` from `place` on; gives how many.
    function putEach(ContestForm form, uint256 width, uint256[] memory words, uint256 place)
        internal
        pure
        returns (uint256 count)
    {
        count = valuesOfEach(form);
        if (kind(form) == POINTS) {
            putRange(words, place, 0, count);
            return count;
        }
        unchecked {
            uint256 named = options(form);
            uint256 end = place + named;
            for (uint256 value = 1; place < end; value <<= width) {
                BallotBytes.put(words, place, value);
                ++place;
            }
            if (count > named) BallotBytes.put(words, end, 0);
        }
    }

    /// Write `count` numbers from `first` on into `words`.
    function putRange(uint256[] memory words, uint256 place, uint256 first, uint256 count) internal pure {
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                BallotBytes.put(words, place + i, first + i);
            }
        }
    }

    // ── Which are taken ─────────────────────────────────────────────────────────────────────────────────────────

    /// Refuse forms of no sense, and ballots too large to check.
    function requireUsable(ContestForm[] memory forms) internal pure {
        if (forms.length == 0 || forms.length > MOST_CONTESTS) {
            revert IBallotBox.FormRefused(forms.length, ContestForm.wrap(0));
        }
        uint256 held;
        uint256 branches;
        for (uint256 i = 0; i < forms.length; ++i) {
            if (!_isUsable(forms[i])) revert IBallotBox.FormRefused(i, forms[i]);
            held += ciphertexts(forms[i]);
            branches += ciphertexts(forms[i]) * valuesOfEach(forms[i]) + valuesOfSum(forms[i]);
        }
        if (held > MOST_CIPHERTEXTS || branches > MOST_BRANCHES) revert IBallotBox.BallotTooLarge(held, branches);
    }

    /// Whether sums of so many ballots can be decoded: the count of one value of a choice is what the others leave.
    function isDecodable(ContestForm form, uint256 width, uint256 ballots) internal pure returns (bool) {
        if (kind(form) == POINTS) return most(form) * ballots < MOST_CANDIDATES;
        if (options(form) * width > MOST_BITS) return false;
        // The binomial coefficients C(ballots + i, i), of which each is made of the one before; they rise.
        uint256 candidates = 1;
        for (uint256 i = 1; i < valuesOfEach(form); ++i) {
            candidates = candidates * (ballots + i) / i;
            if (candidates > MOST_CANDIDATES) return false;
        }
        return true;
    }

    function _isUsable(ContestForm form) private pure returns (bool) {
        (uint256 named, uint256 each) = (options(form), most(form));
        (uint256 least, uint256 all) = (minimum(form), maximum(form));
        if (kind(form) == CHOICE) {
            uint256 values = named + blank(form);
            return each | least | all == 0 && named > 0 && blank(form) < 2 && values > 1 && values <= MOST_CHOICES;
        }
        return kind(form) == POINTS && blank(form) == 0 && named > 0 && named <= MOST_OPTIONS && each > 0
            && each <= MOST_POINTS && least <= all && all > 0 && all <= named * each && all - least <= WIDEST_SUM;
    }
}
