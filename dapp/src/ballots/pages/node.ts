import { type Abi, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { ask, type Provider } from "../../wallet/provider.js";
import type { Hex } from "../group.js";
import { type Node, nodeAt } from "../verifier/load.js";

/** Answers a JSON-RPC request, by a wallet or by the demo's own node. */
export type Asker = (method: string, params: readonly unknown[]) => Promise<unknown>;

export const byWallet =
  (provider: Provider): Asker =>
  (method, params) =>
    ask(provider, method, params);

export function byNode(url: string): Asker {
  const node = nodeAt(url);
  return async (method, params) => (await node([[method, ...params]]))[0];
}

/** What the verifier reads the chain through. */
export const nodeOf =
  (asker: Asker): Node =>
  (requests) =>
    Promise.all(requests.map(([method, ...params]) => asker(method, params)));

export const CEREMONY: Abi = parseAbi([
  "struct Ceremony { bytes32 agency; uint40 begun; uint40 period; uint8 threshold; uint8 trustees; uint8 confirmations; uint8 stage; bytes32 manifestHash; bytes32 election; address box; }",
  "function ceremony(bytes32 setup) view returns (Ceremony)",
]);

export const BOX: Abi = parseAbi([
  "struct UnitRoll { uint32 unit; uint32 lines; uint32 issued; uint32 eligible; bytes32 root; }",
  "struct UnitTurnout { uint32 ballots; uint32 batches; }",
  "function cast(UnitRoll roll, bytes32[] unitPath, bytes ballots, bytes hints) returns (uint256)",
  "function withdraw(UnitRoll roll, bytes32[] unitPath, uint32 index, address credential, bytes32[] rollPath, bytes signature, bytes replaced)",
  "struct Point { uint256 x; uint256 y; }",
  "struct Ciphertext { Point a; Point b; }",
  "function sumOf(uint32 unit, uint256 ciphertext) view returns (Ciphertext)",
  "function closesAt() view returns (uint40)",
  "function SETUP() view returns (bytes32)",
  "function ELECTION() view returns (bytes32)",
  "function WIDTH() view returns (uint8)",
  "function contests() view returns (uint64[])",
  "function turnoutOf(uint32 unit) view returns (UnitTurnout)",
  "function batchRootOf(uint32 unit, uint32 batch) view returns (bytes32)",
  "function standingOf(uint32 unit, uint32 index) view returns (bool voted, bool barred, bytes32 tracker)",
]);

/** What a contract's view answers at the newest block. Throws where there is no such contract. */
export async function view<T>(asker: Asker, abi: Abi, to: Hex, functionName: string, ...args: unknown[]): Promise<T> {
  const data = encodeFunctionData({ abi, functionName, args });
  const answer = await asker("eth_call", [{ to, data }, "latest"]);
  return decodeFunctionResult({ abi, functionName, data: answer as Hex }) as T;
}
