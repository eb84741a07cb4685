import { encodeAbiParameters, keccak256 } from "viem";
import { offerCheck, type Read, type Verdict } from "../checking.js";
import { byId } from "../dom.js";

// A company, checked by the reader's browser. What the page shows is laid in the page itself, in data-company.

type Hex = `0x${string}`;

interface CompanyFile {
  readonly threshold: number;
  readonly board: readonly Hex[];
  readonly contact: Hex;
  readonly articles: Hex;
  readonly addressHash: Hex;
}

interface Shown {
  readonly company: Hex;
  readonly agency: Hex;
  readonly party: Hex | null;
  readonly name_key: Hex;
  readonly status: number;
  readonly version: number;
  readonly founders: readonly Hex[];
  readonly file: CompanyFile | null;
}

interface OnChain {
  readonly agency: string;
  readonly party: string;
  readonly nameKey: string;
  readonly status: number;
  readonly version: number;
  readonly fileHash: string;
}

interface Representation {
  readonly threshold: number;
  readonly representatives: readonly string[];
}

const ENTERED = 3; // CompanyStatus
const NOBODY = `0x${"0".repeat(64)}`;
const FILE = {
  type: "tuple",
  components: [
    { name: "threshold", type: "uint8" },
    { name: "board", type: "bytes32[]" },
    { name: "contact", type: "bytes32" },
    { name: "articles", type: "bytes32" },
    { name: "addressHash", type: "bytes32" },
  ],
} as const;

const shown = JSON.parse(byId("check").dataset["company"] ?? "{}") as Shown;

async function compared(read: Read): Promise<Verdict[]> {
  const standing = await read<OnChain>("CompanyRegistry", "companyOf", [shown.company]);
  return [
    ["check_agency", standing.agency === shown.agency],
    ["check_name_key", standing.nameKey === shown.name_key],
    ["check_status", standing.status === shown.status],
    ["check_party", standing.party === (shown.party ?? NOBODY)],
    ["check_version", standing.version === shown.version],
    ...(shown.file ? ([["check_file", standing.fileHash === fileHash(shown.file)]] as const) : []),
    ...(await board(read)),
  ];
}

/** The contract's hash of what is on file: with the founders until the entry, without them from then on. */
function fileHash(file: CompanyFile): Hex {
  if (shown.party) return keccak256(encodeAbiParameters([FILE], [file]));
  return keccak256(encodeAbiParameters([{ type: "bytes32[]" }, FILE], [shown.founders, file]));
}

/** Whether those on the board, and no others, sign for the company. */
async function board(read: Read): Promise<Verdict[]> {
  if (shown.status !== ENTERED || !shown.party || !shown.file) return [];
  const rule = await read<Representation>("PartyRegistry", "representationOf", [shown.party]);
  const same = rule.threshold === shown.file.threshold && rule.representatives.join() === shown.file.board.join();
  return [["check_board", same]];
}

offerCheck("CompanyRegistry", compared);
