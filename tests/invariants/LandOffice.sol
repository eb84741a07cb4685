// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {IConveyance} from "../../interfaces/land/IConveyance.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {ITitleMigration} from "../../interfaces/land/ITitleMigration.sol";
import {
    Entry,
    Grade,
    ITitleRegistry,
    Jurisdiction,
    RegisterStatus,
    Share
} from "../../interfaces/land/ITitleRegistry.sol";
import {ConveyanceDouble, MigrationDouble} from "../contracts/doubles/Land.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// Everybody signs whatever is asked: what signatures mean is tested elsewhere.
contract Willing {
    function requireSignature(PartyId, bytes32, bytes calldata) external pure {}
}

/// The land registries with a register of two officers, who are registrars and court in one.
abstract contract LandOffice {
    Jurisdiction internal constant GB = Jurisdiction.wrap("GB");
    address internal constant COLLEAGUE = address(0xC0);
    uint256 internal constant START = 1_767_225_600;

    IAgencyRegistry public immutable AGENCIES;
    ILienRegistry public immutable LIENS;
    MigrationDouble public immutable MIGRATION;
    ConveyanceDouble public immutable CONVEYANCE;
    ITitleRegistry public immutable TITLES;

    constructor() {
        VM.warp(START);
        AGENCIES = IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this)))); // nonce 1
        IPartyRegistry willing = IPartyRegistry(address(new Willing()));
        address titles = _created(6);
        LIENS = ILienRegistry(Built.create("LienRegistry", abi.encode(AGENCIES, willing, ITitleRegistry(titles))));
        MIGRATION = new MigrationDouble(titles);
        CONVEYANCE = new ConveyanceDouble(titles);
        ITitleMigration migration = ITitleMigration(address(MIGRATION));
        TITLES = ITitleRegistry(
            Built.create(
                "TitleRegistry",
                abi.encode(AGENCIES, willing, ILienRegistry(LIENS), migration, IConveyance(address(CONVEYANCE)))
            )
        );
        AgencyId agency =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        uint64 scopes = AGENCIES.LAND_REGISTRAR() | AGENCIES.COURT();
        AGENCIES.accredit(agency, address(this), scopes, 0, type(uint40).max);
        AGENCIES.accredit(agency, COLLEAGUE, scopes, 0, type(uint40).max);
        TITLES.setRegister(GB, agency, RegisterStatus.Mirror);
        VM.warp(START + 3 days);
    }

    function _entry(string memory ref, uint64 area, uint64 denominator, Share[] memory shares)
        internal
        pure
        returns (Entry memory)
    {
        return Entry({
            ref: ref,
            geometryHash: keccak256(bytes(ref)),
            area: area,
            grade: Grade.Absolute,
            denominator: denominator,
            shares: shares,
            sourceHash: bytes32(0),
            legalDate: 0
        });
    }

    /// The address of this contract's creation with a nonce below 128.
    function _created(uint8 nonce) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), nonce)))));
    }
}
