/** The `aranya-edge` command. `daemon` runs in the foreground; the other subcommands are clients. */
import { parseArgs } from "node:util";
import { StoreError, TransportError } from "../base/errors.ts";
import { ConfigFileError } from "../daemon/config-file.ts";
import { runDaemon } from "./run-daemon.ts";
import { VERSION } from "./version.ts";

/** sysexits(3). */
const EXIT = { usage: 64, software: 70, osFile: 71, config: 78 } as const;

const HELP = `aranya-edge ${VERSION}: trust and encrypted transport for devices that keep working without the network

Usage:
  aranya-edge daemon --work-dir DIR --socket PATH [--config FILE]
  aranya-edge --help | --version

daemon runs in the foreground, logs JSON lines to stderr and stops on SIGTERM.
  --work-dir DIR   keys and teams of this device; made if it is not there, one daemon a directory
  --socket PATH    the Unix socket applications connect to; whoever may open it is the device
  --config FILE    JSON: sync.listen, afc.listen, graphStore, logLevel, syncPeers …; read again on SIGHUP

Exit codes of daemon: 0 stopped, 64 bad usage, 78 bad configuration, 71 work directory, socket or a configured address
cannot be used now; trying again may help with the last, not with 64 and 78.

Example:
  aranya-edge daemon --work-dir /var/lib/aranya-edge --socket /run/aranya-edge/socket
`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "daemon":
      return await daemon(rest);
    case "--version":
    case "version":
      console.log(VERSION);
      return 0;
    case "--help":
    case "help":
      console.log(HELP);
      return 0;
    case undefined:
      return usage("give a command");
    default:
      return usage(`there is no command ${JSON.stringify(command.slice(0, 64))}`);
  }
}

async function daemon(args: readonly string[]): Promise<number> {
  let values: { "work-dir"?: string; socket?: string; config?: string; help?: boolean };
  try {
    const options = {
      "work-dir": { type: "string" },
      socket: { type: "string" },
      config: { type: "string" },
      help: { type: "boolean" },
    } as const;
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return usage((error as Error).message);
  }
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const { "work-dir": workDir, socket: socketPath, config: configPath } = values;
  if (workDir === undefined || workDir === "") return usage("daemon needs --work-dir DIR");
  if (socketPath === undefined || socketPath === "") return usage("daemon needs --socket PATH");
  // At once: a name that is being resolved cannot be given up, and would hold the process for as long as that takes.
  process.exit(await runDaemon({ workDir, socketPath, configPath, exitCodeOf }));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigFileError) return error.mayPass ? EXIT.osFile : EXIT.config;
  return error instanceof StoreError || error instanceof TransportError ? EXIT.osFile : EXIT.software;
}

function usage(problem: string): number {
  console.error(`aranya-edge: ${problem}\nTry: aranya-edge --help`);
  return EXIT.usage;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
