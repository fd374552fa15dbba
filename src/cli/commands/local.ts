/** Commands that look at where they run, and ask no daemon: `doctor`, `measure`, `version`. */
import type { Command } from "commander";
import { measureCommand as measure } from "../../measure/index.ts";
import { newCommand, SOCKET, WORK_DIR } from "../command.ts";
import type { Cli } from "../command.ts";
import { doctor } from "../doctor/doctor.ts";
import { toJson } from "../terminal.ts";
import { COMMIT, VERSION, versionReport, versionText } from "../version.ts";

interface DoctorOptions {
  readonly workDir: string;
  readonly socket: string;
  readonly config?: string;
  readonly json?: true;
}

export function doctorCommand(cli: Cli): Command {
  return newCommand({
    path: "doctor",
    summary: "check what the daemon needs on this device, with a remedy for what is missing",
    description:
      "Checks what the daemon needs on this device, and says what to do about what is missing. Run it as the user the " +
      "daemon runs as. It makes one file of 4 KiB in the work directory and removes it, and opens ports for a moment.",
    examples: ["doctor", `doctor --work-dir ${WORK_DIR} --config /etc/aranya-edge/config.json`],
    exitCodes: "0 nothing failed (there may be warnings), 1 something failed, 64 bad usage",
  })
    .option("--work-dir <dir>", "the daemon's", WORK_DIR)
    .option("--socket <path>", "the daemon's", SOCKET)
    .option("--config <file>", "the daemon's; its listen addresses are tried")
    .option("--json", "JSON, one object, as docs/cli-json.md has it")
    .action(async ({ workDir, socket: socketPath, config: configPath, json }: DoctorOptions) => {
      cli.setExitCode(await doctor({ workDir, socketPath, configPath, json: json === true }));
    });
}

/** It reads its own options, and has its own help. */
export function measureCommand(cli: Cli): Command {
  return newCommand({
    path: "measure",
    summary: "measure on this device: memory, disk, storage, processor, start-up",
    description: "Measures what the product costs on this device, and what the device gives it.",
  })
    .usage("[options]")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[args...]")
    .action(async (args: string[]) => {
      cli.setExitCode(await measure(args, { version: VERSION, commit: COMMIT }));
    });
}

export function versionCommand(): Command {
  return newCommand({
    path: "version",
    summary: "print version, commit, the Node inside and until when that is maintained",
    description: "Prints version, commit, the Node inside and until when that is maintained.",
    examples: ["version", "version --json"],
    exitCodes: "0, 64 bad usage",
  })
    .option("--json", "JSON, one object, as docs/cli-json.md has it")
    .action(({ json }: { json?: true }) => {
      const report = versionReport();
      console.log(json === true ? toJson(report) : versionText(report));
    });
}
