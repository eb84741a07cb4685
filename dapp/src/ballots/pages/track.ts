import { offerCheck, type Verdict } from "../../checking.js";
import { byId } from "../../dom.js";
import type { Hex } from "../group.js";
import { batchLeaf, rootAbove } from "../hashes.js";
import { type Asker, BOX, byWallet, view } from "./node.js";
import { tracked } from "./standing.js";
import { electionOf, hasElection, paperOf } from "./told.js";

// A ballot's fate, checked by the reader's browser: its word in the box, or its place under a batch's root.

interface Followed {
  readonly tracker: Hex;
  readonly unit: number;
  readonly index: number;
  readonly state: string;
}

const root = byId("check");
const setup = root.dataset["election"] as Hex;
const shown = JSON.parse(root.dataset["ballot"] ?? "null") as Followed;

async function compared(asker: Asker): Promise<Verdict[]> {
  const paper = await paperOf(setup);
  const { box } = electionOf(paper);
  const own = await hasElection(asker, paper);
  const now = await tracked(setup, shown.tracker);
  const [voted, barred, word] = await view<readonly [boolean, boolean, Hex]>(asker, BOX, box, "standingOf", shown.unit, shown.index);
  const verdicts: Verdict[] = [["check_ballot_election", own]];
  const standing = voted && !barred;
  if (now?.batch !== null && now?.batch !== undefined && now.place !== null && now.path !== null) {
    const inBox = await view<Hex>(asker, BOX, box, "batchRootOf", shown.unit, now.batch);
    const isIn = rootAbove(batchLeaf(shown.index, shown.tracker), now.place, now.path) === inBox;
    verdicts.push(["check_ballot_batch", isIn]);
    const counts = standing && BigInt(word) === 0n;
    return [...verdicts, ["check_ballot_state", shown.state === "counted" ? counts : !counts]];
  }
  const counts = standing && word === shown.tracker;
  return [...verdicts, ["check_ballot_state", shown.state === "counted" ? counts : !counts]];
}

offerCheck("TrusteeCeremony", (_, provider) => compared(byWallet(provider)));
