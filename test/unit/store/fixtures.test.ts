/** Files written by released versions, opened by this one. Release n adds a folder and edits none. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { AppendLog } from "../../../src/store/append-log.ts";
import { Keystore } from "../../../src/store/keystore.ts";
import { RECORD_BYTES_MAX } from "../../../src/store/log-format.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/store-v1");
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));

/** As the README beside the files says. */
const counting = (length: number, from: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);
const teamId = idFromBytes<TeamId>(counting(32, 0));
const records = [1, 2, 300, RECORD_BYTES_MAX].map((length, i) => counting(length, i));
const secrets = {
  identitySecret: counting(32, 0x20),
  signingSecret: counting(32, 0x40),
  encryptionSecret: counting(32, 0x60),
};

describe("store-v1", () => {
  test.each([
    ["log", 4, 0, undefined],
    ["log.torn", 2, 100, undefined],
    ["log.damaged", 2, 0, 2428],
  ])("[SYS-5] %s", (name, count, tornBytes, damagedBytes) => {
    const files = new FaultyFiles();
    files.makeDirectory("/team");
    files.put("/team/log", fixture(name));
    const log = AppendLog.open(files, "/team", teamId);
    expect([...log.load()]).toEqual(records.slice(0, count));
    expect(log.report.tornBytes).toBe(tornBytes);
    expect(log.report.damage?.bytes).toBe(damagedBytes);
  });

  test("[CLI-1] device.keys", () => {
    const files = new FaultyFiles();
    files.makeDirectory("/keystore");
    files.put("/keystore/device.keys", fixture("device.keys"));
    expect(new Keystore(files, "/keystore").open()).toEqual(secrets);
  });

  test("this version still writes the same bytes", () => {
    const files = new FaultyFiles();
    files.makeDirectory("/keystore");
    AppendLog.create(files, "/team", teamId, records).close();
    new Keystore(files, "/keystore").create(secrets);
    expect(files.contents("/team/log")).toEqual(fixture("log"));
    expect(files.contents("/keystore/device.keys")).toEqual(fixture("device.keys"));
  });
});
