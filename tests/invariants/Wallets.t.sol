// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {AgencyRegistry} from "../../contracts/access/AgencyRegistry.sol";
import {PartyRegistry} from "../../contracts/identity/PartyRegistry.sol";
import {VM} from "./Vm.sol";

/// Eight parties and eight wallets that bind, rotate and cancel in any order, with nonces that often meet again.
contract Counter {
    uint256 public constant SIZE = 8;

    AgencyRegistry public immutable AGENCIES = new AgencyRegistry(address(this));
    PartyRegistry public immutable PARTIES = new PartyRegistry(AGENCIES);
    AgencyId private immutable AGENCY;

    address[SIZE] private _wallets;
    mapping(PartyId party => mapping(uint256 nonce => uint256 times)) public uses;
    bool public reused;

    constructor() {
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        AGENCIES.accredit(AGENCY, address(this), AGENCIES.IDENTITY_OFFICER(), 0, type(uint40).max);
        for (uint256 index = 0; index < SIZE; ++index) {
            _wallets[index] = VM.addr(1 + index);
        }
    }

    function bind(uint256 who, uint256 with, uint256 nonce) external {
        PartyId party = partyAt(who);
        address wallet = walletAt(with);
        nonce %= 300;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)"),
                    party,
                    wallet,
                    nonce,
                    type(uint256).max
                )
            )
        );
        bytes memory signature = _sign(with, digest);
        try PARTIES.bind(_record(who), wallet, nonce, type(uint256).max, signature) {
            _note(party, nonce);
        } catch {}
    }

    function rotate(uint256 who, uint256 to, uint256 nonce) external {
        PartyId party = partyAt(who);
        address wallet = walletAt(to);
        address previous = PARTIES.walletOf(party);
        nonce %= 300;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)"),
                    party,
                    previous,
                    wallet,
                    nonce,
                    type(uint256).max
                )
            )
        );
        bytes memory mine = _sign(_keyOf(previous), digest);
        bytes memory other = _sign(to, digest);
        try PARTIES.rotate(party, wallet, nonce, type(uint256).max, mine, other) {
            _note(party, nonce);
        } catch {}
    }

    function cancel(uint256 who, uint256 nonce) external {
        PartyId party = partyAt(who);
        nonce %= 300;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)"),
                    party,
                    nonce,
                    type(uint256).max
                )
            )
        );
        bytes memory signature = _sign(_keyOf(PARTIES.walletOf(party)), digest);
        try PARTIES.cancelNonce(party, nonce, type(uint256).max, signature) {
            _note(party, nonce);
        } catch {}
    }

    function partyAt(uint256 who) public view returns (PartyId) {
        return PARTIES.partyIdOf(AGENCY, _record(who));
    }

    function walletAt(uint256 index) public view returns (address) {
        return _wallets[index % SIZE];
    }

    function _note(PartyId party, uint256 nonce) private {
        if (++uses[party][nonce] > 1) reused = true;
    }

    function _record(uint256 who) private pure returns (bytes32) {
        return keccak256(abi.encode(who % SIZE));
    }

    /// The index of a wallet; 0 for one that is none of ours, whose signature will not do.
    function _keyOf(address wallet) private view returns (uint256) {
        for (uint256 index = 0; index < SIZE; ++index) {
            if (_wallets[index] == wallet) return index;
        }
        return 0;
    }

    function _sign(uint256 index, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(1 + index % SIZE, digest);
        return abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Muniment PartyRegistry"),
                keccak256("1"),
                block.chainid,
                address(PARTIES)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}

/// @title What holds of parties and wallets, whatever was signed
contract WalletsTest {
    Counter private _counter;

    function setUp() external {
        _counter = new Counter();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_counter);
    }

    /// A party's wallet stands for that party and a wallet's party has that wallet: one to one.
    function invariant_oneToOne() external view {
        PartyRegistry parties = _counter.PARTIES();
        for (uint256 i = 0; i < _counter.SIZE(); ++i) {
            PartyId party = _counter.partyAt(i);
            address wallet = parties.walletOf(party);
            assert(wallet == address(0) || PartyId.unwrap(parties.partyOf(wallet)) == PartyId.unwrap(party));

            address other = _counter.walletAt(i);
            PartyId theirs = parties.partyOf(other);
            assert(PartyId.unwrap(theirs) == bytes32(0) || parties.walletOf(theirs) == other);
        }
    }

    /// No nonce serves a party twice.
    function invariant_nonceServesOnce() external view {
        assert(!_counter.reused());
    }

    /// The zero address stands for nobody.
    function invariant_zeroIsNobody() external view {
        assert(PartyId.unwrap(_counter.PARTIES().partyOf(address(0))) == bytes32(0));
    }
}
