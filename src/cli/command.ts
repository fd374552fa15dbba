/** What all commands have in common: options, help with examples, how bad usage is told. */
import { Command, InvalidArgumentError, Option } from "commander";
import { wrapped, wrappedCommand } from "../base/wrap.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import type { RunOptions } from "./run-daemon.ts";
import { printable } from "./terminal.ts";

export const WORK_DIR = "/var/lib/aranya-edge";
export const SOCKET = "/run/aranya-edge/socket";
/** Three daemons started at once on a small board answer within it. */
const DAEMON_WAIT_MS = 5000;

/** What a command is given of the process. */
export interface Cli {
  /** By commands that end with another code than 0. */
  setExitCode(code: number): void;
  readonly runDaemon: DaemonRunner;
}

/** For who looks at commands and runs none. */
export const NO_CLI: Cli = { setExitCode: () => undefined, runDaemon: () => Promise.resolve(0) };

/** Runs until the daemon has stopped; resolves with its exit code. */
export type DaemonRunner = (options: RunOptions) => Promise<number>;

/** Of every command that asks the daemon. */
export interface ClientOptions {
  readonly socket: string;
  readonly timeout: number;
  readonly daemonWait: number;
  readonly json?: true;
}

export interface TeamOptions extends ClientOptions {
  readonly team?: string;
}

interface Spec {
  /** From the program on, without its name: `team create`. */
  readonly path: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** Sentences. */
  readonly description: string;
  /** Without `aranya-edge` in front. */
  readonly examples?: readonly string[];
  /** Where it has more to say than that 0 is good; none where it is empty. */
  readonly exitCodes?: string;
  /** What is said last. */
  readonly more?: string;
}

export interface Notes {
  readonly examples: readonly string[];
  readonly exitCodes: string;
}

const notesOfCommands = new WeakMap<Command, Notes>();
const EXIT_CODES =
  "0 done, 64 bad usage, 69 no daemon answers, 71 a file cannot be used, 81 to 109 what the API refuses: aranya-edge --help";

/** Examples and exit codes, for the manual. */
export function notesOf(command: Command): Notes | undefined {
  return notesOfCommands.get(command);
}

/** A command by itself: what is set for its parent is set here again. */
export function newCommand(spec: Spec): Command {
  const { path, summary, description, examples = [], exitCodes = EXIT_CODES, more } = spec;
  const command = new Command(path.slice(path.lastIndexOf(" ") + 1))
    .summary(summary)
    .description(description)
    .helpOption("-h, --help", "say how it is used")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error: /, "aranya-edge: ").replace(/[^\n]+/g, printable)),
    })
    .showHelpAfterError(`Try: aranya-edge ${path === "" ? "" : `${path} `}--help`);
  notesOfCommands.set(command, { examples, exitCodes });
  const shown = examples.map((example) => `  ${wrappedCommand(`aranya-edge ${example}`, 2)}`).join("\n");
  const heading = examples.length > 1 ? "Examples" : "Example";
  const texts = [
    ...(exitCodes === "" ? [] : [exitCodesText(exitCodes)]),
    ...(shown === "" ? [] : [`${heading}:\n${shown}`]),
    ...(more === undefined ? [] : [wrapped(more)]),
  ];
  return command.addHelpText("after", `\n${texts.join("\n\n")}`);
}

/** A list that begins with a line feed is one already. */
function exitCodesText(exitCodes: string): string {
  return exitCodes.startsWith("\n") ? `Exit codes:${exitCodes}` : wrapped(`Exit codes: ${exitCodes}.`);
}

/** Commands under one name, shown by an example of each. */
export function groupOf(spec: Spec, commands: readonly Command[]): Command {
  const examples = commands.flatMap((command) => notesOf(command)?.examples.slice(0, 1) ?? []);
  const more = `Options, arguments and exit codes of each: aranya-edge ${spec.path} <command> --help`;
  const group = newCommand({ ...spec, examples, exitCodes: "", more });
  for (const command of commands) group.addCommand(command);
  return group;
}

/** A command that asks the daemon. */
export function clientCommand(spec: Spec): Command {
  return newCommand(spec)
    .addOption(new Option("--socket <path>", "the daemon's").env("ARANYA_EDGE_SOCKET").default(SOCKET))
    .addOption(
      new Option("--timeout <duration>", "how long any answer may take")
        .argParser(parseDuration)
        .default(30_000, "30s"),
    )
    .addOption(
      new Option(
        "--daemon-wait <duration>",
        "how long to wait for a daemon that is being started; 0s asks once",
      )
        .env("ARANYA_EDGE_DAEMON_WAIT")
        .argParser(parseDuration)
        .default(DAEMON_WAIT_MS, formatDuration(DAEMON_WAIT_MS)),
    )
    .option("--json", "JSON, one object a line, as docs/cli-json.md has it");
}

/** One that asks it about a team. */
export function teamCommand(spec: Spec): Command {
  return clientCommand(spec).addOption(
    new Option("--team <id>", "the team, or how its id begins; not needed where there is one").env(
      "ARANYA_EDGE_TEAM",
    ),
  );
}

export const ADDRESS_ARGUMENT = "a DNS name or IPv4 address, with :port unless that is 4321";
export const DEVICE_ARGUMENT = "common name, id, how the id begins (four characters or more), or self";
export const YES = ["--yes", "do it without asking; scripts need it"] as const;

export function notEmpty(value: string): string {
  if (value === "") throw new InvalidArgumentError("It names a file.");
  return value;
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
