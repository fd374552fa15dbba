/** `aranya-edge daemon`. */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { parseAddress } from "../../base/address.ts";
import type { Cli } from "../command.ts";
import { newCommand, notEmpty, SOCKET, WORK_DIR } from "../command.ts";

interface DaemonOptions {
  readonly workDir: string;
  readonly socket: string;
  readonly config?: string;
  readonly listen?: string;
}

export function daemonCommand({ runDaemon }: Cli): Command {
  return newCommand({
    path: "daemon",
    summary: "run in the foreground, log JSON lines to stderr, stop on SIGTERM",
    description:
      "Runs in the foreground, logs JSON lines to stderr, stops on SIGTERM, reads --config again on SIGHUP.",
    examples: [
      `daemon --work-dir ${WORK_DIR} --socket ${SOCKET}`,
      `daemon --work-dir ${WORK_DIR} --socket ${SOCKET} --config /etc/aranya-edge/config.json`,
      "daemon --work-dir state --socket state.sock --listen 127.0.0.1:4001",
    ],
    exitCodes:
      "0 stopped, 64 bad usage, 78 bad configuration, 71 work directory, socket or a configured address cannot be used now. " +
      "Trying again may help with 71, not with 64 and 78",
  })
    .requiredOption(
      "--work-dir <dir>",
      "keys and teams of this device; made if it is not there, one daemon a directory",
      notEmpty,
    )
    .requiredOption(
      "--socket <path>",
      "the Unix socket applications connect to; whoever may open it is the device",
      notEmpty,
    )
    .option(
      "--config <file>",
      "JSON: sync.listen, afc.listen, metrics.listen, graphStore, logLevel, syncPeers …",
    )
    .option(
      "--listen <address>",
      "where to listen for sync (TCP) and AFC (UDP): IPv4 address, with :port unless that is 4321; in place of sync.listen " +
        "and afc.listen",
      listenAddress,
    )
    .action(async (options: DaemonOptions) => {
      const { workDir, socket: socketPath, config: configPath, listen } = options;
      // At once: a name that is being resolved cannot be given up, and would hold the process for as long as that takes.
      process.exit(await runDaemon({ workDir, socketPath, configPath, listen }));
    });
}

function listenAddress(text: string): string {
  const host = parseAddress(text, 0)?.host;
  if (host === undefined || !/^[\d.]+$/.test(host)) {
    throw new InvalidArgumentError("It is an IPv4 address and an optional port, such as 0.0.0.0:4321.");
  }
  return text;
}
