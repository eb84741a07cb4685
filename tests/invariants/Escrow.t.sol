// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {CredentialKind, ICredentialRegistry} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry, PartyId, PowerId, Representation} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {
    BillOfSale,
    Finance,
    IConveyance,
    LienFate,
    Listing,
    Offer,
    Payoff,
    SaleContract,
    SaleStatus,
    Settlement
} from "../../interfaces/land/IConveyance.sol";
import {ILienRegistry, Lien, LienKind} from "../../interfaces/land/ILienRegistry.sol";
import {ISaleEscrow, Rates} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleMigration} from "../../interfaces/land/ITitleMigration.sol";
import {
    Entry,
    Grade,
    ITitleRegistry,
    Jurisdiction,
    RegisterStatus,
    RestrictionId,
    SaleId,
    Share,
    Title,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {MigrationDouble} from "../contracts/doubles/Land.sol";
import {FairMoney} from "../contracts/doubles/SaleTokens.sol";
import {Built} from "./Built.sol";
import {Reach} from "./Reach.sol";
import {VM} from "./Vm.sol";

/// Everybody has a wallet and a licence, and signs whatever is asked: what those mean is tested elsewhere.
contract WillingTraders {
    CredentialKind public constant ESTATE_AGENT = CredentialKind.wrap("ESTATE_AGENT");
    CredentialKind public constant BANK = CredentialKind.wrap("BANK");

    function requireSignature(PartyId, bytes32, bytes calldata) external pure {}
    function requireCredential(PartyId, CredentialKind) external pure {}

    function walletOf(PartyId) external pure returns (address) {
        return address(1);
    }

    function representationOf(PartyId) external pure returns (Representation memory representation) {}
}

/// Lists, sells, pays, freezes, ends and settles sales of a few titles in any order, and keeps books of its own.
contract Market {
    /// @param fedBy one more than the place of the sale that feeds it; 0 for none
    struct Deal {
        SaleId id;
        uint256 parcel;
        uint256 price;
        uint256 duty;
        uint256 fed;
        uint256 paid;
        uint256 refunded;
        uint256 fedBy;
        bytes listing;
        bytes offer;
        bytes terms;
    }

    Jurisdiction private constant GB = Jurisdiction.wrap("GB");
    uint256 private constant PARCELS = 4;
    uint256 private constant START = 1_767_225_600;
    address[4] public payees = [address(0xA1), address(0xA2), address(0xA3), address(0xA4)];

    IAgencyRegistry public immutable AGENCIES;
    ILienRegistry public immutable LIENS;
    ISaleEscrow public immutable ESCROW;
    IConveyance public immutable SALES;
    ITitleRegistry public immutable TITLES;
    FairMoney public immutable TOKEN;
    bytes32 private immutable CURRENCY;

    TitleId[PARCELS] public parcels;
    uint256[PARCELS] public passed;
    mapping(uint256 parcel => RestrictionId freeze) private _freezes;
    Deal[] private _deals;
    uint256 private _nonce;
    uint256 public withdrawn;
    uint256 public registered;
    uint256 public chained;
    uint256 public ended;
    uint256 public refunds;

    constructor() {
        VM.warp(START);
        AGENCIES = IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this)))); // nonce 1
        address willing = address(new WillingTraders());
        TOKEN = new FairMoney();
        CURRENCY = bytes32(uint256(uint160(address(TOKEN))));
        ITitleRegistry titles = ITitleRegistry(_created(8));
        LIENS = ILienRegistry(Built.create("LienRegistry", abi.encode(AGENCIES, IPartyRegistry(willing), titles)));
        ITitleMigration migration = ITitleMigration(address(new MigrationDouble(address(titles))));
        ESCROW =
            ISaleEscrow(Built.create("SaleEscrow", abi.encode(AGENCIES, IPartyRegistry(willing), titles, _created(7))));
        SALES = IConveyance(
            Built.create(
                "Conveyance",
                abi.encode(
                    AGENCIES, IPartyRegistry(willing), ICredentialRegistry(willing), titles, LIENS, ISaleEscrow(ESCROW)
                )
            )
        );
        TITLES = ITitleRegistry(
            Built.create("TitleRegistry", abi.encode(AGENCIES, IPartyRegistry(willing), LIENS, migration, SALES))
        );
        AgencyId agency =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        uint64 scopes = AGENCIES.LAND_REGISTRAR() | AGENCIES.COURT();
        AGENCIES.accredit(agency, address(this), scopes, 0, type(uint40).max);
        TITLES.setRegister(GB, agency, RegisterStatus.Mirror);
        ESCROW.setRates(GB, CURRENCY, Rates(true, 15_000, 42_500, payees[3], 7));
        for (uint256 i = 0; i < PARCELS; ++i) {
            Share[] memory shares = new Share[](1);
            shares[0] = Share(PartyId.wrap(bytes32(i + 1)), 1);
            parcels[i] = TITLES.register(
                GB, Entry(string(abi.encode(i)), bytes32(i + 1), 1, Grade.Absolute, 1, shares, bytes32(0), 0)
            );
        }
        TOKEN.approve(address(ESCROW), type(uint256).max);
    }

    // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A sale up to its contract.
    function begin(uint256 parcel, uint256 price, uint256 buyers) external {
        _begin(
            _listingOf(parcel % PARCELS),
            parcel % PARCELS,
            1_000_000 + uint128(uint96(price)),
            1 + buyers % 3,
            SaleId.wrap(0),
            0,
            0
        );
    }

    /// Two sales up to their contracts, of which the first pays a part of the second.
    function beginPair(uint256 parcel, uint256 price, uint256 amount, uint256 buyers) external {
        uint256 other = (parcel % PARCELS + 1) % PARCELS;
        Listing memory listing = _listingOf(other);
        uint128 whole = 1_000_000 + uint128(uint96(price));
        uint128 fed = uint128(1 + amount % (whole / 2));
        _begin(_listingOf(parcel % PARCELS), parcel % PARCELS, whole, 1 + buyers % 3, SALES.saleIdOf(listing), fed, 0);
        _begin(listing, other, whole, 1, SaleId.wrap(0), 0, fed);
        _deals[_deals.length - 1].fedBy = _deals.length - 1;
    }

    function lodge(uint256 place) external {
        if (_deals.length != 0) _lodge(_at(place));
    }

    function _lodge(Deal storage deal) private {
        try SALES.lodge(_listing(deal), _terms(deal)) {} catch {}
    }

    function pay(uint256 place, uint256 amount) external {
        if (_deals.length != 0) _pay(_at(place), amount);
    }

    function _pay(Deal storage deal, uint256 amount) private {
        uint256 rest = deal.price + deal.duty - deal.fed - deal.paid;
        amount = amount % 4 == 0 ? amount % (rest + 2) : rest;
        TOKEN.mint(address(this), amount);
        try SALES.deposit(_listing(deal), _offer(deal), _terms(deal), amount) {
            deal.paid += amount;
        } catch {}
    }

    function finance(uint256 place) external {
        if (_deals.length != 0) _finance(_at(place));
    }

    function _finance(Deal storage deal) private {
        Finance memory means;
        try SALES.finance(_listing(deal), _offer(deal), _terms(deal), means, new Consent[](0)) {} catch {}
    }

    function signBill(uint256 place) external {
        if (_deals.length != 0) _signBill(_at(place));
    }

    function _signBill(Deal storage deal) private {
        Listing memory listing = _listing(deal);
        Offer memory offer = _offer(deal);
        Consent[] memory consents = _consents(listing.sellers.length + offer.shares.length);
        try SALES.signBillOfSale(listing, offer, BillOfSale("bill", 0), consents) {} catch {}
    }

    /// The steps that are left, in their order, of the sale and of the one that feeds it.
    function hurry(uint256 place, uint256 settling) external {
        if (_deals.length == 0) return;
        place = _recent(place);
        _hurry(place);
        uint256 fedBy = _deals[place].fedBy;
        if (fedBy != 0) _hurry(fedBy - 1);
        if (settling % 2 == 0) _settle(place);
    }

    function settle(uint256 place) external {
        if (_deals.length != 0) _settle(_recent(place));
    }

    function _settle(uint256 place) private {
        uint256 fedBy = _deals[place].fedBy;
        Settlement[] memory chain = new Settlement[](fedBy == 0 ? 1 : 2);
        if (fedBy != 0) chain[0] = _settlement(_deals[fedBy - 1]);
        chain[chain.length - 1] = _settlement(_deals[place]);
        try SALES.settle(chain) {
            ++passed[_deals[place].parcel];
            ++registered;
            if (fedBy != 0) {
                ++passed[_deals[fedBy - 1].parcel];
                ++registered;
                ++chained;
            }
        } catch {}
    }

    function cancel(uint256 place) external {
        if (_deals.length == 0 || place % 4 != 0) return;
        Deal storage deal = _at(place / 4);
        Listing memory listing = _listing(deal);
        Offer memory offer = _offer(deal);
        Consent[] memory consents = _consents(listing.sellers.length + offer.shares.length);
        try SALES.cancel(listing, offer, "agreed", consents) {
            ++ended;
        } catch {}
    }

    function expire(uint256 place, uint256 time) external {
        if (_deals.length == 0) return;
        VM.warp(block.timestamp + time % 2 days);
        try SALES.expire(_listing(_at(place))) {
            ++ended;
        } catch {}
    }

    function freeze(uint256 parcel) external {
        if (parcel % 8 != 0) return;
        parcel = (parcel / 8) % PARCELS;
        if (RestrictionId.unwrap(_freezes[parcel]) == bytes32(0)) {
            _freezes[parcel] = TITLES.freeze(parcels[parcel], bytes32(++_nonce));
        } else {
            TITLES.liftFreeze(_freezes[parcel], "lifted");
            _freezes[parcel] = RestrictionId.wrap(0);
        }
    }

    /// A freeze never stands in the way: what was paid into a sale that has ended comes back. The first such sale from
    /// this place on, for most have nothing open.
    function refund(uint256 place) external {
        for (uint256 i = 0; i < _deals.length; ++i) {
            Deal storage deal = _deals[(place % _deals.length + i) % _deals.length];
            SaleStatus status = SALES.saleOf(deal.id).status;
            uint256 open = deal.paid - deal.refunded;
            if (open == 0 || (status != SaleStatus.Cancelled && status != SaleStatus.Expired)) continue;
            ESCROW.refund(deal.id, address(this));
            deal.refunded += open;
            ++refunds;
            return;
        }
    }

    function withdraw(uint256 place) external {
        address payee = place % 5 == 4 ? address(this) : payees[place % 5];
        uint256 credit = ESCROW.creditOf(address(TOKEN), payee);
        if (credit == 0) return;
        ESCROW.withdrawFor(address(TOKEN), payee);
        withdrawn += credit;
    }

    // ── Books ───────────────────────────────────────────────────────────────────────────────────────────────────

    function total() external view returns (uint256) {
        return _deals.length;
    }

    function dealAt(uint256 place) external view returns (Deal memory) {
        return _deals[place];
    }

    function credits() external view returns (uint256 sum) {
        sum = ESCROW.creditOf(address(TOKEN), address(this));
        for (uint256 i = 0; i < payees.length; ++i) {
            sum += ESCROW.creditOf(address(TOKEN), payees[i]);
        }
    }

    // ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────

    function _hurry(uint256 place) private {
        Deal storage deal = _deals[place];
        _lodge(deal);
        _pay(deal, 1);
        _finance(deal);
        _signBill(deal);
    }

    function _begin(
        Listing memory listing,
        uint256 parcel,
        uint128 price,
        uint256 buyers,
        SaleId feeds,
        uint128 feedAmount,
        uint128 fed
    ) private {
        Offer memory offer = _offerOf(price, buyers);
        uint128 duty = ESCROW.dutyOf(GB, CURRENCY, price, offer.denominator, offer.shares);
        SaleContract memory terms = _termsOf(listing.sellers.length, duty);
        terms.agentFee = price / 7;
        terms.feeds = feeds;
        terms.feedAmount = feedAmount;
        terms.fed = fed;
        uint256 both = listing.sellers.length + buyers;
        SALES.list(listing, _consents(listing.sellers.length + 1));
        SALES.acceptOffer(listing, offer, _consents(both));
        SALES.signContract(listing, offer, terms, _consents(both + 1));

        Deal storage deal = _deals.push();
        deal.id = SALES.saleIdOf(listing);
        deal.parcel = parcel;
        deal.price = price;
        deal.duty = duty;
        deal.fed = fed;
        deal.listing = abi.encode(listing);
        deal.offer = abi.encode(offer);
        deal.terms = abi.encode(terms);
    }

    function _listingOf(uint256 parcel) private returns (Listing memory listing) {
        Title memory title = TITLES.titleOf(parcels[parcel]);
        listing.title = parcels[parcel];
        listing.version = title.version;
        listing.sellers = new PartyId[](title.shares.length);
        for (uint256 i = 0; i < title.shares.length; ++i) {
            listing.sellers[i] = title.shares[i].holder;
        }
        listing.agent = PartyId.wrap("agent");
        listing.documentHash = bytes32(++_nonce);
        listing.until = uint40(block.timestamp + 1 days);
    }

    function _offerOf(uint128 price, uint256 count) private returns (Offer memory offer) {
        offer.price = price;
        offer.currency = CURRENCY;
        offer.documentHash = "offer";
        offer.until = uint40(block.timestamp + 1 days);
        offer.payers = new address[](1);
        offer.payers[0] = address(this);
        offer.shares = new Share[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint64 part = count == 1 ? 1 : uint64(1 + uint256(keccak256(abi.encode(price, i))) % 1000);
            offer.shares[i] = Share(PartyId.wrap(bytes32(++_nonce + 1000)), part);
            offer.denominator += part;
        }
    }

    function _termsOf(uint256 sellers, uint128 duty) private view returns (SaleContract memory terms) {
        terms.liens = new LienFate[](0);
        terms.payouts = new address[](sellers);
        for (uint256 i = 0; i < sellers; ++i) {
            terms.payouts[i] = payees[i % 3];
        }
        terms.agentPayout = payees[2];
        terms.duty = duty;
        terms.documentHash = "contract";
        terms.lodgeBy = uint40(block.timestamp + 2 days);
        terms.financeBy = uint40(block.timestamp + 4 days);
        terms.completeBy = uint40(block.timestamp + 6 days);
    }

    function _settlement(Deal storage deal) private view returns (Settlement memory settlement) {
        settlement.listing = _listing(deal);
        settlement.offer = _offer(deal);
        settlement.terms = _terms(deal);
        settlement.bill = BillOfSale("bill", 0);
        settlement.payoffs = new Payoff[](0);
    }

    function _consents(uint256 count) private returns (Consent[] memory consents) {
        consents = new Consent[](count);
        for (uint256 i = 0; i < count; ++i) {
            consents[i] = Consent(PowerId.wrap(0), PartyId.wrap(0), ++_nonce, type(uint256).max, "");
        }
    }

    function _at(uint256 place) private view returns (Deal storage) {
        return _deals[_recent(place)];
    }

    /// One of the latest, because the time of the others is mostly over.
    function _recent(uint256 place) private view returns (uint256) {
        return _deals.length - 1 - place % (_deals.length < 4 ? _deals.length : 4);
    }

    function _listing(Deal storage deal) private view returns (Listing memory) {
        return abi.decode(deal.listing, (Listing));
    }

    function _offer(Deal storage deal) private view returns (Offer memory) {
        return abi.decode(deal.offer, (Offer));
    }

    function _terms(Deal storage deal) private view returns (SaleContract memory) {
        return abi.decode(deal.terms, (SaleContract));
    }

    /// The address of this contract's creation with a nonce below 128.
    function _created(uint8 nonce) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), nonce)))));
    }
}

