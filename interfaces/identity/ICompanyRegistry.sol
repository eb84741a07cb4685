// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {CredentialKind} from "./ICredentialRegistry.sol";
import {IPartyNonces, PartyId} from "./IPartyNonces.sol";

/// keccak256(abi.encode(keccak256("Muniment.Company.v1"), agency, nameKey, applicant, nonce))
type CompanyId is bytes32;

/// Reserved: a name is held for an applicant. Signed: founders and board have signed the articles. Entered: the company
/// is a party of its own. Released: withdrawn or refused before entry. StruckOff: it has ended, and keeps its name.
enum CompanyStatus {
    None,
    Reserved,
    Signed,
    Entered,
    Released,
    StruckOff
}

/// What an agency asks of companies that it enters.
/// @param feeToken an ERC-20 token; zero where fees are attested
/// @param fee in the token's units; 0 for none
/// @param payee who receives it
/// @param contactKind the credential that a contact person must hold; zero for none
/// @param founderKinds the credentials of which a founder must hold one; none for no such rule, at most 8
struct CompanyRules {
    address feeToken;
    uint256 fee;
    address payee;
    CredentialKind contactKind;
    CredentialKind[] founderKinds;
}

/// What is on file of a company.
/// @param threshold how many of the board sign for the company
/// @param board 1 to 16 persons in strictly ascending order of id
/// @param contact who receives the state's letters
/// @param articles root that anchors the articles in the document registry, issued by the applicant or, later, the
/// company itself, as a party
/// @param addressHash salted hash of the registered address
struct CompanyFile {
    uint8 threshold;
    PartyId[] board;
    PartyId contact;
    bytes32 articles;
    bytes32 addressHash;
}

/// A company as it stands; all zero when there is none.
/// @param party the company as a party, from its entry on
/// @param nameKey keccak256 of the name's skeleton, see `reserve`
/// @param until when the reservation, or the application, runs out; 0 once entered
/// @param version counts entries from 1; 0 before the first
/// @param fileHash keccak256(abi.encode(founders, file)) before entry, keccak256(abi.encode(file)) from then on
struct Company {
    AgencyId agency;
    PartyId applicant;
    PartyId party;
    bytes32 nameKey;
    CompanyStatus status;
    uint40 until;
    uint32 version;
    bool contactAccepted;
    bool feeSettled;
    bytes32 fileHash;
}

/// One person's signature over typed data that names the person and a nonce of the person's own.
struct Signatory {
    PartyId party;
    uint256 nonce;
    bytes signature;
}

/// A permit (EIP-2612) for the fee; all zero when the allowance stands already.
struct Permit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title Companies, founded from anywhere
/// @notice reserve ─▶ fileArticles ─▶ acceptContact, payFee (in any order) ─▶ enter: the company is a party whose board
/// signs for it. Changes supersede; striking off ends it.
/// @dev Typed data (EIP-712), domain {name "Muniment CompanyRegistry", version "1", chainId, verifyingContract}:
///   ReserveName(bytes32 party,bytes32 agency,string name,uint256 nonce,uint256 deadline)
///   WithdrawApplication(bytes32 party,bytes32 company,uint256 nonce,uint256 deadline)
///   SignArticles(bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,uint256 deadline)
///   AcceptContact(bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline)
///   PayFee(bytes32 party,bytes32 company,address token,uint256 amount,uint256 nonce,uint256 deadline)
///   ChangeCompany(bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline)
///   AcceptPost(bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline)
///   DissolveCompany(bytes32 party,bytes32 company,uint32 version,uint256 nonce,uint256 deadline)
/// where `version` is the one that the change, or the end, makes: Company.version + 1,
/// with CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash).
/// Signatures are judged by the party registry and are submitted by anyone. Registrars are officers of the company's
/// agency with COMPANY_REGISTRAR; of a closed agency, those of the agency above. Errors of IAgencyRegistry,
/// IPartyRegistry and ICredentialRegistry tell who was refused and why.
interface ICompanyRegistry is IPartyNonces {
    event RulesSet(
        AgencyId indexed agency,
        address feeToken,
        uint256 fee,
        address payee,
        CredentialKind contactKind,
        CredentialKind[] founderKinds
    );
    event NameReserved(
        CompanyId indexed company,
        AgencyId indexed agency,
        PartyId indexed applicant,
        string name,
        bytes32 nameKey,
        uint40 until,
        uint256 nonce
    );
    /// @param by the registrar who refused it; zero when the applicant withdrew
    /// @param sourceHash salted hash of the decision; zero when the applicant withdrew
    event ApplicationReleased(CompanyId indexed company, address by, bytes32 sourceHash);
    event ArticlesSigned(CompanyId indexed company, PartyId[] founders, CompanyFile file, uint40 until);
    event ContactAccepted(CompanyId indexed company, PartyId indexed contact);
    event FeePaid(CompanyId indexed company, address indexed payer, address token, uint256 amount);
    /// @param receipt salted hash of the receipt
    event FeeAttested(CompanyId indexed company, address officer, bytes32 receipt);
    /// @param number the register's own number of the company, e.g. "16543210"
    event CompanyEntered(
        CompanyId indexed company, PartyId indexed party, AgencyId indexed agency, string number, address officer
    );
    /// @param courtOrder zero when the company itself asked
    event CompanyChanged(
        CompanyId indexed company, uint32 version, CompanyFile file, address officer, bytes32 courtOrder
    );
    /// @param sourceHash salted hash of the decision; zero when the company asked for it itself
    event CompanyStruckOff(CompanyId indexed company, uint32 version, address officer, bytes32 sourceHash);

