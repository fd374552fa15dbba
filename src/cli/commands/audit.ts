/** `aranya-edge audit`: the device's audit log, here or copied from a device. It asks no daemon. */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { fromHex } from "../../base/bytes.ts";
import { parseId } from "../../base/ids.ts";
import type { DeviceId } from "../../base/ids.ts";
import { SHA256_BYTES } from "../../crypto/cipher-suite.ts";
import { deviceIdOf } from "../../crypto/key-bundle.ts";
import { nodeSuite } from "../../crypto/node.ts";
import { lineText, SHOW_HEAD, showLines } from "../audit/show.ts";
import type { AuditFilter } from "../audit/show.ts";
import { auditSources } from "../audit/sources.ts";
import { verificationText, verifySources } from "../audit/verify.ts";
import { groupOf, newCommand, WORK_DIR } from "../command.ts";
import type { Cli } from "../command.ts";
import { parseCount, parseDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { answer, note } from "../session.ts";
import { count, toJson } from "../terminal.ts";
import { readBundle } from "./device.ts";

export function auditCommand(cli: Cli): Command {
  return groupOf(
    {
      path: "audit",
      summary: "who did what on this device, and whether that record was changed",
      description:
        "The audit log: who did what, when and with what outcome. Reads files, here or copied from a device, and asks no daemon.",
    },
    [verify(cli), show()],
  );
}

interface VerifyFlags {
  readonly workDir: string;
  readonly device?: string;
  readonly head?: Uint8Array;
  readonly seq?: number;
  readonly part?: true;
  readonly json?: true;
}

function verify(cli: Cli): Command {
  return newCommand({
    path: "audit verify",
    summary: "say whether lines were changed, taken out or put in",
    description:
      "Checks that each line follows from the one before, that the seals among them are the device's, and that nothing is missing " +
      "at the beginning but what was removed to make room. Lines cut off at the end, or changed behind the last seal, show only " +
      "against a head that was noted elsewhere: the daemon logs one with every seal.",
    examples: [
      "audit verify",
      "audit verify --device AkkxUZ7BeBmG2bRe2ZcjhQhwRHUwiDGPKX3MZ3d2qwfi copied/audit-3.jsonl copied/audit-4.jsonl",
      "audit verify --device sensor.bundle --head 672fe1d82f8c44c79c8fee2e85b74cfc56dc0aaaebb1f72ebf4f9f1fdcf339d0 --seq 11",
    ],
    exitCodes: "0 sound, 1 not sound, 64 bad usage, 71 a file cannot be read",
  })
    .argument("[files...]", "in any order; else those of the work directory")
    .option("--work-dir <dir>", "the daemon's", WORK_DIR)
    .option("--device <device>", "whose log it has to be: the device's id, or a file with its key bundle")
    .option("--head <hash>", "of a line, noted elsewhere: it has to be there", parseHash)
    .option("--seq <number>", "of that line; alone: a line of that number has to be there", parseCount)
    .option("--part", "lines before the first are elsewhere: say nothing of them")
    .option("--json", "JSON, one object, as docs/cli-json.md has it")
    .action((files: string[], options: VerifyFlags) => {
      const { workDir, device, head, seq, part } = options;
      const suite = nodeSuite();
      const sources = auditSources(files, workDir);
      const deviceId = device === undefined ? undefined : deviceOf(device);
      const noted = head === undefined && seq === undefined ? undefined : { hash: head, seq };
      const found = verifySources(sources, { suite, deviceId, noted, isPart: part === true });
      answer(options, "audit.verified/1", { files: sources.map(({ name }) => name), ...found }, () =>
        verificationText(found, sources.length, deviceId !== undefined),
      );
      cli.setExitCode(found.isSound ? EXIT.ok : EXIT.failed);
    });
}

interface ShowFlags extends Omit<AuditFilter, "since"> {
  readonly workDir: string;
  readonly since?: number;
  readonly json?: true;
}

function show(): Command {
  return newCommand({
    path: "audit show",
    summary: "print lines of the audit log",
    description:
      "Prints lines of the audit log, the oldest first, and does not say whether they were changed: audit verify does. Times are " +
      "by the device's clock.",
    examples: [
      "audit show --since 24h",
      "audit show --act call. --outcome refused",
      "audit show --device AkkxUZ7B --json copied/audit-3.jsonl",
    ],
    exitCodes: "0 done, 64 bad usage, 71 a file cannot be read",
  })
    .argument("[files...]", "in any order; else those of the work directory")
    .option("--work-dir <dir>", "the daemon's", WORK_DIR)
    .option(
      "--since <when>",
      "24h and the like before now, or a date such as 2026-11-27T16:00:00Z",
      parseSince,
    )
    .option("--act <act>", "what was done, or how that begins: call. for what clients asked for")
    .option("--team <id>", "or how the id begins")
    .option("--device <id>", "who did it or to whom it was done, or how the id begins")
    .option("--outcome <outcome>", "done, an error code, or refused for whatever is not done")
    .option("--json", "JSON, one object a line, as docs/cli-json.md has it")
    .action((files: string[], options: ShowFlags) => {
      const { workDir, json, ...filter } = options;
      const sources = auditSources(files, workDir);
      if (json !== true) console.log(SHOW_HEAD);
      const bad = showLines(sources, filter, (line) =>
        console.log(json === true ? toJson({ schema: "audit.line/1", ...line }) : lineText(line)),
      );
      if (bad > 0) note(`${count(bad, "line")} skipped that are none: see aranya-edge audit verify`);
    });
}

function deviceOf(given: string): DeviceId {
  const id = parseId<DeviceId>(given);
  return id ?? deviceIdOf(nodeSuite(), readBundle(given).identityKey);
}

function parseHash(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length === SHA256_BYTES) return bytes;
  throw new InvalidArgumentError("It is 64 hexadecimal digits, as the daemon's log has them.");
}

function parseSince(text: string): number {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return at;
  }
  try {
    return Date.now() - parseDuration(text);
  } catch {
    throw new InvalidArgumentError(
      "It is a number and a unit, such as 24h, or a date: 2026-11-27T16:00:00Z.",
    );
  }
}
