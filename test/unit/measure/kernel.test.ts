import { expect, test } from "vitest";
import {
  bytesAt,
  findCgroup,
  mountOf,
  parseCgroupBytes,
  parseCpuModel,
  parseIo,
  parseMemory,
  parseMounts,
  parseOsRelease,
  parseSchedstat,
  parseStat,
} from "../../../src/measure/kernel.ts";

const ROLLUP = `00400000-7ffe7a32b000 ---p 00000000 00:00 0                          [rollup]
Rss:               54321 kB
Pss:                 203 kB
Pss_Anon:            112 kB
Anonymous:          9000 kB
AnonHugePages:         7 kB
`;
const STATUS =
  "Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t   60000 kB\nVmRSS:\t   54000 kB\nRssAnon:\t    8900 kB\n";

test("memory is read by name, the peak from another file", () => {
  expect(parseMemory(ROLLUP, STATUS)).toEqual({
    rss: 54321 * 1024,
    pss: 203 * 1024,
    anonymous: 9000 * 1024,
    peak: 60000 * 1024,
  });
});

test("an old kernel without smaps_rollup tells less, one without either nothing", () => {
  expect(parseMemory("", STATUS)).toEqual({ rss: 54000 * 1024, anonymous: 8900 * 1024, peak: 60000 * 1024 });
  expect(parseMemory("", "VmRSS:\t 10 kB\n")).toEqual({ rss: 10 * 1024 });
  expect(parseMemory("", "")).toBeUndefined();
});

test("the peak is never below what is resident now", () => {
  expect(parseMemory(ROLLUP, "VmHWM:\t 1 kB\n")?.peak).toBe(54321 * 1024);
});

test("a name is the whole name, and only numbers are taken", () => {
  expect(bytesAt(ROLLUP, "Pss")).toBe(203 * 1024);
  expect(bytesAt(ROLLUP, "ss")).toBeUndefined();
  expect(bytesAt("Rss: many kB\n", "Rss")).toBeUndefined();
  expect(bytesAt("Rss: 1 MB\n", "Rss")).toBeUndefined();
});

test("of /proc/PID/io only what reached storage counts", () => {
  const text =
    "rchar: 6976\nwchar: 12\nsyscr: 10\nsyscw: 1\nread_bytes: 512\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n";
  expect(parseIo(text)).toEqual({ written: 4096, read: 512 });
  expect(parseIo("rchar: 1\n")).toBeUndefined();
});

test("processor time: nanoseconds of a thread, ticks of a process whose name is hostile", () => {
  expect(parseSchedstat("1500000 22 3\n")).toBe(1500);
  expect(parseSchedstat("")).toBeUndefined();
  expect(parseStat(`7 (a) R 1 ) x) S 1 7 7 0 -1 4194304 1 2 3 4 250 50 0 0 20 0 11 0 100`)).toBe(3_000_000);
  expect(parseStat("")).toBeUndefined();
});

const V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const V1_MOUNTS = `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test("the group of version 2 is the line without a controller", () => {
  expect(findCgroup("0::/system.slice/aranya-edge.service\n", V2_MOUNT)).toEqual({
    version: 2,
    directory: "/sys/fs/cgroup/system.slice/aranya-edge.service",
  });
  expect(findCgroup("0::/\n", V2_MOUNT)).toEqual({ version: 2, directory: "/sys/fs/cgroup" });
});

test("where both are mounted the memory controller of version 1 has the numbers", () => {
  const cgroup = "9:name=systemd:/\n4:memory:/a/b\n3:cpu,cpuacct:/a\n0::/\n";
  expect(findCgroup(cgroup, V1_MOUNTS)).toEqual({ version: 1, directory: "/sys/fs/cgroup/memory/a/b" });
});

test("in a container the mount begins inside the hierarchy", () => {
  const mount = V2_MOUNT.replace("0:26 /", "0:26 /docker/1234");
  expect(findCgroup("0::/docker/1234/app\n", mount)?.directory).toBe("/sys/fs/cgroup/app");
  expect(findCgroup("0::/docker/1234\n", mount)?.directory).toBe("/sys/fs/cgroup");
});

test("no group where nothing is mounted or named", () => {
  expect(findCgroup("", V2_MOUNT)).toBeUndefined();
  expect(findCgroup("0::/x\n", "")).toBeUndefined();
});

test("no limit is no number, in either version's words", () => {
  expect(parseCgroupBytes("4128460800\n")).toBe(4128460800);
  expect(parseCgroupBytes("max\n")).toBeUndefined();
  expect(parseCgroupBytes("9223372036854771712\n")).toBeUndefined();
  expect(parseCgroupBytes("")).toBeUndefined();
});

test("a path lies on the nearest mount above it, of two on one point the later, with blanks in its name", () => {
  const mounts = parseMounts(
    [
      "1 0 8:1 / / rw - ext4 /dev/root rw",
      "2 1 0:5 / /tmp rw shared:1 - tmpfs tmp rw",
      "3 1 8:2 / /mnt/my\\040data rw - vfat /dev/sda1 rw",
      "4 1 8:3 / /mnt/my\\040data rw - f2fs /dev/mmcblk0p3 rw",
      "not a mount",
    ].join("\n"),
  );
  expect(mounts).toHaveLength(4);
  expect(mountOf("/tmp/x", mounts)?.type).toBe("tmpfs");
  expect(mountOf("/tmpx", mounts)?.type).toBe("ext4");
  expect(mountOf("/mnt/my data/a", mounts)?.source).toBe("/dev/mmcblk0p3");
  expect(mountOf("/tmp", [])).toBeUndefined();
});

test("what processors and systems call themselves", () => {
  expect(
    parseCpuModel("processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nHardware\t: BCM2835\n"),
  ).toBe("ARMv7 Processor rev 4 (v7l)");
  expect(parseCpuModel("processor\t: 0\nModel\t\t: Raspberry Pi 4\n")).toBe("Raspberry Pi 4");
  expect(parseCpuModel("")).toBeUndefined();
  expect(parseOsRelease('NAME="x"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe(
    "Debian GNU/Linux 12 (bookworm)",
  );
  expect(parseOsRelease("PRETTY_NAME=Buildroot\n")).toBe("Buildroot");
});
