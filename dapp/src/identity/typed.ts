// What parties sign (EIP-712), as the registries' interfaces write it. The browser builds what it lets a wallet sign
// itself, from what the page shows; the service only adds a one-time number and a deadline.

/** The registries that a person signs for. */
export type Registry = "PartyRegistry" | "CompanyRegistry";

/** A chain and a contract on it; `verifyingContract` in lower case. */
export interface Place {
  readonly chainId: number;
  readonly verifyingContract: string;
}

/** Values by member name: text, numbers, lists, structs. Numbers beyond 53 bits are decimal text. */
export type Message = Readonly<Record<string, unknown>>;

/** For `eth_signTypedData_v4`. */
export interface TypedData {
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
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
};

const STRUCTS: Readonly<Record<string, string>> = {
  CompanyFile: "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
};

const LONGEST_AHEAD = 8 * 24 * 3600; // seconds; the service asks for seven days at most
const NONCE = /^[0-9]{1,78}$/;

/** The members of a type, in order. Throws for a type that nobody signs here. */
export function members(registry: Registry, type: string): { name: string; type: string }[] {
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
  const structs = fields.map((field) => field.type).filter((name) => name in STRUCTS);
  return {
    types: {
      EIP712Domain: parse(DOMAIN),
      [type]: fields,
      ...Object.fromEntries(structs.map((name) => [name, parse(STRUCTS[name] ?? "")])),
    },
    primaryType: type,
    domain: { name: `Muniment ${registry}`, version: "1", ...place },
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
  if (typeof deadline !== "number" || deadline <= now || deadline > now + LONGEST_AHEAD) return undefined;
  const chosen: Record<string, unknown> = { deadline };
  if (members(registry, type).some((member) => member.name === "nonce")) {
    if (typeof nonce !== "string" || !NONCE.test(nonce)) return undefined;
    chosen["nonce"] = nonce;
  }
  // What the page shows comes last: it wins, and so the service cannot show one deadline and send another.
  const mine = typedData(registry, place, type, { ...chosen, ...shown });
  return plain(mine) === plain(served) ? mine : undefined;
}

function parse(described: string): { name: string; type: string }[] {
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
