// Makes, checks and verifies ballots with the pages' own code: a JSON object a line from standard input, its "act" and
// what it needs, and the answer a line to standard output. The argument is a folder to build the code into.
import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { build } from "vite";
import { define } from "../../dapp/contracts.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const outDir = process.argv[2];
const modules = [
  "ballot", "challenge", "enrol", "forms", "group", "hashes", "hints", "manifest", "credential",
  "json", "office", "published", "shapes",
  "verifier/code", "verifier/counting", "verifier/equations", "verifier/findings", "verifier/judging", "verifier/roll", "verifier/verify",
];
await build({
  configFile: false,
  logLevel: "error",
  define: define(),
  build: {
    outDir,
    target: "node20",
    ssr: true,
    rollupOptions: { input: Object.fromEntries(modules.map((name) => [name, at(`../../dapp/src/ballots/${name}.ts`)])) },
  },
  ssr: { noExternal: true },
});
const [
  ballot, challenge, enrol, forms, group, hashes, hints, manifest, credential, json, office, published, shapes, code,
  counting, equations, findings, judging, roll, verifier,
] =
  await Promise.all(modules.map((name) => import(pathToFileURL(join(outDir, `${name}.js`)))));

const point = ([x, y]) => ({ x: BigInt(x), y: BigInt(y) });
const bytes = (text) => hashes.bytes(text);

const electionOf = ({ chainId, box, election, key, contests, width }) => ({
  id: election,
  chain: BigInt(chainId),
  box,
  key: point(key),
  forms: contests.map(({ packed }) => forms.unpacked(BigInt(packed))),
  width,
});

const refusalOf = (error) => {
  if (!("reason" in error)) throw error;
  return { refused: error.reason, ...error.place };
};

function stream(scalars) {
  const given = scalars[Symbol.iterator]();
  return () => BigInt(given.next().value);
}

// Judges each call once, however often it comes.
const judgements = new Map();
async function remembering(tasks, done) {
  return tasks.map((task, at) => {
    const name = JSON.stringify(task, (_, value) => (typeof value === "bigint" ? value.toString() : value));
    if (!judgements.has(name)) judgements.set(name, judging.judge(task));
    done(at + 1);
    return judgements.get(name);
  });
}

// A copy with one change; only what lies on the way is copied.
function changed(value, [step, ...rest], change) {
  const made = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length) made[step] = changed(value[step], rest, change);
  else if ("value" in change) made[step] = change.value;
  else if (change.twice) made.splice(step, 0, value[step]);
  else if (Array.isArray(made)) made.splice(step, 1);
  else delete made[step];
  return made;
}

// Whether a transcript is valid; ends with the first thing that speaks against it.
class Found extends Error {}
async function isValid(json) {
  const none = new findings.Findings();
  none.add = () => {
    throw new Found();
  };
  try {
    const { verdict } = await verifier.verifyJson(json, remembering, () => {}, code.CONTRACTS, none);
    return verdict === "VALID";
  } catch (error) {
    if (error instanceof Found) return false;
    throw error;
  }
}

const below = (count) => randomInt(count);
const [FIELD, ORDER, TOP] = [group.FIELD, group.ORDER, 1n << 256n];
const wordAt = (buffer, at) => BigInt(`0x${buffer.toString("hex", at, at + 32)}`);
const asWord = (value) => Buffer.from((((value % TOP) + TOP) % TOP).toString(16).padStart(64, "0"), "hex");

// The bytes with one place changed: a bit, a byte, a word in one of many ways, two words exchanged, a cut, a gap.
function spoilt(packed) {
  const made = Buffer.from(packed);
  const at = below(made.length);
  const start = below(made.length - 31);
  const word = wordAt(made, start);
  const random = BigInt(`0x${randomBytes(32).toString("hex")}`);
  const words = [
    0n, 1n, TOP - 1n, word + 1n, word - 1n, ORDER - word, FIELD - word, word + ORDER, word + FIELD, ORDER, FIELD, random,
    random >> 192n,
  ];
  const kind = below(8);
  if (kind === 0) made[at] ^= 1 << below(8);
  else if (kind === 1) made[at] = below(256);
  else if (kind < 5) asWord(words[below(words.length)]).copy(made, start);
  else if (kind === 5) {
    const other = below(made.length - 31);
    const held = Buffer.from(made.subarray(start, start + 32));
    made.copyWithin(start, other, other + 32);
    held.copy(made, other);
  } else {
    const size = [1, 20, 32, 64][below(4)];
    const rest = made.subarray(kind === 6 ? at + size : at);
    return Buffer.concat([made.subarray(0, at), kind === 6 ? Buffer.alloc(0) : randomBytes(size), rest]);
  }
  return made;
}

