import { readFileSync } from "node:fs";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

// What the contracts of an election are known by, from what the compiler made of this checkout's sources. It is built
// into the verifier: nobody who serves an election, and no chain, has a say in it.

const [PUSH0, PUSH1, PUSH32] = [0x5f, 0x60, 0x7f];

/** Code without the compiler's metadata: CBOR, its length in the last two bytes. */
const bodyOf = (code) => code.subarray(0, code.length - 2 - code.at(-2) * 256 - code.at(-1));

/** Places of the 32 zero bytes that an immutable's value goes into. */
function immutablesOf(code) {
  const places = [];
  for (let at = 0; at < code.length; at += 1) {
    const pushed = code[at] >= PUSH1 && code[at] <= PUSH32 ? code[at] - PUSH0 : 0;
    if (pushed === 32 && code.subarray(at + 1, at + 33).every((byte) => byte === 0)) places.push(at + 1);
    at += pushed;
  }
  return places;
}

function known(name) {
  const { bytecode, deployedBytecode } = JSON.parse(readFileSync(new URL(`../build/contracts/${name}.json`, import.meta.url), "utf8"));
  const [creation, runtime] = [hexToBytes(bytecode), bodyOf(hexToBytes(deployedBytecode))];
  const hashed = (code) => `0x${bytesToHex(keccak_256(code))}`;
  return {
    runtime: hashed(runtime), immutables: immutablesOf(runtime), creation: hashed(bodyOf(creation)), length: creation.length,
  };
}

/** For vite's `define`: the verifier's constant. Throws where the contracts are not compiled. */
export const define = () => ({
  MUNIMENT_CONTRACTS: JSON.stringify({ box: known("BallotBox"), ceremony: known("TrusteeCeremony") }),
});