    /// @notice Thrown when the caller is not the agency's admin or, once it is closed, that of the agency above.
    error NotAdmin(AgencyId agency, address caller);
    /// @notice Thrown when rules have more than 8 founder kinds, an unknown kind, a token that is no contract, a fee in
    /// a token without a payee, or this registry as the payee.
    error RulesRefused(AgencyId agency);
    /// @notice Thrown when the agency has set no rules for companies.
    error RulesMissing(AgencyId agency);
    /// @notice Thrown when the name is empty or longer than 120 bytes, or its key is zero.
    error NameRefused(uint256 length);
    /// @notice Thrown when a company of this name, or of one that looks like it, stands or is being founded.
    error NameTaken(bytes32 nameKey, CompanyId company);
    /// @notice Thrown when the same applicant has reserved this name with this nonce before.
    error CompanyExists(CompanyId company);
    /// @notice Thrown when the company is at another step than the act asks for.
    error StepRefused(CompanyId company, CompanyStatus status);
    /// @notice Thrown when the reservation, or the application, has run out.
    error ApplicationExpired(CompanyId company, uint40 until);
    /// @notice Thrown when a company would have no board.
    error BoardMissing(CompanyId company);
    /// @notice Thrown when the board has more than 16 members, or its threshold is zero or above their number.
    error BoardRefused(CompanyId company, uint8 threshold, uint256 members);
    /// @notice Thrown when founders are none, more than 16, not strictly ascending, or lack the applicant.
    error FoundersRefused(CompanyId company, uint256 founders);
    /// @notice Thrown when board members are not strictly ascending: a duplicate, zero, or out of order.
    error BoardOrder(CompanyId company, PartyId member);
    /// @notice Thrown when the file names no contact or no address.
    error FileIncomplete(CompanyId company);
    /// @notice Thrown when a founder holds none of the credentials that the agency asks for.
    error FounderNotEligible(CompanyId company, PartyId founder);
    /// @notice Thrown when a person who must sign has not, or signatures are not strictly ascending by party, or one is
    /// by somebody who need not sign.
    /// @param party the first who is missing, or who should not be there
    error SignatoryRefused(CompanyId company, PartyId party);
    /// @notice Thrown when the articles are not anchored by the applicant or the company, or no longer stand.
    error ArticlesMissing(CompanyId company, bytes32 articles);
    /// @notice Thrown when the given file is not the one that was signed.
    error FileChanged(CompanyId company);
    /// @notice Thrown when the contact person has not accepted.
    error ContactNotAccepted(CompanyId company);
    /// @notice Thrown when the contact person has accepted already.
    error ContactAcceptedAlready(CompanyId company);
    /// @notice Thrown when the fee is neither paid nor attested.
    error FeeMissing(CompanyId company);
    /// @notice Thrown when the fee is settled already.
    error FeeSettledAlready(CompanyId company);
    /// @notice Thrown when there is no fee to pay in a token: there is none, or fees are attested.
    error FeeNotInToken(CompanyId company);
    /// @notice Thrown when the payee received another amount than the fee: the token takes a part of it, say.
    error FeeShort(CompanyId company, uint256 received, uint256 fee);
    /// @notice Thrown when the fee or its token is not what the payer signed or named.
    /// @param token the present one
    /// @param amount the present fee
    error FeeChanged(CompanyId company, address token, uint256 amount);
    /// @notice Thrown when a receipt, a decision or a court order is not named.
    error SourceMissing(CompanyId company);
    /// @notice Thrown when the number is empty or longer than 32 bytes.
    error NumberRefused(uint256 length);
    /// @notice Thrown when a company of the agency has the number.
    error NumberTaken(AgencyId agency, CompanyId company);

    // ── Rules and names ─────────────────────────────────────────────────────────────────────────────────────────

