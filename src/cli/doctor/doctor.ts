/** `aranya-edge doctor`: one line a check, worst thing decides how it ends. */
import { EXIT } from "../exit-codes.ts";
import { toJson } from "../terminal.ts";
import { versionReport } from "../version.ts";
import type { Check, Status } from "./check.ts";
import { fail } from "./check.ts";
import { checkConfig } from "./config.ts";
import { checkEnvironment } from "./environment.ts";
import { checkSocketPath, checkWorkDirectory } from "./files.ts";
import { checkLibraries } from "./libraries.ts";
import { checkListening } from "./listening.ts";
import { checkSystem } from "./system.ts";

export interface DoctorOptions {
  readonly workDir: string;
  readonly socketPath: string;
  readonly configPath: string | undefined;
  readonly json: boolean;
}

/** Resolves with the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const checks = await examine(options);
  const worst = worstOf(checks);
  if (options.json) {
    console.log(toJson({ schema: "doctor/1", version: 1, worst, executable: versionReport(), checks }));
  } else {
    for (const check of checks) console.log(lineOf(check));
    console.log(summaryOf(checks));
  }
  return worst === "fail" ? EXIT.failed : EXIT.ok;
}

async function examine({ workDir, socketPath, configPath }: DoctorOptions): Promise<Check[]> {
  const { checks: ofConfig, listen } = checkConfig(configPath);
  return [
    ...guarded("libraries", checkLibraries),
    ...guarded("system", checkSystem),
    ...guarded("environment", () => checkEnvironment(process.env)),
    ...ofConfig,
    ...guarded("work-dir", () => checkWorkDirectory(workDir)),
    ...guarded("socket", () => checkSocketPath(socketPath)),
    ...(await checkListening(listen)),
  ];
}

/** A check that cannot be made is a finding too, and the others go on. */
function guarded(name: string, check: () => Check[]): Check[] {
  try {
    return check();
  } catch (error) {
    return [
      fail(name, `cannot be checked: ${String(error)}`, "is /proc mounted? If it is, please report this"),
    ];
  }
}

function worstOf(checks: readonly Check[]): Status {
  const statuses = checks.map((check) => check.status);
  return (["fail", "warn"] as const).find((status) => statuses.includes(status)) ?? "ok";
}

function lineOf({ name, status, found, remedy }: Check): string {
  const line = `${status.padEnd(5)} ${name.padEnd(12)} ${found}`;
  return remedy === undefined ? line : `${line}\n${" ".repeat(19)}→ ${remedy}`;
}

function summaryOf(checks: readonly Check[]): string {
  const count = (status: Status): number => checks.filter((check) => check.status === status).length;
  return `\n${checks.length} checks: ${count("fail")} failed, ${count("warn")} warned`;
}
