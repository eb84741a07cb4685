import { keccak256 } from "viem";
import { offerCheck, type Read, type Verdict } from "../checking.js";
import { get } from "../deployment.js";
import { byId } from "../dom.js";

// A title, checked by the reader's browser.

interface Shown {
  readonly area_dm2: string;
  readonly grade: string;
  readonly denominator: string;
  readonly shares: readonly { readonly holder: string; readonly numerator: string }[];
  readonly geometry_hash: string;
  readonly geometry_state: string;
  readonly version: number;
}

interface OnChain {
  readonly geometryHash: string;
  readonly area: bigint;
  readonly denominator: bigint;
  readonly version: number;
  readonly grade: number;
  readonly shares: readonly { readonly holder: string; readonly numerator: bigint }[];
}

interface Liens {
  readonly liens: readonly { readonly lien: string }[];
}

interface Interests {
  readonly interests: readonly { readonly interest: string }[];
}

interface Restrictions {
  readonly standing: readonly { readonly restriction: string }[];
}

const FREEZE = 1; // RestrictionKind
const GRADES = ["none", "provisional", "qualified", "absolute"];

const id = byId("check").dataset["title"] ?? "";

async function compared(read: Read): Promise<Verdict[]> {
  const [shown, standing] = await Promise.all([
    get<Shown>(`/api/titles/${id}`),
    read<OnChain>("TitleRegistry", "titleOf", [id]),
  ]);
  return [...compare(shown, standing), ...(await burdens(read)), ...(await geometry(shown, standing))];
}

function compare(shown: Shown, standing: OnChain): Verdict[] {
  const line = (denominator: bigint | string, shares: readonly { holder: string; numerator: bigint | string }[]): string =>
    shares.map((share) => `${share.holder.toLowerCase()} ${share.numerator}/${denominator}`).join();
  return [
    ["check_holders", line(shown.denominator, shown.shares) === line(standing.denominator, standing.shares)],
    ["check_area", BigInt(shown.area_dm2) === standing.area],
    ["check_grade", shown.grade === GRADES[standing.grade]],
    ["check_geometry", shown.geometry_hash === standing.geometryHash],
    ["check_version", shown.version === standing.version],
  ];
}

/** Whether exactly what the page shows weighs on the title, liens in their order, and whether a court froze it. */
async function burdens(read: Read): Promise<Verdict[]> {
  const [shown, others, freezes, liens, interests, frozen] = await Promise.all([
    get<Liens>(`/api/titles/${id}/liens`),
    get<Interests>(`/api/titles/${id}/interests`),
    get<Restrictions>(`/api/titles/${id}/freezes`),
    read<readonly string[]>("LienRegistry", "liensOf", [id]),
    read<readonly string[]>("LienRegistry", "interestsOf", [id]),
    read<readonly string[]>("TitleRegistry", "restrictionsOf", [id, FREEZE]),
  ]);
  const set = (ids: readonly string[]): string => [...ids].sort().join();
  return [
    ["check_liens", shown.liens.map((line) => line.lien).join() === liens.join()],
    ["check_interests", set(others.interests.map((line) => line.interest)) === set(interests)],
    ["check_freezes", set(freezes.standing.map((line) => line.restriction)) === set(frozen)],
  ];
}

/** Whether the published geometry is the one that the chain names, by its bytes. */
async function geometry(shown: Shown, standing: OnChain): Promise<Verdict[]> {
  if (shown.geometry_state !== "checked") return [];
  const response = await fetch(`/api/titles/${id}/geometry`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return [["check_bytes", response.ok && keccak256(bytes) === standing.geometryHash]];
}

offerCheck("TitleRegistry", compared);
