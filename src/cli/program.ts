/** The tree of commands. Each group makes its own; here they are wired. */
import type { Command } from "commander";
import { wrapped } from "../base/wrap.ts";
import type { Cli } from "./command.ts";
import { newCommand, SOCKET, WORK_DIR } from "./command.ts";
import { auditCommand } from "./commands/audit.ts";
import { channelCommand } from "./commands/channel.ts";
import { completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { daemonCommand } from "./commands/daemon.ts";
import { deviceCommand } from "./commands/device.ts";
import { labelCommand } from "./commands/label.ts";
import { metricsCommand } from "./commands/metrics.ts";
import { doctorCommand, measureCommand, versionCommand } from "./commands/local.ts";
import { netCommand } from "./commands/net.ts";
import { peerCommand } from "./commands/peer.ts";
import { roleCommand } from "./commands/role.ts";
import { statusCommand } from "./commands/status.ts";
import { teamCommands } from "./commands/team.ts";
import { watchCommand } from "./commands/watch.ts";
import { exitCodeTable } from "./exit-codes.ts";
import { VERSION } from "./version.ts";

/** By name, in the order help has them. A command is made when it is asked for: `daemon` pays for no other. */
const COMMANDS: Readonly<Record<string, (cli: Cli) => Command>> = {
  daemon: daemonCommand,
  status: statusCommand,
  metrics: metricsCommand,
  device: deviceCommand,
  team: teamCommands,
  role: roleCommand,
  label: labelCommand,
  net: netCommand,
  peer: peerCommand,
  channel: channelCommand,
  watch: watchCommand,
  audit: auditCommand,
  doctor: doctorCommand,
  config: configCommand,
  measure: measureCommand,
  completion: (cli) => completionCommand(() => makeProgram(cli)),
  version: versionCommand,
};

const EXAMPLES = [
  `daemon --work-dir ${WORK_DIR} --socket ${SOCKET}`,
  "status",
  "team create --init --label telemetry",
  "device add sensor.bundle --name sensor --role user --label telemetry --net 192.0.2.7",
];

/** All of it; or, where `name` is the name of a command, what is needed for that one. */
export function makeProgram(cli: Cli, name?: string): Command {
  const program = newCommand({
    path: "",
    summary: "trust and encrypted transport for devices that keep working without the network",
    description: "Trust and encrypted transport for devices that keep working without the network.",
    examples: EXAMPLES,
    exitCodes: exitCodesText(),
  })
    .name("aranya-edge")
    .usage("<command>")
    .helpCommand("help [command]", "say how a command is used")
    .version(VERSION, "--version", "print the version alone");
  const make = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const one of make === undefined ? Object.values(COMMANDS) : [make]) program.addCommand(one(cli));
  return program;
}

function exitCodesText(): string {
  return `\n${exitCodeTable()
    .map(([code, meaning]) => `  ${String(code).padStart(3)} ${wrapped(meaning, 6)}`)
    .join("\n")}\n  141 whoever read stdout has gone`;
}
