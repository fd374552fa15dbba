/** The daemon as a process: signals in, readiness and an exit code out. */
import { probePlatform, startMemoryReturn } from "../../platform/platform.ts";
import { serviceNotification } from "../../platform/service-notification.ts";
import { StoreError, TransportError } from "../base/errors.ts";
import { ConfigFileError } from "../daemon/config-file.ts";
import { Daemon } from "../daemon/daemon.ts";
import { stderrLogger } from "../daemon/log.ts";
import { EXIT } from "./exit-codes.ts";
import { VERSION } from "./version.ts";

export interface RunOptions {
  readonly workDir: string;
  readonly socketPath: string;
  readonly configPath: string | undefined;
  /** For sync and AFC, where it is given. */
  readonly listen?: string | undefined;
}

/** A stop that takes longer than this is not clean any more. */
const STOP_TIMEOUT_MS = 2000;

/** Resolves with the exit code once the daemon has stopped. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const { workDir, socketPath, configPath, listen } = options;
  const log = stderrLogger();
  const stopSignal = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, resolve);
  });
  // Node's default for SIGUSR1 is to let a debugger in; an executable has taken care of that before this line.
  process.on("SIGUSR1", () => undefined);
  let daemon: Daemon | undefined;
  let isStopping = false;
  // From the start: Node's default for it is to end the process.
  process.on("SIGHUP", () => void reload());
  const platform = probePlatform();
  const manager = serviceNotification(
    platform,
    () => daemon?.summary() ?? "starting",
    (reason) => log.warn({ reason }, "service manager not notified"),
  );
  const tellReady = async (failure?: string): Promise<void> => {
    if ((await manager?.ready(failure)) === false) {
      log.warn({ reason: "it takes no messages" }, "service manager not notified");
    }
  };
  const reload = async (): Promise<void> => {
    if (daemon === undefined || isStopping) return;
    manager?.reloading();
    await tellReady(await daemon.reload());
  };
  try {
    daemon = await Daemon.start({
      workDir,
      socketPath,
      configPath,
      settings: listen === undefined ? {} : { sync: { listen }, afc: { listen } },
      version: VERSION,
      log,
      platform,
    });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    log.error({ code: code ?? "unexpected", reason: message }, "cannot start");
    return exitCodeOf(error);
  }
  void tellReady();
  startMemoryReturn();
  const signal = await stopSignal;
  isStopping = true;
  manager?.stopping();
  log.info({ signal }, "signal");
  const late = setTimeout(() => {
    log.error({ timeoutMs: STOP_TIMEOUT_MS }, "not stopped in time");
    process.exit(EXIT.failed);
  }, STOP_TIMEOUT_MS);
  await daemon.stop();
  clearTimeout(late);
  return EXIT.ok;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigFileError) return error.mayPass ? EXIT.osFile : EXIT.config;
  return error instanceof StoreError || error instanceof TransportError ? EXIT.osFile : EXIT.software;
}
