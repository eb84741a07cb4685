import { recoverTypedDataAddress } from "viem";
import type { Election } from "../ballot.js";
import type { Hex } from "../group.js";

const TYPES = {
  BallotReceipt: [
    { name: "tracker", type: "bytes32" },
    { name: "unit", type: "uint32" },
    { name: "index", type: "uint32" },
    { name: "receivedAt", type: "uint40" },
  ],
} as const;

/** What the relay signs when it takes a ballot (EIP-712). */
export interface Taken {
  readonly tracker: Hex;
  readonly unit: number;
  readonly index: number;
  readonly received_at: number;
  readonly receipt: Hex;
}

/**
 * Whether a receipt is the relay's own: only then it shows anybody that the relay had the ballot. `relayer` is who the
 * election's answer said, before the ballot was sent: beside the receipt, any key that is thrown away would do.
 */
export async function isReceipt({ chain, box }: Election, relayer: Hex | null, taken: Taken): Promise<boolean> {
  if (relayer === null) return false;
  const { tracker, unit, index, received_at, receipt } = taken;
  const domain = { name: "Muniment Ballots", version: "1", chainId: Number(chain), verifyingContract: box };
  try {
    const message = { tracker, unit, index, receivedAt: received_at };
    const signer = await recoverTypedDataAddress({ domain, types: TYPES, primaryType: "BallotReceipt", message, signature: receipt });
    return signer.toLowerCase() === relayer.toLowerCase();
  } catch {
    return false; // no signature at all
  }
}
