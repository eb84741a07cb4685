import type { Abi } from "viem";

/** EIP-155 id of local development chains. No public chain has it. */
export const DEMO_CHAIN = 31337;

/** One deployed contract; `start_block` is the block that it was deployed in. */
export interface Contract {
  readonly address: `0x${string}`;
  readonly start_block: number;
  readonly abi: Abi;
}

/** Where the contracts are (GET /api/deployment). */
export interface Deployment {
  readonly chain_id: number;
  readonly genesis_hash: string;
  readonly contracts: Readonly<Record<string, Contract>>;
  readonly rpc: string | null;
}

/** Ask the service for something as JSON. Throws when it answers anything but success. */
export const get = async <T>(path: string): Promise<T> => (await answered(path)).json() as Promise<T>;

/** The same, as it is written. */
export const getText = async (path: string): Promise<string> => (await answered(path)).text();

async function answered(path: string): Promise<Response> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

/** The contracts' addresses and ABIs. */
export const deployment = (): Promise<Deployment> => get<Deployment>("/api/deployment");
