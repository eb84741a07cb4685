/** Why a ballot or something about it is refused: the names of the contracts' errors, and a few of our own. */
export type Reason =
  | "BallotsMalformed"
  | "FlagsRefused"
  | "NotOnRoll"
  | "SignatureRefused"
  | "CiphertextRefused"
  | "ProofScalarRefused"
  | "ProofHintRefused"
  | "ProofRefused"
  | "ReplacedRefused"
  | "NotInBatch"
  | "FormRefused"
  | "ContestUndecodable"
  | "BallotTooLarge"
  | "PointRefused"
  | "ScalarRefused"
  | "ShareRefused"
  | "SharesMalformed"
  | "ShareTrusteeRefused"
  | "CountsRefused"
  | "ResultRefused"
  | "RollRefused"
  | "ManifestRefused"
  | "PossessionRefused"
  | "CommitmentMismatch"
  // Ours: what no contract sees.
  | "SelectionRefused"
  | "OpeningRefused"
  | "EnrolmentRefused"
  | "AnswerRefused";

/** A refusal: its name, one sentence, and where it is, as the contract's error says it. */
export class BallotRefused extends Error {
  constructor(
    readonly reason: Reason,
    sentence: string,
    readonly place: Readonly<Record<string, number>> = {},
  ) {
    super(sentence);
    this.name = reason;
  }
}
