/**
 * What the service manager is told, and how often it hears that the daemon is alive: sd_notify(3), sd_watchdog_enabled(3).
 * Nothing where no manager asked.
 */
import { notifyByProgram } from "./notify-program.ts";
import type { Notify } from "./notify-socket.ts";
import type { Platform } from "./platform.ts";

/** Of one line of STATUS=. */
const STATUS_CHARACTERS_MAX = 256;
/** Tries to send READY to a manager whose queue is full: for 5 s. */
const READY_TRIES = 50;
const READY_RETRY_MS = 100;

export interface ServiceNotificationOptions {
  readonly notify: Notify;
  /** The manager restarts a daemon of which it has not heard for so long; undefined where it does not watch. */
  readonly watchdogMs: number | undefined;
  /** One line for people. Asked for at each beat, and sent when it has changed. */
  status(): string;
}

export class ServiceNotification {
  readonly #options: ServiceNotificationOptions;
  #failure: string | undefined;
  #statusTold = "";
  #beats: NodeJS.Timeout | undefined;

  constructor(options: ServiceNotificationOptions) {
    this.#options = options;
  }

  /**
   * Says that the daemon is ready, at start and after a reload. `failure` is shown beside the status until the next reload. From
   * here on the event loop sends beats, twice in the time the manager allows, so that a loop that hangs is noticed and a slow
   * one forgiven. Resolves with false where the manager takes no message.
   */
  async ready(failure?: string): Promise<boolean> {
    this.#failure = failure;
    for (let i = 0; i < READY_TRIES; i++) {
      const status = this.#status();
      if (this.#options.notify(["READY=1", `STATUS=${status}`])) {
        this.#statusTold = status;
        this.#startBeats();
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, READY_RETRY_MS));
    }
    return false;
  }

  /** Says that a reload has begun; `ready` ends it. With the time, as `Type=notify-reload` requires. */
  reloading(): void {
    this.#options.notify(["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  }

  stopping(): void {
    clearInterval(this.#beats);
    this.#options.notify(["STOPPING=1", "STATUS=stopping"]);
  }

  #startBeats(): void {
    const { watchdogMs } = this.#options;
    if (watchdogMs === undefined || this.#beats !== undefined) return;
    this.#beats = setInterval(() => this.#beat(), Math.max(1, Math.floor(watchdogMs / 2)));
    this.#beats.unref();
  }

  #beat(): void {
    const status = this.#status();
    const lines = status === this.#statusTold ? ["WATCHDOG=1"] : ["WATCHDOG=1", `STATUS=${status}`];
    if (this.#options.notify(lines)) this.#statusTold = status;
  }

  #status(): string {
    const status = this.#options.status();
    const whole = this.#failure === undefined ? status : `${status}; ${this.#failure}`;
    return whole.replace(/\p{Cc}+/gu, " ").slice(0, STATUS_CHARACTERS_MAX);
  }
}

/**
 * Undefined where no service manager started this process. `onFailure` is called with the reason when a message could not
 * be given to a program that would have sent it.
 */
export function serviceNotification(
  platform: Platform,
  status: () => string,
  onFailure: (reason: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
): ServiceNotification | undefined {
  const address = environment["NOTIFY_SOCKET"];
  if (address === undefined || !/^[/@]./.test(address)) return undefined;
  const notify = platform.notifySockets?.(address) ?? notifyByProgram(environment, onFailure);
  return new ServiceNotification({ notify, watchdogMs: watchdogMs(environment), status });
}

function watchdogMs({ WATCHDOG_USEC: period, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number | undefined {
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  const ms = Math.floor(Number(period) / 1000);
  return Number.isSafeInteger(ms) && ms > 0 && ms < 2 ** 31 ? ms : undefined;
}
