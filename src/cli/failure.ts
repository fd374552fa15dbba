/** What goes wrong, told: what, why, and what to do next. */
import type { ErrorCode, ErrorFields } from "../base/codes.ts";
import { AranyaError } from "../base/errors.ts";
import { EXIT, exitCodeOfApi } from "./exit-codes.ts";
import { painter, printable, printableLines, toJson } from "./terminal.ts";

/** A refusal of the command line's own. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: number;
  /** What to do next. */
  readonly remedy: string | undefined;
  constructor(code: string, message: string, remedy?: string, exitCode: number = EXIT.usage) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

type Remedy = string | ((fields: ErrorFields) => string | undefined);

const TEXT = (value: string | number | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const REMEDIES: Readonly<Record<ErrorCode, Remedy>> = {
  DeviceNotInitialised: "make the device's keys: aranya-edge device init",
  UnknownTeam: "see which teams are here: aranya-edge team list; add one: aranya-edge team join",
  TeamNotSynced: "fetch it from a device that has it: aranya-edge peer sync <address>",
  NotReady: "wait a moment and try again; aranya-edge status says what the device waits for",
  TeamClosed: "a closed team stays closed: create another, or remove it here with aranya-edge team remove",
  NotAuthorised: "ask a device whose role allows it: aranya-edge team devices",
  UnknownDevice: "see who is on the team: aranya-edge team devices; perhaps this device has to sync first",
  DeviceExists: "it is on the team already: aranya-edge team devices",
  UnknownLabel: "see the labels: aranya-edge label list; perhaps this device has to sync first",
  LabelExists: "use it as it is: aranya-edge label list",
  NameInUse: "choose another name, or revoke it from the device that has it: aranya-edge net list",
  UnknownName: "see the network names: aranya-edge net list; perhaps this device has to sync first",
  RoleMismatch: "see the role it has: aranya-edge team devices",
  InvalidArgument: ({ field }) =>
    TEXT(field) === undefined ? "correct the argument" : `correct ${String(field)}, and try again`,
  ConfigMismatch: ({ setting }) =>
    `another client set ${TEXT(setting) ?? "it"} first: ask for the same, or restart the daemon`,
  UnknownPolicy: "the team was made by a later version: upgrade aranya-edge on this device",
  PeerUnreachable:
    "check that the peer's daemon runs and listens, its address, and what filters TCP and UDP in between",
  PeerRefused: "the reason is the peer's: look into its log and at aranya-edge status there",
  NotAMember: "have this device added: aranya-edge device bundle here, aranya-edge device add there",
  Timeout: "try again, with a longer --timeout where the path is slow",
  MessageTooLarge: "send less at once; aranya-edge channel cat cuts what is longer",
  BufferTooSmall: "read with a larger buffer",
  NoData: "wait for a message to arrive",
  UnknownChannel: "see the channels: aranya-edge channel list",
  ChannelClosed: "open it again, once what closed it is mended",
  NoListener:
    "start an application there that takes channels, such as aranya-edge channel recv; --wait waits for it",
  LimitReached: ({ name }) =>
    `remove what is not needed any more${TEXT(name) === undefined ? "" : ` (${String(name)})`}`,
  StorageFailed: "look at the daemon's log, free space and permissions: aranya-edge doctor",
  ProtocolMismatch: "use the aranya-edge that belongs to the daemon: aranya-edge version",
  DaemonUnavailable: "start the daemon, or name its socket by --socket or ARANYA_EDGE_SOCKET",
};

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fields: ErrorFields;
  readonly remedy: string | undefined;
  readonly exitCode: number;
}

function failureOf(error: unknown): Failure {
  if (error instanceof AranyaError) {
    const { code, message, fields } = error;
    const known = REMEDIES[code];
    const own = typeof known === "function" ? known(fields) : known;
    return { code, message, fields, remedy: TEXT(fields["remedy"]) ?? own, exitCode: exitCodeOfApi(code) };
  }
  if (error instanceof CliError) {
    const { code, message, remedy, exitCode } = error;
    return { code, message, fields: {}, remedy, exitCode };
  }
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (typeof code === "string" && syscall !== undefined) {
    const remedy = "check that it is there and that you may use it";
    return { code, message, fields: {}, remedy, exitCode: EXIT.osFile };
  }
  const text = error instanceof Error ? (error.stack ?? message) : String(error);
  const remedy = "this is a bug in aranya-edge; please report it";
  return { code: "Bug", message: text, fields: {}, remedy, exitCode: EXIT.software };
}

/** To stderr, as one JSON object where that was asked for; answers the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const { code, message, fields, remedy, exitCode } = failureOf(error);
  if (json) {
    console.error(toJson({ schema: "error/1", code, message, fields, remedy, exitCode }));
    return exitCode;
  }
  const paint = painter(process.stderr);
  const text = code === "Bug" ? printableLines(message) : printable(message);
  console.error(`aranya-edge: ${paint("red", text)} (${code})`);
  if (remedy !== undefined && !message.includes(remedy)) console.error(`  → ${printable(remedy)}`);
  return exitCode;
}