// The voter's own signature over what a ballot says now, where it can be read: the voter may be the attacker.
function signAgain(known, roll, packed, secret) {
  try {
    const [{ ballot: read }] = ballot.unpack(known, roll.unit, roll.lines, packed);
    const { r, vs } = ballot.sign(known, read.tracker, secret);
    Buffer.concat([asWord(r), asWord(vs)]).copy(packed, 25);
  } catch (error) {
    refusalOf(error);
  }
}

// Whether anything takes the bytes for ballots that may be cast: one by one, or many at a time.
function isTaken(known, roll, unit, packed, roots) {
  let all;
  try {
    all = ballot.unpack(known, unit, roll.lines, packed);
    for (const { ballot: one, replaced } of all) {
      ballot.checkLine(roll, one.line);
      if (replaced) ballot.checkReplaced(known, one, replaced, roots);
    }
  } catch (error) {
    refusalOf(error);
    return false;
  }
  if (judging.areSound(known, all)) return true;
  try {
    for (const one of all) ballot.check(known, one);
    return true;
  } catch (error) {
    refusalOf(error);
    return false;
  }
}

// Two offices' keys. The first has the smaller modulus: what is blinded for it, the second can sign too.
async function offices() {
  const made = async () => {
    const pair = await RSABSSA.SHA384.generateKey({ modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) });
    const { n } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    return { privateKey: pair.privateKey, modulus: new Uint8Array(Buffer.from(n, "base64url")) };
  };
  return [await made(), await made()].sort((one, other) => Buffer.compare(one.modulus, other.modulus));
}

async function signed({ privateKey }, { blinded }) {
  const signature = await RSABSSA.SHA384.PSS.Randomized().blindSign(privateKey, Buffer.from(blinded, "base64url"));
  return Buffer.from(signature).toString("base64url");
}

