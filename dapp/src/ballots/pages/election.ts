import { offerCheck, type Verdict } from "../../checking.js";
import { get } from "../../deployment.js";
import { wordsOf } from "../../words.js";
import type { Hex } from "../group.js";
import { handInWhenDue } from "./handing.js";
import { credentialOf, drawnTime } from "./keeping.js";
import { type Asker, BOX, byWallet, view } from "./node.js";
import { moment, sentenceFor } from "./showing.js";
import { electionOf, hasElection, hasManifest, paperOf } from "./told.js";

// One election: numbers that move while people vote, the page's key facts checked by the reader's browser, and before
// that the voting key that waits to be handed in.

interface Turnout {
  readonly ballots: number;
  readonly lines: number;
  readonly units: readonly { readonly unit: number; readonly ballots: number; readonly lines: number }[];
}

const PAUSE = 15_000; // ms
const live = document.getElementById("live");
const setup = live?.dataset["election"] as Hex;

async function refresh(): Promise<void> {
  const now = await get<Turnout>(`/api/elections/${setup}/turnout`);
  const language = live?.dataset["language"];
  const number = new Intl.NumberFormat(language);
  put("live-ballots", number.format(now.ballots));
  const share = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  if (now.lines) put("live-share", `${share.format((100 * now.ballots) / now.lines)} %`);
  for (const { unit, ballots, lines } of now.units) {
    const cell = document.querySelector<HTMLElement>(`[data-unit="${unit}"]`);
    if (cell) cell.textContent = number.format(ballots);
    const width = lines ? Math.round((1000 * ballots) / lines) : 0;
    cell?.parentElement?.querySelector(".m-bar__part")?.setAttribute("width", String(width));
  }
}

function put(id: string, text: string): void {
  const place = document.getElementById(id);
  if (place && place.textContent !== text) place.textContent = text;
}

async function compared(asker: Asker): Promise<Verdict[]> {
  const paper = await paperOf(setup);
  const { box } = electionOf(paper);
  const units = paper.told.units;
  const [manifest, election, turnouts] = await Promise.all([
    hasManifest(asker, paper),
    hasElection(asker, paper),
    Promise.all(units.map(({ unit }) => view<{ ballots: number }>(asker, BOX, box, "turnoutOf", unit))),
  ]);
  return [
    ["check_ballot_manifest", manifest],
    ["check_ballot_election", election],
    ["check_ballot_turnout", units.every(({ ballots }, at) => ballots === turnouts[at]?.ballots)],
  ];
}

/** Where a voter comes by while the voting key waits to be handed in, go on waiting, or hand it in. */
async function handing(place: HTMLElement): Promise<void> {
  const credential = credentialOf(place.dataset["election"] as Hex);
  const at = credential && drawnTime(credential.setup, credential.credential);
  if (at === undefined) return;
  const words = wordsOf(place);
  const paper = await paperOf(credential!.setup);
  const closes = moment(paper.manifest.schedule.rollCloses);
  const say = (text: string): void => {
    place.hidden = false;
    place.textContent = `${words("enrol_key")} ${text}`;
  };
  const waits = (time: number): void => say(words("enrol_waits", { time: moment(time), closes }));
  waits(at);
  handInWhenDue(paper, credential!, {
    waits,
    handed: () => say(words("enrol_handed")),
    missed: () => say(words("enrol_missed", { closes })),
    failed: (error) => say(sentenceFor(error, words, paper.told.chain_id)),
  });
}

const waiting = document.getElementById("handing");
if (waiting) handing(waiting).catch(() => undefined); // the next visit may do
if (live) {
  offerCheck("TrusteeCeremony", (_, provider) => compared(byWallet(provider)));
  if (live.dataset["live"]) setInterval(() => void refresh().catch(() => undefined), PAUSE); // the next one may do
}
