import { COLUMNS, wrapped, wrappedCommand } from "../base/wrap.ts";
import { FULL, QUICK, RESERVE_BYTES, TIME_MAX_S, diskNeeded } from "./options.ts";
import { SECTIONS } from "./sections.ts";

const MIB = 2 ** 20;
const mib = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`;
const seconds = (ms: number): string => `${ms / 1000}`;

/** For completions and the manual, too. */
export const MEASURE_OPTIONS: readonly (readonly [flag: string, text: string])[] = [
  [
    "--work-dir DIR",
    "where to make that directory, on the storage to be measured; default: TMPDIR, else /tmp",
  ],
  ["--json", "the report as JSON on stdout, in place of the summary"],
  ["--html FILE", "the report as one page, to be mailed and read anywhere"],
  ["--quick", "less of everything, under a minute; shows what is grossly wrong"],
  ["--only PART", "that part alone, of those below; may be repeated"],
  [
    "--idle SECONDS",
    `how long an idle daemon is watched; default ${seconds(FULL.idleMs)}, with --quick ${seconds(QUICK.idleMs)}`,
  ],
  [
    "--time-max SECONDS",
    `ends by then, with what there is; default ${TIME_MAX_S.full}, with --quick ${TIME_MAX_S.quick}`,
  ],
  [
    "--disk-max MIB",
    `refuses if it would need more; default: what it needs, ${mib(diskNeeded(FULL, SECTIONS))}, with --quick ` +
      `${mib(diskNeeded(QUICK, SECTIONS))}. Beside that ${mib(RESERVE_BYTES)} have to stay free`,
  ],
  ["--launcher PROGRAM", "starts the executable, for emulators: a program and its arguments"],
  ["--compare", "reports of several devices, side by side"],
  ["--help", "say how it is used"],
];

const EXAMPLES = [
  "measure --html report.html",
  "measure --quick --work-dir /var/lib",
  "measure --only start --json > report.json",
  'measure --quick --launcher "qemu-arm-static -L /usr/arm-linux-gnueabihf"',
  "measure --compare --html fleet.html a.json b.json c.json",
];

/** What `measure --help` says, and its manual page in fewer columns. */
export function help(columns = COLUMNS): string {
  const rows = (of: readonly (readonly [string, string])[]): string =>
    of.map(([name, text]) => `  ${name.padEnd(18)}  ${wrapped(text, 22, 22, columns)}`).join("\n");
  const paragraph = (text: string): string => wrapped(text, 0, 0, columns);
  return `Usage: aranya-edge measure [options]
       aranya-edge measure --compare [--html FILE] REPORT.json …

${paragraph(
  "Measures what the product costs on this device, and what the device gives it. Starts daemons of its own on the loopback " +
    "address, in a directory of its own, and removes it all again. It touches no daemon that runs and nothing of its state. " +
    "About four minutes.",
)}

Options:
${rows(MEASURE_OPTIONS)}

Parts:
${rows(SECTIONS.map(({ name, what }) => [name, what]))}

${paragraph(
  "Exit codes: 0 all measured, 1 something could not be (the report says what), 64 bad usage, 65 no report, 70 failed, 71 a " +
    "file or directory cannot be used, 75 too little space or memory, 129, 130, 143 stopped by a signal.",
)}

Examples:
${EXAMPLES.map((example) => `  ${wrappedCommand(`aranya-edge ${example}`, 2, columns)}`).join("\n")}
`;
}