const ACTS = {
  // A ballot made from given random numbers, signed and packed.
  async make({ election, unit, voter, selections, previous, replaced, scalars }) {
    const known = electionOf(election);
    const maker = new ballot.Maker(known, stream(scalars));
    const line = { unit, index: voter.index, credential: voter.credential, path: voter.path };
    const draft = maker.encrypt(selections);
    const made = await maker.prove(line, draft, previous ?? undefined);
    const signature = ballot.sign(known, made.tracker, bytes(voter.scalar));
    const old = replaced && {
      ...replaced,
      ciphertexts: replaced.ciphertexts.map(([a, b]) => ({ a: point(a), b: point(b) })),
      batch: replaced.batch ?? undefined,
    };
    return {
      content: made.content, proofsHash: made.proofsHash, tracker: made.tracker,
      packed: hashes.hex(ballot.pack(made, signature, old ?? undefined)),
      opening: challenge.openingOf(known, made, draft),
    };
  },
  // What is said of packed ballots: one by one, and by the verifier, many at a time.
  async check({ election, unit, packed, roots }) {
    const known = electionOf(election);
    const roll = election.units[unit];
    const judged = judging.judge({ election: known, roll, packed });
    const many = "name" in judged ? { refused: judged.name, ...judged.place } : judged.map((one) => one.refused?.name ?? null);
    try {
      const all = ballot.unpack(known, unit, roll.lines, bytes(packed));
      for (const one of all) {
        ballot.checkLine(roll, one.ballot.line);
        ballot.check(known, one);
        if (one.replaced) ballot.checkReplaced(known, one.ballot, one.replaced, roots);
      }
      return { trackers: all.map((one) => one.ballot.tracker), many };
    } catch (error) {
      return { ...refusalOf(error), many };
    }
  },
  async root({ leaves }) {
    return { root: hashes.treeRoot(leaves), paths: leaves.map((_, index) => hashes.treePath(leaves, index)) };
  },
  async hints({ sums, ciphertexts, replaced }) {
    const read = (all) => all.map(([a, b]) => ({ a: point(a), b: point(b) }));
    const adding = { ciphertexts: read(ciphertexts), replaced: replaced ? read(replaced) : undefined };
    return hashes.hex(hints.sumHints(read(sums), adding));
  },
  async hash({ tag, values }) {
    return hashes.hash(tag, ...values);
  },
  async digests({ chain, box, tracker, unit, index }) {
    return [hashes.castDigest(BigInt(chain), box, tracker), hashes.withdrawalDigest(BigInt(chain), box, unit, index)];
  },
  async forms({ contests, lines, minBallots }) {
    try {
      const read = contests.map((packed) => forms.unpacked(BigInt(packed)));
      forms.checkForms(read, lines, minBallots);
      return { packed: read.map((form) => hashes.hex(bytes(`0x${forms.packed(form).toString(16).padStart(16, "0")}`))) };
    } catch (error) {
      return refusalOf(error);
    }
  },
  async share({ vector }) {
    const [ax, ay, bx, by] = vector.total;
    const sum = { a: point([ax, ay]), b: point([bx, by]) };
    const share = {
      trustee: vector.trustee, d: point(vector.share), challenge: BigInt(vector.challenge),
      response: BigInt(vector.response), b: point(vector.b), hints: { u: point(vector.u), slope: BigInt(vector.slope) },
    };
    try {
      counting.checkShare({ id: vector.election }, vector.group, vector.ciphertext, sum, point(vector.key), share);
      return true;
    } catch (error) {
      return refusalOf(error);
    }
  },
  async factor({ trustee, among }) {
    return `0x${counting.factorOf(trustee, among).toString(16)}`;
  },
  // generator·G + own·point, computed by the verifier's arithmetic and by noble's.
  async multiply({ point: given, scalars }) {
    const pairs = scalars.map(([generator, own]) => ({ generator: BigInt(generator), own: BigInt(own) }));
    const all = equations.multipliedAll([{ point: point(given), scalars: pairs }]);
    return all.every((one, place) => {
      const { generator, own } = pairs[place];
      const wanted = group.sumOf([group.multiplied(group.GENERATOR, generator), group.multiplied(point(given), own)]);
      return group.samePoint(one, wanted);
    });
  },
  // Whether the terms, given as multiples of G times a scalar, are said to vanish.
  async vanish({ terms }) {
    return equations.vanishes(
      terms.map(([multiple, scalar]) => ({ point: group.multiplied(group.GENERATOR, BigInt(multiple)), scalar: BigInt(scalar) })),
    );
  },
  async open({ election, opening, tracker }) {
    try {
      return { selections: challenge.checkOpening(electionOf(election), opening, tracker) };
    } catch (error) {
      return refusalOf(error);
    }
  },
  // A citizen enrols with an office that signs with a fresh key; then what must be refused.
  async enrol({ setup }) {
    const [own, other] = await offices();
    const [key, wrong] = [own.modulus, other.modulus];
    const announced = { units: [{ key }, { key }] };
    const held = new Map();
    const store = { getItem: (at) => held.get(at) ?? null, setItem: (at, what) => held.set(at, what), removeItem: (at) => held.delete(at) };
    const tried = async (act) => {
      try {
        return (await act()) && "accepted";
      } catch (error) {
        return refusalOf(error).refused;
      }
    };
    const served = (modulus) => Buffer.from(modulus).toString("base64url");
    const chosen = enrol.keyOfUnit(announced, 1, served(key));
    const pending = await enrol.begin(setup, 1, chosen);
    enrol.keep(store, setup, { pending });
    const made = await enrol.finish(enrol.kept(store, setup).pending, key, await signed(own, pending));
    const file = enrol.exported(made);
    const forged = JSON.stringify({ ...JSON.parse(file), unit: 0 });
    return {
      signed: await enrol.isSigned(enrol.submissionOf(made), key),
      submission: Object.keys(enrol.submissionOf(made)),
      again: JSON.stringify(await enrol.imported(file, setup, announced)) === JSON.stringify(made),
      refused: [
        await tried(() => enrol.keyOfUnit(announced, 0, served(wrong))),
        await tried(async () => enrol.finish(pending, key, await signed(other, pending))),
        await tried(() => enrol.finish(pending, key, "AA")),
        await tried(() => enrol.imported(forged, setup, announced)),
        await tried(() => enrol.imported("{}", setup, announced)),
        await tried(() => enrol.imported(file, hashes.ZERO, announced)),
      ],
    };
  },
  // A request goes to an office and comes back as an answer; then what must not be taken for one.
  async office({ setup, chain }) {
    const [own, other] = await offices();
    const key = own.modulus;
    const [pending, another] = [await enrol.begin(setup, 1, key), await enrol.begin(setup, 1, key)];
    const request = JSON.parse(office.requestOf(pending, chain));
    const answer = async (by, of) => {
      const { chain: _, ...named } = request;
      return { ...named, format: "Muniment.EnrolmentAnswer.v1", blinded: of.blinded, signature: await signed(by, of) };
    };
    const good = await answer(own, pending);
    const tried = async (content) => {
      try {
        return enrol.isSigned(enrol.submissionOf(await office.answered(content, pending, key)), key);
      } catch (error) {
        return refusalOf(error).refused;
      }
    };
    const changed = (change) => JSON.stringify({ ...good, ...change });
    const spoilt = {
      format: changed({ format: request.format }),
      setup: changed({ setup: hashes.ZERO }),
      unit: changed({ unit: 0 }),
      another: JSON.stringify(await answer(own, another)),
      // The envelope named is ours, the signature is over the other one.
      swapped: changed({ signature: (await answer(own, another)).signature }),
      key: JSON.stringify(await answer(other, pending)),
      short: changed({ signature: "AA" }),
      more: changed({ voter: "0x1" }),
      twice: `${JSON.stringify(good).slice(0, -1)},"unit":1}`,
      request: office.requestOf(pending, chain),
      nothing: "",
    };
    const entries = Object.entries(spoilt).map(async ([name, content]) => [name, await tried(content)]);
    return { request, blinded: pending.blinded, taken: await tried(JSON.stringify(good, null, 2)), refused: Object.fromEntries(await Promise.all(entries)) };
  },
  async times({ now, opens, closes, count, late }) {
    const draw = late ? enrol.lateSubmissionTime : enrol.submissionTime;
    return Array.from({ length: count }, () => draw(now, opens, closes));
  },
  async groups({ tracker }) {
    return { shown: challenge.groupsOfTracker(tracker), read: challenge.readTracker(challenge.groupsOfTracker(tracker)) };
  },
  async manifest({ text }) {
    try {
      const { units, contests } = manifest.readManifest(new TextEncoder().encode(text));
      return { units: units.length, contests: contests.length };
    } catch (error) {
      return refusalOf(error);
    }
  },
  async message({ setup, unit, credential: address }) {
    return hashes.hex(credential.credentialMessage(setup, unit, address));
  },
  async joined({ ballots, least }) {
    return verifier.groupsOf(ballots, least);
  },
  // With other contracts than those of the build, where some are given.
  async verify({ transcript, contracts }) {
    return verifier.verifyJson(transcript, remembering, () => {}, contracts);
  },
  // Which of many changes leave a transcript valid: their places in the list.
  async survivors({ transcript, mutations }) {
    const survived = [];
    for (const [place, mutation] of mutations.entries()) {
      const json = JSON.stringify(changed(transcript, mutation.path, mutation));
      if (await isValid(json)) survived.push(place);
    }
    return survived;
  },
  async contracts() {
    return code.CONTRACTS;
  },
  async proof({ state, address, proof }) {
    return code.codeHashOf(state, address, proof) ?? null;
  },
  // What is found in an enrolment office's log.
  async log({ log, setup, chain, ceremony, units, root }) {
    const found = new findings.Findings();
    try {
      roll.checkLog(published.readLog(JSON.parse(log), "log"), setup, BigInt(chain), ceremony, units, root, found);
    } catch (error) {
      if (!(error instanceof shapes.Unreadable)) throw error;
      return [error.message];
    }
    return found.wrong.map(({ what }) => what);
  },
  async json({ text }) {
    try {
      return { value: json.strictJson(text, "text") };
    } catch (error) {
      if (!(error instanceof shapes.Unreadable)) throw error;
      return { refused: true };
    }
  },
  // Ballots changed at random, half of them signed again by their voter: which of them anything takes for good.
  async spoil({ election, ballots, root, count }) {
    const known = electionOf(election);
    const taken = [];
    let same = 0;
    for (let number = 0; number < count; number += 1) {
      const { unit, packed, secret } = ballots[below(ballots.length)];
      const original = Buffer.from(packed.slice(2), "hex");
      const changed = spoilt(original);
      if (below(2)) signAgain(known, election.units[unit], changed, bytes(secret));
      if (changed.equals(original)) {
        same += 1;
        continue;
      }
      if (isTaken(known, election.units[unit], unit, changed, [root])) taken.push(hashes.hex(changed));
    }
    return { taken, same };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...given } = JSON.parse(line);
  console.log(JSON.stringify(await ACTS[act](given)));
}
