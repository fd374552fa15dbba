import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ERROR_CODES } from "../../../src/base/codes.ts";
import type { ErrorCode } from "../../../src/base/codes.ts";
import { AranyaError } from "../../../src/base/errors.ts";
import { EXIT, exitCodeOfApi, exitCodeTable } from "../../../src/cli/exit-codes.ts";
import { CliError, reportFailure } from "../../../src/cli/failure.ts";

let said: string[];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => vi.restoreAllMocks());

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

test("each way of ending has an exit code of its own, below those that shells use", () => {
  const codes = exitCodeTable().map(([code]) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toBeLessThan(126);
  expect(codes.length).toBe(CODES.length + Object.keys(EXIT).length - 1);
  // For good: scripts compare numbers.
  expect([
    exitCodeOfApi("DeviceNotInitialised"),
    exitCodeOfApi("NotAuthorised"),
    exitCodeOfApi("ProtocolMismatch"),
  ]).toEqual([81, 86, 109]);
  expect(exitCodeOfApi("DaemonUnavailable")).toBe(69);
});

test.each(CODES)("%s: said with its code and what to do next, and the same as JSON", (code) => {
  const error = new AranyaError(code, "it was\u001b[2J refused", {
    field: "label",
    reason: "too long",
    n: 1,
  });
  expect(reportFailure(error, false)).toBe(exitCodeOfApi(code));
  const [what, next, ...rest] = said.splice(0);
  expect(what).toBe(`aranya-edge: it was\\u{1b}[2J refused (${code})`);
  expect(next).toMatch(/^ {2}→ \S.{10,}$/);
  expect(rest).toEqual([]);
  expect(reportFailure(error, true)).toBe(exitCodeOfApi(code));
  const remedy = (next ?? "").replace("  → ", "");
  expect(JSON.parse(said[0]!)).toEqual({
    schema: "error/1",
    code,
    message: error.message,
    fields: error.fields,
    remedy,
    exitCode: exitCodeOfApi(code),
  });
});

test("a remedy names the field, the setting or the limit; the daemon's own goes first", () => {
  reportFailure(new AranyaError("InvalidArgument", "m", { field: "rateMs" }), false);
  reportFailure(new AranyaError("ConfigMismatch", "m", { setting: "afc.listen" }), false);
  reportFailure(new AranyaError("LimitReached", "m", { name: "teamsMax", limit: 64 }), false);
  reportFailure(new AranyaError("DaemonUnavailable", "m", { remedy: "start \u001b it" }), false);
  for (const word of ["rateMs", "afc.listen", "teamsMax", "start \\u{1b} it"])
    expect(said.join("\n")).toContain(word);
});

test("a code of the API has one exit code, whoever says it; codes of the command line's own end with 64", () => {
  for (const code of CODES) expect(new CliError(code, "m").exitCode).toBe(exitCodeOfApi(code));
  expect(new CliError("Ambiguous", "m").exitCode).toBe(EXIT.usage);
});

test("what can be done is told where the code alone would mislead", () => {
  const rule = "CreateChannel: both devices need the label";
  reportFailure(new AranyaError("NotAuthorised", rule, { rule }), false);
  const itself = "this device itself answers there";
  reportFailure(new AranyaError("PeerRefused", itself, { reason: itself }), false);
  const reason = "cannot listen on 0.0.0.0:4321: EADDRINUSE";
  reportFailure(new AranyaError("InvalidArgument", reason, { field: "sync.listen", reason }), false);
  reportFailure(new AranyaError("UnknownName", "it has none", { deviceId: "x" }), false);
  const wrong = { field: "netIdentifier", reason: "must be a name" };
  reportFailure(new AranyaError("InvalidArgument", "netIdentifier: must be a name", wrong), false);
  expect(said).toEqual([
    `aranya-edge: ${rule} (NotAuthorised)`,
    expect.stringContaining("aranya-edge label list"),
    `aranya-edge: ${itself} (PeerRefused)`,
    "  → give the address of another device",
    `aranya-edge: ${reason} (InvalidArgument)`,
    expect.stringContaining("ss -lntup"),
    "aranya-edge: it has none (UnknownName)",
    expect.stringContaining("aranya-edge net assign"),
    "aranya-edge: network name: must be a name (InvalidArgument)",
    "  → correct the network name, and try again",
  ]);
});

test("what is no error of the API: the command line's own, a file's, a bug", () => {
  expect(reportFailure(new CliError("NotConfirmed", "no", undefined, EXIT.declined), false)).toBe(2);
  expect(said.splice(0)).toEqual(["aranya-edge: no (NotConfirmed)"]);
  const noFile = Object.assign(new Error("ENOENT: x"), { code: "ENOENT", syscall: "open" });
  expect(reportFailure(noFile, false)).toBe(EXIT.osFile);
  expect(reportFailure(new TypeError("oops"), false)).toBe(EXIT.software);
  expect(said.join("\n")).toContain("report it");
});
