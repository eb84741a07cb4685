// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What stands in for the contracts that the title registry relies on, for tests alone. Plain types, as the ABI has them.

/// Lets a test act as the conveyance contract.
contract ConveyanceDouble {
    address public immutable TITLES;

    constructor(address titles) {
        TITLES = titles;
    }

    function act(address target, bytes calldata data) public {
        (bool done, bytes memory answer) = target.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    function actAll(address target, bytes[] calldata data) external {
        for (uint256 i = 0; i < data.length; ++i) {
            act(target, data[i]);
        }
    }
}

/// Believes what it was told: which titles moved in, and which leaves are proven.
contract MigrationDouble {
    struct Share {
        bytes32 holder;
        uint64 numerator;
    }

    struct MigratedTitle {
        bytes32 title;
        bytes8 jurisdiction;
        bytes32 geometryHash;
        uint64 area;
        uint8 grade;
        uint64 denominator;
        Share[] shares;
        bytes32[] liens;
        bytes32[] interests;
    }

    error AbsenceUnproven(bytes8 jurisdiction, bytes32 title);
    error TitleUnproven(bytes32 title);

    address public immutable TITLES;
    mapping(bytes8 jurisdiction => bytes proof) public absences;
    mapping(bytes32 title => bytes proof) public proofs;

    constructor(address titles) {
        TITLES = titles;
    }

    function expect(bytes8 jurisdiction, bytes calldata absence) external {
        absences[jurisdiction] = absence;
    }

    function believe(bytes32 title, bytes calldata proof) external {
        proofs[title] = proof;
    }

    function requireAbsent(bytes8 jurisdiction, bytes32 title, bytes calldata absence) external view {
        bytes memory wanted = absences[jurisdiction];
        if (wanted.length != 0 && keccak256(absence) != keccak256(wanted)) revert AbsenceUnproven(jurisdiction, title);
    }

    function requireProven(MigratedTitle calldata migrated, bytes calldata proof) external view {
        bytes memory wanted = proofs[migrated.title];
        if (wanted.length == 0 || keccak256(proof) != keccak256(wanted)) revert TitleUnproven(migrated.title);
    }
}