    /// @notice How long a reserved name waits for its articles, in seconds.
    function RESERVATION() external view returns (uint40);
    /// @notice How long signed articles wait for entry, in seconds.
    function APPLICATION() external view returns (uint40);

    /// @notice Set what an agency asks of companies. By the admin of the agency while it is active; of a closed agency,
    /// of the one above. It holds for every step from then on.
    function setRules(AgencyId agency, CompanyRules calldata rules) external;

    /// @notice What an agency asks of companies; all zero when it has set nothing.
    function rulesOf(AgencyId agency) external view returns (CompanyRules memory);

    /// @notice Hold a name for an applicant. By a registrar; the applicant signs ReserveName.
    /// @dev Warning: the chain compares keys alone. The registrar makes the key: keccak256 of the name's skeleton,
    /// where names that look alike (Unicode TR39), or differ in case, spacing or legal form, have the same. Name and
    /// key are published, so that anyone can check the registrar's reckoning.
    function reserve(
        AgencyId agency,
        string calldata name,
        bytes32 nameKey,
        PartyId applicant,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (CompanyId company);

    /// @notice Give up a reservation or an application. By anyone; the applicant signs WithdrawApplication.
    function withdraw(CompanyId company, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /// @notice Refuse a reservation or an application. By a registrar.
    function refuse(CompanyId company, bytes32 sourceHash) external;

    // ── Founding ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice File the articles. By anyone; every founder and every member of the board signs SignArticles.
    /// @param signatures in strictly ascending order of party, one for each of them
    function fileArticles(
        CompanyId company,
        PartyId[] calldata founders,
        CompanyFile calldata file,
        uint256 deadline,
        Signatory[] calldata signatures
    ) external;

    /// @notice Be the company's contact. By anyone; the contact of the file signs AcceptContact.
    function acceptContact(
        CompanyId company,
        PartyId[] calldata founders,
        CompanyFile calldata file,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Pay the fee from the caller's own balance and allowance. While the agency is active.
    /// @param token as the caller knows it, lest another be taken
    /// @param amount as the caller knows it, lest more be taken
    function payFee(CompanyId company, address token, uint256 amount) external;

    /// @notice Pay the fee from a party's wallet. By anyone; the party signs PayFee, and the wallet an EIP-2612 permit
    /// unless the allowance stands. While the agency is active.
    /// @param token as the party signed, and the permit that somebody else may have handed in before
    /// @param amount as the party signed
    function payFeeFor(
        CompanyId company,
        PartyId payer,
        address token,
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Permit calldata permit
    ) external;

    /// @notice Say that the fee was paid elsewhere. By a registrar.
    function attestFee(CompanyId company, bytes32 receipt) external;

    /// @notice Enter the company: from now on it is a party whose board signs for it. By a registrar.
    /// @param founders as they were filed
    /// @param file as it was filed
    function enter(CompanyId company, PartyId[] calldata founders, CompanyFile calldata file, string calldata number)
        external
        returns (PartyId party);

    // ── Changes and end ─────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Supersede a company's file. By a registrar; the company signs ChangeCompany under its present rule.
    /// @dev Articles that change are anchored by the company itself. Those that stay may be the applicant's, as long as
    /// they stand. The contact holds what the agency asks for, also one who stays.
    /// @param previous as on file
    /// @param joining signatures over AcceptPost of everyone newly on the board, and of a new contact, ascending
    function change(
        CompanyId company,
        CompanyFile calldata previous,
        CompanyFile calldata file,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Signatory[] calldata joining
    ) external;

    /// @notice Supersede a company's file by order of a court, also of one struck off, which stands again as the same
    /// party. By two registrars.
    /// @dev Nobody else's word is asked: neither the company's nor the new board's, nor whether the articles stand.
    /// @return complete false when this call was the first of the two
    function orderChange(CompanyId company, CompanyFile calldata file, bytes32 courtOrder)
        external
        returns (bool complete);

    /// @notice End a company that asks for it. By a registrar; the company signs DissolveCompany.
    function dissolve(CompanyId company, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /// @notice Strike a company off. By two registrars.
    /// @return complete false when this call was the first of the two
    function strikeOff(CompanyId company, bytes32 sourceHash) external returns (bool complete);

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The id of an application, made or not.
    function companyIdOf(AgencyId agency, bytes32 nameKey, PartyId applicant, uint256 nonce)
        external
        pure
        returns (CompanyId);

    /// @notice A company as it stands.
    function companyOf(CompanyId company) external view returns (Company memory);

    /// @notice The company that holds a name of an agency now; zero when the name is free.
    function holderOfName(AgencyId agency, bytes32 nameKey) external view returns (CompanyId);

    /// @notice The company with this number; zero when none has it.
    function companyWithNumber(AgencyId agency, string calldata number) external view returns (CompanyId);
}
