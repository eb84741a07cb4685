import { type Credential, finish, type Pending } from "./enrol.js";
import { strictJson } from "./json.js";
import { BallotRefused } from "./refused.js";
import { natural, object, text, Unreadable, word } from "./shapes.js";

// Enrolment at the office, for whoever has no wallet: the request goes there as a file, or on paper, and the answer
// comes back the same way. Neither holds what would open the envelope; that never leaves this browser.

const REQUEST = "Muniment.EnrolmentRequest.v1";
const ANSWER = "Muniment.EnrolmentAnswer.v1";
const answer = object({ format: text, setup: word(32), unit: natural, blinded: text, signature: text });

const refused = (): BallotRefused =>
  new BallotRefused("AnswerRefused", "This is not the office's answer to the request in this browser.");

/** What the voter brings to the office, JSON. `chain` is the EIP-155 id. */
export const requestOf = ({ setup, unit, blinded }: Pending, chain: number): string =>
  JSON.stringify({ format: REQUEST, chain, setup, unit, blinded });

/** The credential, from the office's answer. Throws BallotRefused (AnswerRefused) unless it is the one to this request,
 * signed with the unit's key. */
export async function answered(content: string, pending: Pending, modulus: Uint8Array): Promise<Credential> {
  const { format, setup, unit, blinded, signature } = read(content);
  const own = format === ANSWER && setup === pending.setup && unit === pending.unit && blinded === pending.blinded;
  if (!own) throw refused();
  try {
    return await finish(pending, modulus, signature);
  } catch (error) {
    throw error instanceof BallotRefused ? refused() : error;
  }
}

function read(content: string): ReturnType<typeof answer> {
  try {
    return answer(strictJson(content, "answer"), "answer");
  } catch (error) {
    throw error instanceof Unreadable ? refused() : error;
  }
}
