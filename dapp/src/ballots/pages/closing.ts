import { get } from "../../deployment.js";
import type { Told } from "./told.js";

/**
 * The announced close, by the service's clock: this device's may be wrong. Pages stop then; the box goes on for a time of
 * grace, so that what was signed in time still gets there when the chain is busy.
 */
export class Closing {
  private ahead = 0; // seconds that the service's clock is ahead of this device's
  private closes = 0;
  private grace = 0;

  constructor(private readonly told: Told) {
    this.read(told);
  }

  /** When voting closes, Unix seconds. */
  get at(): number {
    return this.closes;
  }

  /** Until when the box takes what was signed in time, Unix seconds. */
  get until(): number {
    return this.closes + this.grace;
  }

  /** Whether this page's own clock says that voting is closed. */
  get isClosed(): boolean {
    return !this.isBefore(Date.now());
  }

  /** Whether even the box takes nothing any more. */
  get isOver(): boolean {
    return this.serviceTime(Date.now()) >= this.until;
  }

  /** Whether voting is open. The service is asked once more before it is said to be closed: it may have been put off. */
  async isOpen(): Promise<boolean> {
    if (this.isClosed) await this.askAgain();
    return !this.isClosed;
  }

  /** Whether something was signed in time, by the service's clock as it is now; `signed` is a Date.now() of then. */
  async wasOpen(signed: number): Promise<boolean> {
    await this.askAgain();
    return this.isBefore(signed);
  }

  private serviceTime(here: number): number {
    return here / 1000 + this.ahead;
  }

  private isBefore(here: number): boolean {
    return this.serviceTime(here) < this.closes;
  }

  private read({ now, opening }: Told): void {
    this.ahead = now - Date.now() / 1000;
    this.closes = opening?.closes_at ?? 0;
    this.grace = opening?.grace ?? 0;
  }

  private async askAgain(): Promise<void> {
    try {
      this.read(await get<Told>(`/api/elections/${this.told.setup}`));
    } catch {
      // The service does not answer: this page's own clock has to do.
    }
  }
}
