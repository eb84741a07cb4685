// What parties sign (EIP-712), as the registries' interfaces write it. The browser builds what it lets a wallet sign
// itself, from what the page shows; the service only adds a one-time number and a deadline.

/** The registries that a person signs for. */
export type Registry = "PartyRegistry" | "CompanyRegistry" | "Conveyance" | "TrusteeCeremony";

/** A chain and a contract on it; `verifyingContract` in lower case. */
export interface Place {
  readonly chainId: number;
  readonly verifyingContract: string;
}

/** Values by member name: text, numbers, lists, structs. Numbers beyond 53 bits are decimal text. */
export type Message = Readonly<Record<string, unknown>>;

interface Member {
  readonly name: string;
  readonly type: string;
}

/** For `eth_signTypedData_v4`. */
export interface TypedData {
  readonly types: Readonly<Record<string, readonly Member[]>>;
  readonly primaryType: string;
  readonly domain: Place & { readonly name: string; readonly version: string };
  readonly message: Message;
}

const DOMAIN = "string name,string version,uint256 chainId,address verifyingContract";

const TYPES: Readonly<Record<Registry, Readonly<Record<string, string>>>> = {
  PartyRegistry: {
    RotateWallet: "bytes32 party,address from,address to,uint256 nonce,uint256 deadline",
    RecoverWallet: "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
    VetoRecovery: "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
  },
  CompanyRegistry: {
    SignArticles:
      "bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,uint256 deadline",
    AcceptContact: "bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline",
    ChangeCompany:
      "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
    AcceptPost:
      "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
    DissolveCompany: "bytes32 party,bytes32 company,uint32 version,uint256 nonce,uint256 deadline",
  },
  Conveyance: {
    ListTitle: "Listing listing,bytes32 party,uint256 nonce,uint256 deadline",
    AcceptOffer: "bytes32 sale,Offer offer,bytes32 party,uint256 nonce,uint256 deadline",
    SignContract: "bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,uint256 deadline",
    FinanceSale: "bytes32 sale,Finance finance,bytes32 party,uint256 nonce,uint256 deadline",
    SignBillOfSale:
      "bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,bytes32 party,uint256 nonce,uint256 deadline",
    PayOffLien:
      "bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,uint256 nonce,uint256 deadline",
    CancelSale: "bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline",
  },
  TrusteeCeremony: {
    EnrolVoter: "bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline",
  },
};

// A domain's name, where it is not the contract's.
const CALLED: Partial<Record<Registry, string>> = { TrusteeCeremony: "Muniment Ballots" };

// Structs within them, and within each other.
const STRUCTS: Readonly<Record<string, string>> = {
  CompanyFile: "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
  Listing:
    "bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,uint128 price,bytes32 documentHash,uint40 until",
  Offer:
    "uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,bytes32 documentHash,uint40 until",
  Share: "bytes32 holder,uint64 numerator",
  SaleContract:
    "LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,uint40 completeBy",
  LienFate: "bytes32 lien,uint128 payoff",
  Finance: "Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash",
  Lien: "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash",
  BillOfSale: "bytes32 documentHash,uint32 legalDate",
};

const LONGEST_AHEAD = 8 * 24 * 3600; // seconds; the service asks for seven days at most where the page shows none
const NONCE = /^[0-9]{1,78}$/;

/** The members of a type, in order. Throws for a type that nobody signs here. */
export function members(registry: Registry, type: string): Member[] {
  const described = TYPES[registry]?.[type];
  if (!described) throw new Error(`${registry} knows no ${type}.`);
  return parse(described);
}

/** Typed data over a message that has every member of its type, and no other. Throws when it has not. */
export function typedData(registry: Registry, place: Place, type: string, message: Message): TypedData {
  const fields = members(registry, type);
  const wanted = fields.map((field) => field.name);
  if (wanted.length !== Object.keys(message).length || !wanted.every((name) => name in message))
    throw new Error(`${type} has the members ${wanted.join(", ")}.`);
  return {
    types: { EIP712Domain: parse(DOMAIN), [type]: fields, ...Object.fromEntries(structsIn(fields)) },
    primaryType: type,
    domain: { name: CALLED[registry] ?? `Muniment ${registry}`, version: "1", ...place },
    message,
  };
}

/**
 * What the page shows, with the one-time number and the deadline (Unix seconds) that the service chose: the data that
 * may be signed. Undefined when the service sent anything else than exactly that; `now` is the chain's time.
 */
export function whatIsShown(
  registry: Registry,
  place: Place,
  type: string,
  shown: Message,
  served: TypedData,
  now: number,
): TypedData | undefined {
  const { nonce, deadline } = served.message;
  if (typeof deadline !== "number" || deadline <= now) return undefined;
  if (!("deadline" in shown) && deadline > now + LONGEST_AHEAD) return undefined;
  const chosen: Record<string, unknown> = { deadline };
  if (members(registry, type).some((member) => member.name === "nonce")) {
    if (typeof nonce !== "string" || !NONCE.test(nonce)) return undefined;
    chosen["nonce"] = nonce;
  }
  // What the page shows comes last: it wins, and so the service cannot show one deadline and send another.
  const mine = typedData(registry, place, type, { ...chosen, ...shown });
  return plain(mine) === plain(served) ? mine : undefined;
}

/** The structs that members need, and those within them. */
function structsIn(fields: readonly Member[]): [string, Member[]][] {
  return fields.flatMap(({ type }): [string, Member[]][] => {
    const name = type.replace("[]", "");
    const described = STRUCTS[name];
    return described ? [[name, parse(described)], ...structsIn(parse(described))] : [];
  });
}

function parse(described: string): Member[] {
  return described.split(",").map((part) => {
    const [type = "", name = ""] = part.split(" ");
    return { name, type };
  });
}

/** One text for values that mean the same: keys in order, hex in small letters, numbers as text. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (value !== null && typeof value === "object") {
    const parts = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${parts.map(([name, part]) => `${JSON.stringify(name)}:${plain(part)}`).join()}}`;
  }
  const text = String(value);
  return JSON.stringify(text.startsWith("0x") ? text.toLowerCase() : text);
}
