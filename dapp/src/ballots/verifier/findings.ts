/** Something that is wrong, or not there yet: what, where, and one sentence. */
export interface Finding {
  readonly what: string;
  readonly where: string;
  readonly says: string;
}

const MOST = 1_000; // a transcript that is wrong all over needs no longer list

/** What was found: anything at all makes an election INVALID; what only is not done yet, INCOMPLETE. */
export class Findings {
  readonly wrong: Finding[] = [];
  readonly missing: Finding[] = [];

  add(what: string, where: string, says: string): void {
    if (this.wrong.length < MOST) this.wrong.push({ what, where, says });
  }

  lacks(what: string, where: string, says: string): void {
    this.missing.push({ what, where, says });
  }

  /** Report unless something holds. */
  expect(holds: boolean, what: string, where: string, says: string): void {
    if (!holds) this.add(what, where, says);
  }
}
