// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Contract wallets, good and bad, for tests alone. Each answers isValidSignature(bytes32,bytes) in its own way.

bytes4 constant MAGIC = 0x1626ba7e;

/// Accepts one digest, with any signature that is not empty.
contract ApprovingWallet {
    bytes32 public approved;

    function approve(bytes32 digest) external {
        approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return digest == approved && signature.length > 0 ? MAGIC : bytes4(0xffffffff);
    }
}

/// Accepts nothing.
contract RefusingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

/// Burns all the gas that it is given.
contract BurningWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return MAGIC;
    }
}

/// Reverts with half a megabyte, so that whoever copies the answer pays for it.
contract BombWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            revert(0, 0x60000)
        }
    }
}

/// Sends its calldata back, which begins with the magic value.
contract EchoWallet {
    fallback(bytes calldata question) external returns (bytes memory) {
        return question;
    }
}

/// Answers with the four bytes of the magic value and no more.
contract ShortWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes4 magic = MAGIC;
        assembly {
            mstore(0, magic)
            return(0, 4)
        }
    }
}

/// Answers with the magic value and a bit of dirt behind it.
contract DirtyWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes4 magic = MAGIC;
        assembly {
            mstore(0, or(magic, 1))
            return(0, 32)
        }
    }
}

/// Answers with the magic value in the reason of a revert.
contract RevertingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes4 magic = MAGIC;
        assembly {
            mstore(0, magic)
            revert(0, 32)
        }
    }
}

/// Accepts, and answers with a whole kilobyte whose first word is right.
contract TalkativeWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes4 magic = MAGIC;
        assembly {
            mstore(0, magic)
            return(0, 1024)
        }
    }
}