/// @title What holds of the money of sales, and of the titles that they are about, after any order of acts
contract EscrowTest is Reach {
    Market private _market;

    function setUp() external {
        _market = new Market();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_market);
    }

    /// The escrow holds exactly what sales have open and payees to their credit.
    function invariant_escrowHoldsExactly() external view {
        uint256 open;
        for (uint256 i = 0; i < _market.total(); ++i) {
            (, uint256 amount) = _market.ESCROW().openOf(_market.dealAt(i).id);
            open += amount;
        }
        assert(_market.TOKEN().balanceOf(address(_market.ESCROW())) == open + _market.credits());
    }

    /// A sale has open what was paid into it and not given back, until it is registered; then nothing.
    function invariant_openIsWhatWasPaid() external view {
        for (uint256 i = 0; i < _market.total(); ++i) {
            Market.Deal memory deal = _market.dealAt(i);
            (, uint256 open) = _market.ESCROW().openOf(deal.id);
            bool done = _market.SALES().saleOf(deal.id).status == SaleStatus.Registered;
            assert(open == (done ? 0 : deal.paid - deal.refunded));
        }
    }

    /// A title passes with a registered sale and never without one; and a sale is registered when all of price and
    /// duty was there, of which nothing goes back.
    function invariant_noTitleWithoutMoney() external view {
        uint256 count;
        for (uint256 i = 0; i < _market.total(); ++i) {
            Market.Deal memory deal = _market.dealAt(i);
            if (_market.SALES().saleOf(deal.id).status != SaleStatus.Registered) continue;
            ++count;
            assert(deal.paid + deal.fed == deal.price + deal.duty);
            assert(deal.refunded == 0);
        }
        assert(count == _market.registered());
        for (uint256 i = 0; i < 4; ++i) {
            assert(_market.TITLES().titleOf(_market.parcels(i)).version == 1 + _market.passed(i));
        }
    }

    /// All that was ever paid in is in the escrow or was fetched.
    function invariant_nothingIsLost() external view {
        uint256 paid;
        for (uint256 i = 0; i < _market.total(); ++i) {
            paid += _market.dealAt(i).paid;
        }
        assert(_market.TOKEN().balanceOf(address(_market.ESCROW())) + _market.withdrawn() == paid);
    }

    /// Chance leads to registrations, chains, exits and refunds, or the rest would show nothing.
    function test_reachesWhatMatters() external {
        bytes4[] memory acts = new bytes4[](16);
        acts[0] = Market.begin.selector;
        acts[1] = Market.beginPair.selector;
        acts[2] = Market.beginPair.selector;
        acts[3] = Market.lodge.selector;
        acts[4] = Market.pay.selector;
        acts[5] = Market.finance.selector;
        acts[6] = Market.signBill.selector;
        acts[7] = Market.hurry.selector;
        acts[8] = Market.hurry.selector;
        acts[9] = Market.settle.selector;
        acts[10] = Market.settle.selector;
        acts[11] = Market.cancel.selector;
        acts[12] = Market.expire.selector;
        acts[13] = Market.freeze.selector;
        acts[14] = Market.refund.selector;
        acts[15] = Market.withdraw.selector;
        _drive(address(_market), acts, 0, 1500);
        assert(_market.registered() >= 2);
        assert(_market.chained() >= 1);
        assert(_market.ended() >= 2);
        assert(_market.refunds() >= 1);
        assert(_market.withdrawn() >= 1);
    }
}
