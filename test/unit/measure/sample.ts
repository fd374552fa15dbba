import { FORMAT, FORMAT_VERSION } from "../../../src/measure/report.ts";
import type { Figure, MachineFacts, Report } from "../../../src/measure/report.ts";
import { QUANTILES } from "../../../src/measure/statistics.ts";

const MACHINE: MachineFacts = {
  host: "board-7",
  arch: "arm",
  cpu: "ARMv7 Processor rev 4 (v7l)",
  cores: 4,
  kernel: "Linux 5.10.0",
  system: "Debian GNU/Linux 12 (bookworm)",
  memoryBytes: 256e6,
  memoryAvailableBytes: 120e6,
  loadBefore: 0.2,
  loadAfter: 1.1,
  fileSystem: "ext4",
  device: "/dev/mmcblk0p2",
  freeBytes: 900e6,
  cgroup: "v2",
  cgroupBytes: 40e6,
  cgroupLimitBytes: 0,
  emulator: "",
};

const FIGURES: readonly Figure[] = [
  {
    id: "disk/executable",
    value: 88e6,
    unit: "B",
    what: "the executable",
    verdict: "good",
    rule: "good up to 90 MB",
  },
  { id: "memory/team/anonymous", value: 17e6, unit: "B", what: "one team: not backed by a file", floor: 9e6 },
  { id: "memory/team/pss", value: 40e6, unit: "B", what: "one team: shared in parts" },
  { id: "memory/team/rss", value: 60e6, unit: "B", what: "one team: shared in full" },
  { id: "memory/team/peak", value: 61e6, unit: "B", what: "one team: the most" },
  { id: "memory/channels-1000/rss", value: 90e6, unit: "B", what: "1000 channels: shared in full" },
  {
    id: "storage/append/p50",
    value: 12,
    unit: "ms",
    what: "320 B appended: median",
    verdict: "fair",
    rule: "good up to 10 ms",
    quantiles: QUANTILES.map((q) => 8 + 10 * q),
  },
  { id: "storage/append/p99", value: 80, unit: "ms", what: "320 B appended: tail", verdict: "poor" },
  { id: "storage/sequential-write", value: 9e6, unit: "B/s", what: "64 MiB written" },
  { id: "cpu/idle", value: 0.05, unit: "%", what: "idle", verdict: "good" },
  { id: "cpu/datagram/sent", value: 210.5, unit: "us", what: "a datagram sent" },
  {
    id: "start/answer",
    value: 2700,
    unit: "ms",
    what: "to first answer",
    floor: 1900,
    note: "floor: --version",
  },
];

/** As a device would send it. */
export function sampleReport(changes: Partial<Report> = {}, machine: Partial<MachineFacts> = {}): Report {
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    startedAt: Date.UTC(2026, 10, 27, 12, 0),
    seconds: 301.5,
    quick: false,
    product: { version: "0.1.0", commit: "0123456789ab", node: "v20.11.0", kind: "executable", bytes: 88e6 },
    machine: { ...MACHINE, ...machine },
    figures: FIGURES,
    skipped: [],
    notes: [],
    ...changes,
  };
}

/** Every text of it is out to break out of where it is shown. */
export function hostileReport(): Report {
  const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&\u001b[2J\u202e</style>`;
  const sample = sampleReport();
  return {
    ...sample,
    product: { ...sample.product, version: evil, commit: evil, node: evil },
    machine: {
      ...sample.machine,
      host: evil,
      arch: evil,
      cpu: evil,
      kernel: evil,
      system: evil,
      fileSystem: evil,
      device: evil,
      cgroup: evil,
      emulator: evil,
    },
    figures: sample.figures.map((f) => ({ ...f, what: evil, rule: evil, note: evil })),
    skipped: [{ what: evil, reason: evil }],
    notes: [evil],
  };
}
