import { signerOf } from "../ballot.js";
import { credentialMessage, isCredentialSigned, publicKeyOf } from "../credential.js";
import type { Hex } from "../group.js";
import { enrolmentDigest, hash, rollLine, treeRoot, type UnitRoll, unitLeaf, ZERO } from "../hashes.js";
import type { Manifest } from "../manifest.js";
import { authorityHash, type PublishedLog, type PublishedRoll, type SignedBy } from "../published.js";
import type { Findings } from "./findings.js";

type PublishedUnit = PublishedRoll["units"][number];

/**
 * Check the published roll: each line's signature, their order, and the roots that the box was opened with.
 *
 * @param units as BoxOpened has them
 * @param progress hears how many lines are done
 * @returns the root over all units
 */
export async function checkRoll(
  roll: PublishedRoll,
  setup: Hex,
  manifest: Manifest,
  units: readonly UnitRoll[],
  findings: Findings,
  progress: (done: number) => void,
): Promise<Hex> {
  findings.expect(roll.setup === setup, "SetupDiffers", "roll.setup", "The roll is of another setup.");
  const many = roll.units.length === units.length && manifest.units.length === units.length;
  findings.expect(many, "UnitsDiffer", "roll.units", "Roll, manifest and box have not the same number of units.");
  let done = 0;
  for (const [at, unit] of units.entries()) {
    const published = roll.units[at];
    if (!published) continue;
    checkUnit(published, unit, at, manifest.units[at]?.eligible, findings);
    const key = manifest.units[at]?.key;
    if (key) await checkSignatures(published, at, setup, key, findings);
    progress((done += published.lines.length));
  }
  return units.length ? treeRoot(units.map(unitLeaf)) : ZERO;
}

function checkUnit(
  published: PublishedUnit,
  opened: UnitRoll,
  at: number,
  eligible: number | undefined,
  findings: Findings,
): void {
  const where = `roll.units[${at}]`;
  const { unit, issued, lines } = published;
  findings.expect(unit === at && opened.unit === at, "UnitsDiffer", where, "The unit is not in its place.");
  findings.expect(issued === opened.issued, "IssuedDiffers", where, "The box has another number of signatures.");
  findings.expect(lines.length === opened.lines, "LinesDiffer", where, "The box has another number of lines.");
  const order = opened.lines <= opened.issued && opened.issued <= opened.eligible;
  findings.expect(order, "TooManyLines", where, "There are more lines than signatures, or more of these than voters.");
  findings.expect(opened.eligible === eligible, "EligibleDiffers", where, "The manifest has another number of voters.");
  const sorted = lines.every(({ credential }, place) => !place || lines[place - 1]!.credential < credential);
  findings.expect(sorted, "RollUnsorted", where, "The credentials are not in order, or one is there twice.");
  const leaves = lines.map(({ credential }, index) => rollLine(at, index, credential));
  const root = leaves.length ? treeRoot(leaves) : ZERO;
  findings.expect(root === opened.root, "RootDiffers", where, "The lines have not the root that the box was opened with.");
}

const TOGETHER = 64; // signatures that are checked at once

async function checkSignatures(
  { lines }: PublishedUnit,
  at: number,
  setup: Hex,
  modulus: Uint8Array,
  findings: Findings,
): Promise<void> {
  const key = await publicKeyOf(modulus);
  for (let from = 0; from < lines.length; from += TOGETHER) {
    const some = lines.slice(from, from + TOGETHER);
    const held = await Promise.all(
      some.map(({ credential, randomizer, signature }) =>
        isCredentialSigned(key, credentialMessage(setup, at, credential), randomizer, signature),
      ),
    );
    held.forEach((good, place) => {
      const where = `roll.units[${at}].lines[${from + place}]`;
      findings.expect(good, "CredentialUnsigned", where, "The enrolment office's key did not sign this credential.");
    });
  }
}

/**
 * Check the enrolment office's log: its root, that nobody and no envelope is in it twice, how many signatures it gave by
 * unit, and what allowed each. Whether a key is an officer's, or a wallet a voter's, the log alone does not tell.
 */
export function checkLog(
  { setup: named, entries }: PublishedLog,
  setup: Hex,
  chain: bigint,
  ceremony: Hex,
  units: readonly UnitRoll[],
  logRoot: Hex,
  findings: Findings,
): void {
  findings.expect(named === setup, "SetupDiffers", "log.setup", "The log is of another setup.");
  const leaves = entries.map(({ unit, voter, blinded, authority }, sequence) =>
    hash("Enrolment", setup, sequence, unit, voter, blinded, authorityHash(authority)),
  );
  const root = leaves.length ? treeRoot(leaves) : ZERO;
  findings.expect(root === logRoot, "LogRootDiffers", "log", "The log has not the root that the box was opened with.");
  const issued = units.map(() => 0);
  const voters = new Set<Hex>();
  const envelopes = new Set<Hex>();
  entries.forEach((entry, at) => {
    const { unit, voter, blinded, authority } = entry;
    const where = `log.entries[${at}]`;
    if (authority.by === "officers") {
      checkOfficers(authority.officers, enrolmentDigest(chain, ceremony, setup, entry, authority.deadline), where, findings);
    }
    findings.expect(!voters.has(voter), "EnrolledTwice", where, "The voter was given a signature before.");
    voters.add(voter);
    findings.expect(!envelopes.has(blinded), "BlindedTwice", where, "The envelope was signed for another already.");
    envelopes.add(blinded);
    if (unit in issued) issued[unit]! += 1;
    else findings.add("UnitUnknown", where, "There is no such unit.");
  });
  units.forEach((unit, at) => {
    const says = "The log has another number of signatures for this unit.";
    findings.expect(issued[at] === unit.issued, "IssuedDiffers", `log, unit ${at}`, says);
  });
}

const SIGNATURE = 65; // bytes: r, s, v. A wallet that is a contract signs in ways of its own (ERC-1271).

/** Two different officers, in the order of their keys, must have signed. */
function checkOfficers(officers: readonly SignedBy[], digest: Hex, where: string, findings: Findings): void {
  const [first, second] = officers;
  const two = officers.length === 2 && first!.key < second!.key;
  findings.expect(two, "AuthorityMissing", where, "It rests on other than two different officers, in their order.");
  for (const { key, signature } of officers) {
    if (signature.length !== 2 + 2 * SIGNATURE) continue;
    const [r, s] = [0, 1].map((at) => BigInt(`0x${signature.slice(2 + 64 * at, 66 + 64 * at)}`)) as [bigint, bigint];
    const own = signerOf(digest, r, s, Number.parseInt(signature.slice(130), 16) - 27) === key;
    findings.expect(own, "AuthorityRefused", where, `The officer ${key} has not signed for it.`);
  }
}
