// Reads typed data (EIP-712) as a JSON list from standard input and writes viem's digest of each, in the same order.
import { hashTypedData } from "viem";

let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(JSON.parse(text).map((typedData) => hashTypedData(typedData))));
