/** The tree of commands, their options and what each says of itself. */
import { Command, InvalidArgumentError, Option } from "commander";
import { measureCommand } from "../measure/index.ts";
import { doctor } from "./doctor/doctor.ts";
import { EXIT } from "./exit-codes.ts";
import { runDaemon } from "./run-daemon.ts";
import { printStatus } from "./status.ts";
import { COMMIT, VERSION, versionReport, versionText } from "./version.ts";

const WORK_DIR = "/var/lib/aranya-edge";
const SOCKET = "/run/aranya-edge/socket";

interface DaemonOptions {
  readonly workDir: string;
  readonly socket: string;
  readonly config?: string;
}

interface DoctorOptions extends DaemonOptions {
  readonly json?: true;
}

/** `setExitCode` is called by commands that end with another one than 0. */
export function makeProgram(setExitCode: (code: number) => void): Command {
  const notEmpty = (value: string): string => {
    if (value === "") throw new InvalidArgumentError("It names a file.");
    return value;
  };
  const program = new Command("aranya-edge")
    .description("Trust and encrypted transport for devices that keep working without the network.")
    .version(VERSION, "--version", "print the version alone")
    .helpOption("--help", "say how it is used")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "aranya-edge: ")),
    })
    .showHelpAfterError("Try: aranya-edge --help")
    .addHelpText("after", `\nExample:\n  aranya-edge daemon --work-dir ${WORK_DIR} --socket ${SOCKET}`);

  program
    .command("daemon")
    .summary("run in the foreground, log JSON lines to stderr, stop on SIGTERM")
    .description(
      "Runs in the foreground, logs JSON lines to stderr, stops on SIGTERM, reads --config again on SIGHUP.",
    )
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
    .option("--config <file>", "JSON: sync.listen, afc.listen, graphStore, logLevel, syncPeers …")
    .addHelpText(
      "after",
      `
Exit codes: 0 stopped, 64 bad usage, 78 bad configuration, 71 work directory, socket or a configured address cannot be
used now. Trying again may help with 71, not with 64 and 78.

Example:
  aranya-edge daemon --work-dir ${WORK_DIR} --socket ${SOCKET}`,
    )
    .action(async (options: DaemonOptions) => {
      const { workDir, socket: socketPath, config: configPath } = options;
      // At once: a name that is being resolved cannot be given up, and would hold the process for as long as that takes.
      process.exit(await runDaemon({ workDir, socketPath, configPath }));
    });

  program
    .command("doctor")
    .summary("check what the daemon needs on this device, with a remedy for what is missing")
    .description(
      "Checks what the daemon needs on this device, and says what to do about what is missing. Run it as the user the " +
        "daemon runs as. It makes one file of 4 KiB in the work directory and removes it, and opens ports for a moment.",
    )
    .option("--work-dir <dir>", "the daemon's", WORK_DIR)
    .option("--socket <path>", "the daemon's", SOCKET)
    .option("--config <file>", "the daemon's; its listen addresses are tried")
    .option("--json", "one JSON object: version 1, worst, checks [{ name, status, found, remedy }]")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 64 bad usage.

Example:
  sudo -u aranya-edge aranya-edge doctor`,
    )
    .action(async ({ workDir, socket: socketPath, config: configPath, json }: DoctorOptions) => {
      setExitCode(await doctor({ workDir, socketPath, configPath, json: json === true }));
    });

  program
    .command("status")
    .summary(
      "tell which daemon answers, and which ways it found for AFC: those of the platform, or plain ones",
    )
    .description(
      "Tells which daemon answers, and which ways it found for AFC: those of the platform, or plain ones.",
    )
    .addOption(new Option("--socket <path>", "the daemon's").env("ARANYA_EDGE_SOCKET").default(SOCKET))
    .option("--json", "one JSON object, as `status` of the client library has it")
    .addHelpText(
      "after",
      `
Exit codes: 0, 64 bad usage, 69 no daemon answers.

Example:
  aranya-edge status --socket ${SOCKET}`,
    )
    .action(async ({ socket, json }: { socket: string; json?: true }) => {
      if (!(await printStatus(socket, json === true))) setExitCode(EXIT.unavailable);
    });

  program
    .command("measure")
    .summary("measure on this device: memory, disk, storage, processor, start-up; measure --help")
    .usage("[options]")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[args...]")
    .action(async (args: string[]) => {
      setExitCode(await measureCommand(args, { version: VERSION, commit: COMMIT }));
    });

  program
    .command("version")
    .summary("print version, commit, the Node inside and until when that is maintained")
    .description("Prints version, commit, the Node inside and until when that is maintained.")
    .option("--json", "one JSON object")
    .action(({ json }: { json?: true }) => {
      const report = versionReport();
      console.log(json === true ? JSON.stringify(report) : versionText(report));
    });
  return program;
}
