/**
 * How long the event loop keeps things waiting, measured by how late timers run that the daemon has anyway: a timer of its own
 * would wake an idle device.
 */
export class LoopDelay {
  timers = 0;
  delayMs = 0;

  /** A timer has run, this late in milliseconds. */
  ran(lateMs: number): void {
    this.timers++;
    if (lateMs > 0) this.delayMs += lateMs;
  }
}
