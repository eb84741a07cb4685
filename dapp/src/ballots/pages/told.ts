import { get } from "../../deployment.js";
import type { Election } from "../ballot.js";
import { type Form, packed } from "../forms.js";
import type { Hex } from "../group.js";
import { electionId, keccak, setupId, treePath, treeRoot, rollLine, type UnitRoll, unitLeaf, rootAbove } from "../hashes.js";
import { type Manifest, readManifest } from "../manifest.js";
import { canonical } from "../published.js";
import { BallotRefused } from "../refused.js";
import type { Line } from "../ballot.js";
import { type Asker, BOX, CEREMONY, view } from "./node.js";

// What the service tells of an election, and whether it is so: everything hangs on the setup's id, which a voter's
// credential names, and on the election's id, which the box on the chain has.

/** One election (GET /api/elections/{election}); what these pages use of it. */
export interface Told {
  readonly setup: Hex;
  readonly election: Hex | null;
  readonly box: Hex | null;
  readonly agency: Hex;
  readonly phase: string;
  readonly enrolment: string;
  readonly roll: string;
  readonly now: number;
  readonly manifest: unknown;
  readonly chain_id: number;
  readonly ceremony_contract: Hex;
  /** who signs receipts of ballots; null where nobody does */
  readonly relayer: Hex | null;
  readonly opening: Opening | null;
  readonly units: readonly { readonly unit: number; readonly ballots: number }[];
}

interface Opening {
  readonly opens_at: number;
  /** as it was put off, if it was */
  readonly closes_at: number;
  /** the election's id covers it */
  readonly announced_closes_at: number;
  readonly width: number;
  readonly roll_root: Hex;
  readonly key: { readonly x: Hex; readonly y: Hex };
}

/** One unit of the roll (GET /api/elections/{election}/roll/units/{unit}). */
interface UnitLines {
  readonly issued: number;
  readonly eligible: number;
  readonly unit_path: readonly Hex[];
  readonly lines: readonly (readonly [Hex, string, string])[];
}

/** A voter's place on the roll, with everything that the box asks for beside the ballot. */
export interface Place {
  readonly line: Line;
  readonly roll: UnitRoll;
  readonly unitPath: readonly Hex[];
}

/** A unit's roll as the box asks for it, and the credentials on its lines. */
export interface UnitPlace {
  readonly roll: UnitRoll;
  readonly unitPath: readonly Hex[];
  readonly credentials: readonly Hex[];
}

/** An election as it was told, its parts checked against each other. */
export interface Paper {
  readonly told: Told;
  readonly manifest: Manifest;
  readonly manifestHash: Hex;
}

/** Ask for an election. Throws BallotRefused (ManifestRefused) when its manifest is not the one that its id names. */
export async function paperOf(setup: Hex): Promise<Paper> {
  const told = await get<Told>(`/api/elections/${setup}`);
  const bytes = new TextEncoder().encode(canonical(told.manifest));
  const manifest = readManifest(bytes);
  const manifestHash = keccak(bytes);
  const id = setupId(BigInt(told.chain_id), told.ceremony_contract, told.agency, manifestHash);
  if (id !== setup || told.setup !== setup || manifest.agency !== told.agency) throw differs();
  return { told, manifest, manifestHash };
}

/** What ballots are made for. Throws BallotRefused (ManifestRefused) when its parts do not make its id. */
export function electionOf({ told, manifest, manifestHash }: Paper): Election & { readonly rollRoot: Hex } {
  const { box, opening } = told;
  if (!box || !opening) throw differs();
  const chain = BigInt(told.chain_id);
  const key = { x: BigInt(opening.key.x), y: BigInt(opening.key.y) };
  const times = [BigInt(opening.opens_at), BigInt(opening.announced_closes_at)] as const;
  const id = electionId(chain, box, key, opening.roll_root, manifestHash, times);
  if (id !== told.election) throw differs();
  return { id, chain, box, key, forms: formsOf(manifest), width: opening.width, rollRoot: opening.roll_root };
}

const formsOf = (manifest: Manifest): Form[] => manifest.contests.map(({ form }) => form);

/** Whether the chain has this manifest under this setup. */
export async function hasManifest(asker: Asker, { told, manifestHash }: Paper): Promise<boolean> {
  const record = await view<{ agency: Hex; manifestHash: Hex }>(asker, CEREMONY, told.ceremony_contract, "ceremony", told.setup);
  return record.manifestHash === manifestHash && record.agency === told.agency;
}

/** Whether the box that the ceremony names is this one, and its key, roll, forms and times are those told. */
export async function hasElection(asker: Asker, paper: Paper): Promise<boolean> {
  const { told, manifest } = paper;
  const election = electionOf(paper);
  const box = election.box;
  const [record, setup, id, width, forms] = await Promise.all([
    view<{ box: Hex; election: Hex }>(asker, CEREMONY, told.ceremony_contract, "ceremony", told.setup),
    view<Hex>(asker, BOX, box, "SETUP"),
    view<Hex>(asker, BOX, box, "ELECTION"),
    view<number>(asker, BOX, box, "WIDTH"),
    view<readonly bigint[]>(asker, BOX, box, "contests"),
  ]);
  const named = record.box.toLowerCase() === box && record.election === election.id;
  const same = setup === told.setup && id === election.id && width === election.width;
  return named && same && forms.join() === formsOf(manifest).map(packed).join();
}

/** A unit of the roll. Throws BallotRefused (RollRefused) when it is not the one under the election's root. */
export async function unitOf({ told }: Paper, unit: number): Promise<UnitPlace> {
  const { lines, unit_path, issued, eligible } = await get<UnitLines>(`/api/elections/${told.setup}/roll/units/${unit}`);
  const credentials = lines.map(([own]) => own);
  const root = treeRoot(credentials.map((own, index) => rollLine(unit, index, own)));
  const roll = { unit, lines: lines.length, issued, eligible, root };
  if (told.opening && rootAbove(unitLeaf(roll), unit, unit_path) !== told.opening.roll_root) {
    throw new BallotRefused("RollRefused", "The roll served is not the one that the election was opened with.");
  }
  return { roll, unitPath: unit_path, credentials };
}

/**
 * A credential's place, from its whole unit: whoever asked for one line would tell whose it is. Undefined when the roll
 * does not have it. Throws BallotRefused (RollRefused) as unitOf.
 */
export async function placeOf(paper: Paper, unit: number, credential: Hex): Promise<Place | undefined> {
  const { roll, unitPath, credentials } = await unitOf(paper, unit);
  const index = credentials.indexOf(credential);
  if (index < 0) return undefined;
  const path = treePath(credentials.map((own, at) => rollLine(unit, at, own)), index);
  return { line: { unit, index, credential, path }, roll, unitPath };
}

const differs = (): BallotRefused =>
  new BallotRefused("ManifestRefused", "What the service tells of this election is not what its number stands for.");
