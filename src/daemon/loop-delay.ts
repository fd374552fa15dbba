/**
 * How late the daemon's own timers are: how long the event loop keeps things waiting, without a timer that would wake an idle
 * device to find out.
 */
export class LoopDelay {
  timers = 0;
  delayMs = 0;

  /** One has run. */
  ran(lateMs: number): void {
    this.timers++;
    if (lateMs > 0) this.delayMs += lateMs;
  }
}
