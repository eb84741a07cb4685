// Reads typed data (EIP-712) and private keys as a JSON list of [typedData, [key, …]] from standard input; writes what
// viem makes of each, in the same order: [digest, [signature, …]].
import { hashTypedData } from "viem";
import { privateKeyToAccount } from "viem/accounts";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const done = JSON.parse(text).map(async ([typedData, keys]) => [
  hashTypedData(typedData),
  await Promise.all(keys.map((key) => privateKeyToAccount(key).signTypedData(typedData))),
]);
console.log(JSON.stringify(await Promise.all(done)));
