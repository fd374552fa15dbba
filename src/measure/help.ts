import { FULL, QUICK, RESERVE_BYTES, TIME_MAX_S, diskNeeded } from "./options.ts";
import { SECTIONS } from "./sections.ts";

const MIB = 2 ** 20;
const mib = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`;

/** What `measure --help` says. */
export function help(): string {
  return `aranya-edge measure: what the product costs on this device, and what the device gives it

Usage:
  aranya-edge measure [options]
  aranya-edge measure --compare [--html FILE] REPORT.json …

Starts daemons of its own on the loopback address, in a directory of its own, and removes it all again. It touches no
daemon that runs and nothing of its state. About four minutes.

  --work-dir DIR      where to make that directory, on the storage to be measured; default: TMPDIR, else /tmp
  --json              the report as JSON on stdout, in place of the summary
  --html FILE         the report as one page, to be mailed and read anywhere
  --quick             less of everything, under a minute; shows what is grossly wrong
  --only PART         may be repeated:
${SECTIONS.map(({ name, what }) => `                        ${name.padEnd(9)} ${what}`).join("\n")}
  --idle SECONDS      how long an idle daemon is watched; default ${FULL.idleMs / 1000}, with --quick ${QUICK.idleMs / 1000}
  --time-max SECONDS  ends by then, with what there is; default ${TIME_MAX_S.full}, with --quick ${TIME_MAX_S.quick}
  --disk-max MIB      refuses if it would need more; default: what it needs, ${mib(diskNeeded(FULL, SECTIONS))}, with --quick ${mib(diskNeeded(QUICK, SECTIONS))}.
                      Beside that ${mib(RESERVE_BYTES)} have to stay free
  --launcher PROGRAM  starts the executable, for emulators: "qemu-arm-static -L DIR"
  --compare           reports of several devices, side by side

Exit codes: 0 all measured, 1 something could not be (the report says what), 64 bad usage, 65 no report,
70 failed, 71 a file or directory cannot be used, 75 too little space or memory, 129, 130, 143 stopped by a signal.
`;
}
