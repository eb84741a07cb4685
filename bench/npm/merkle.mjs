// OpenZeppelin's own tree over leaves of the types that our documents have; prints seconds of each run as JSON.
import { randomBytes } from "node:crypto";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const hex = (size) => "0x" + randomBytes(size).toString("hex");
const [domain, registry, issuer, schema] = [hex(32), hex(20), hex(32), hex(32)];
const types = ["bytes32", "uint256", "address", "bytes32", "bytes32", "bytes32", "bytes32", "uint64", "uint64"];
const times = [];
for (let run = 0; run < 3; run++) {
  const values = Array.from({ length: Number(process.argv[2]) }, (_, index) => [
    domain, 1n, registry, issuer, schema, hex(32), hex(32), BigInt(index), 0n,
  ]);
  const started = performance.now();
  StandardMerkleTree.of(values, types);
  times.push((performance.now() - started) / 1000);
}
console.log(JSON.stringify(times));
