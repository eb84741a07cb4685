import { get } from "../../deployment.js";
import type { Told } from "./told.js";

/** Seconds after the close in which the box takes what was signed in time: BallotState.GRACE. */
export const GRACE = 3_600;
const SLACK = 600; // seconds that a clock may be set right by while a page is open

/**
 * The announced close, by the service's clock: this device's may be wrong. Pages stop then; the box goes on for a time of
 * grace, so that what was signed in time still gets there when the chain is busy. A close is put off, never advanced: the
 * service cannot tell an earlier one than the election's id covers.
 */
export class Closing {
  private ahead = 0; // seconds that the service's clock is ahead of this device's
  private closes: number;

  /** `told` makes the election's id (electionOf). */
  constructor(private readonly told: Told) {
    this.closes = told.opening?.announced_closes_at ?? 0;
    this.read(told);
  }

  /** When voting closes, Unix seconds. */
  get at(): number {
    return this.closes;
  }

  /** Until when the box takes what was signed in time, Unix seconds. */
  get until(): number {
    return this.closes + GRACE;
  }

  /** Whether this page's own clock says that voting is closed. */
  get isClosed(): boolean {
    return !this.isBefore(Date.now());
  }

  /** Whether voting is open. The service is asked once more before it is said to be closed: it may have been put off. */
  async isOpen(): Promise<boolean> {
    if (this.isClosed) await this.askAgain();
    return !this.isClosed;
  }

  /** The same, asking the service once more before it is denied: a clock may have been set right, the close put off. */
  async canHaveTaken(time: number, signed: number): Promise<boolean> {
    if (!this.canTake(time, signed)) await this.askAgain();
    return this.canTake(time, signed);
  }

  /** Whether the service can have taken at `time`, Unix seconds, what was signed here at `signed`, a Date.now(). */
  private canTake(time: number, signed: number): boolean {
    const after = this.serviceTime(signed) - SLACK <= time;
    return after && time <= this.serviceTime(Date.now()) + SLACK && time < this.closes;
  }

  private serviceTime(here: number): number {
    return here / 1000 + this.ahead;
  }

  private isBefore(here: number): boolean {
    return this.serviceTime(here) < this.closes;
  }

  private read({ now, opening }: Told): void {
    this.ahead = now - Date.now() / 1000;
    this.closes = Math.max(this.closes, opening?.closes_at ?? 0);
  }

  private async askAgain(): Promise<void> {
    try {
      this.read(await get<Told>(`/api/elections/${this.told.setup}`));
    } catch {
      // The service does not answer: this page's own clock has to do.
    }
  }
}
