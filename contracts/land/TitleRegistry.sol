// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";
import {IConveyance} from "../../interfaces/land/IConveyance.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {ITitleMigration} from "../../interfaces/land/ITitleMigration.sol";
import {
    Entry,
    ITitleRegistry,
    Jurisdiction,
    MigratedTitle,
    Share,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {Consents} from "./Consents.sol";
import {TitleParcels} from "./TitleParcels.sol";
import {TitlePassing} from "./TitlePassing.sol";
import {TitleRecords} from "./TitleRecords.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title Land titles: who holds which land, in which shares
contract TitleRegistry is TitlePassing, TitleParcels {
    using Address for address;
    using TitleShares for Share[];

    /// @inheritdoc ITitleRegistry
    uint256 public constant MAX_BATCH = 50;

    /// @dev The other three are deployed first, for the address that this one will have; nobody can rewire them.
    constructor(
        IAgencyRegistry agencies,
        IPartyRegistry parties,
        ILienRegistry liens,
        ITitleMigration migration,
        IConveyance conveyance
    )
        EIP712("Muniment TitleRegistry", "1")
        Consents(parties)
        TitleRecords(agencies, address(liens), address(migration), address(conveyance))
    {
        if (liens.TITLES() != this) revert NotWired(address(liens));
        if (migration.TITLES() != this) revert NotWired(address(migration));
        if (conveyance.TITLES() != this) revert NotWired(address(conveyance));
    }

    /// @inheritdoc ITitleRegistry
    function register(Jurisdiction jurisdiction, Entry calldata entry) external returns (TitleId title) {
        return _enter(jurisdiction, _requireKeeper(jurisdiction), entry, "");
    }

    /// @inheritdoc ITitleRegistry
    function registerAbsent(Jurisdiction jurisdiction, Entry calldata entry, bytes calldata absence)
        external
        returns (TitleId title)
    {
        return _enter(jurisdiction, _requireKeeper(jurisdiction), entry, absence);
    }

    /// @inheritdoc ITitleRegistry
    function registerBatch(Jurisdiction jurisdiction, Entry[] calldata entries) external {
        AgencyId agency = _requireKeeper(jurisdiction);
        uint256 length = entries.length;
        if (length == 0 || length > MAX_BATCH) revert BatchRefused(length);

        for (uint256 i = 0; i < length; ++i) {
            _enter(jurisdiction, agency, entries[i], "");
        }
    }

    /// @inheritdoc ITitleRegistry
    function admit(MigratedTitle calldata migrated, bytes calldata) external {
        Record storage record = _requireNew(migrated.title);
        // Both functions take the same words, which need no encoding anew.
        MIGRATION.functionStaticCall(bytes.concat(ITitleMigration.requireProven.selector, msg.data[4:]));
        _admit(record, migrated);
    }

    /// @inheritdoc ITitleRegistry
    function admitProven(MigratedTitle[] calldata migrated) external {
        if (msg.sender != MIGRATION) revert NotMigration(msg.sender);
        for (uint256 i = 0; i < migrated.length; ++i) {
            _admit(_requireNew(migrated[i].title), migrated[i]);
        }
    }

    /// Write down a title that was proven.
    function _admit(Record storage record, MigratedTitle calldata migrated) private {
        _requireComplete(migrated.title, migrated.geometryHash, migrated.area, migrated.grade);
        Share[] memory shares = migrated.shares;
        shares.check(migrated.title, migrated.denominator);

        _write(record, migrated.jurisdiction, migrated.area, migrated.grade, migrated.denominator, shares);
        emit TitleAdmitted(
            migrated.title,
            migrated.jurisdiction,
            migrated.geometryHash,
            migrated.area,
            migrated.grade,
            migrated.denominator,
            shares
        );
        if (migrated.liens.length + migrated.interests.length != 0) {
            ILienRegistry(LIENS).carryIn(migrated.title, migrated.liens, migrated.interests);
        }
    }
}
