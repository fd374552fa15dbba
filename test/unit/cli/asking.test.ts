/** Whom a command means, and whether somebody wants it. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { toBase58 } from "../../../src/base/base58.ts";
import type { Client, DeviceId, DeviceInfo, TeamId } from "../../../src/client/index.ts";
import { CliError } from "../../../src/cli/failure.ts";
import { isLastOwner, resolveDevice, resolvePeerName, resolveTeam } from "../../../src/cli/resolve.ts";
import { confirm } from "../../../src/cli/session.ts";

const id = (...first: number[]): string => toBase58(Uint8Array.from({ length: 32 }, (_, i) => first[i] ?? 7));
const TEAMS = [id(1, 2), id(1, 2, 3, 4, 5, 6, 8), id(200)] as TeamId[];
const [near, twin, far] = [id(9, 9, 9, 9, 9, 1), id(9, 9, 9, 9, 9, 2), id(77)] as [
  DeviceId,
  DeviceId,
  DeviceId,
];

function device(deviceId: DeviceId, commonName: string, netIdentifier?: string): DeviceInfo {
  const keyBundle = {} as DeviceInfo["keyBundle"];
  return { deviceId, commonName, role: "user", labels: [], keyBundle, netIdentifier };
}

function client(devices: DeviceInfo[], teams = TEAMS): Client {
  return {
    teams: () => Promise.resolve(teams),
    devices: () => Promise.resolve(devices),
    getDeviceId: () => Promise.resolve(near),
  } as unknown as Client;
}

const team = TEAMS[0]!;
const refused = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.catch((e: unknown) => e);
  if (error instanceof CliError) return error.code;
  throw new Error(`not refused: ${String(error)}`);
};

test("a team: the only one, a full id, or a beginning that fits one", async () => {
  const some = client([]);
  expect(await resolveTeam(client([], [team]), undefined)).toBe(team);
  expect(await resolveTeam(some, TEAMS[2]!.slice(0, 4))).toBe(TEAMS[2]);
  expect(await resolveTeam(some, TEAMS[1])).toBe(TEAMS[1]);
  expect(await resolveTeam(some, far)).toBe(far);
  expect(await refused(resolveTeam(some, undefined))).toBe("Ambiguous");
  expect(await refused(resolveTeam(client([], []), undefined))).toBe("UnknownTeam");
  expect(await refused(resolveTeam(some, TEAMS[2]!.slice(0, 3)))).toBe("UnknownTeam");
  expect(TEAMS[0]!.slice(0, 2)).toBe(TEAMS[1]!.slice(0, 2));
});

test("a device: by name, by id, by how it begins, or self; never by a guess", async () => {
  const some = client([device(near, "near"), device(twin, "twin"), device(far, "far away")]);
  expect(await resolveDevice(some, team, "far away")).toBe(far);
  expect(await resolveDevice(some, team, far.slice(0, 5))).toBe(far);
  expect(await resolveDevice(some, team, "self")).toBe(near);
  expect(near.slice(0, 5)).toBe(twin.slice(0, 5));
  expect(await refused(resolveDevice(some, team, near.slice(0, 5)))).toBe("Ambiguous");
  for (const wrong of ["far", "Near", "", far.slice(0, 3), `${far}1`]) {
    expect(await refused(resolveDevice(some, team, wrong))).toBe("UnknownDevice");
  }
});

test("names chosen to be mistaken for another device are refused, and never outdo an id", async () => {
  // The last three are called like the first's id, its beginning, and its name.
  const evil = client([
    device(near, "pump", "10.0.0.1"),
    device(id(50) as DeviceId, near),
    device(id(51) as DeviceId, near.slice(0, 8), "10.0.0.3"),
    device(id(52) as DeviceId, "pump", "10.0.0.4"),
    device(id(53) as DeviceId, "10.0.0.1", "10.0.0.5"),
    device(id(54) as DeviceId, "self"),
  ]);
  expect(await resolveDevice(evil, team, near)).toBe(near);
  expect(await resolveDevice(evil, team, "self")).toBe(near);
  expect(await refused(resolveDevice(evil, team, near.slice(0, 8)))).toBe("Ambiguous");
  expect(await refused(resolveDevice(evil, team, "pump"))).toBe("Ambiguous");
  expect(await resolvePeerName(evil, team, near)).toBe("10.0.0.1");
  for (const name of ["pump", "10.0.0.1", near.slice(0, 8)]) {
    expect(await refused(resolvePeerName(evil, team, name))).toBe("Ambiguous");
  }
  expect(await resolvePeerName(evil, team, "10.0.0.4")).toBe("10.0.0.4");
  expect(await refused(resolvePeerName(evil, team, id(54)))).toBe("UnknownName");
});

test("the last owner is the last one", async () => {
  const owner = (deviceId: DeviceId): DeviceInfo => ({ ...device(deviceId, "o"), role: "owner" });
  expect(await isLastOwner(client([owner(near), device(far, "x")]), team, near)).toBe(true);
  expect(await isLastOwner(client([owner(near), device(far, "x")]), team, far)).toBe(false);
  expect(await isLastOwner(client([owner(near), owner(far)]), team, near)).toBe(false);
});

function terminal(reply: string | undefined, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  if (reply === undefined) input.end();
  else input.write(reply);
  return { input, output };
}

test.each(["y\n", "yes\n", "Y\n", " yes \n"])("asked on a terminal, %j goes on", async (reply) => {
  const { input, output } = terminal(reply);
  await confirm("all \u001b[2Jwill be lost", false, { input, output });
  output.end();
  const asked = (await output.toArray()).join("");
  expect(asked).toContain("all \\u{1b}[2Jwill be lost. Go on? [y/N]");
});

test.each(["n\n", "\n", "yess\n", "no\n", undefined])("asked on a terminal, %j does not", async (reply) => {
  expect(await refused(confirm("x", false, terminal(reply)))).toBe("NotConfirmed");
});

test("nobody is asked in a script: it has to have said --yes", async () => {
  expect(await refused(confirm("x", false, terminal("y\n", false)))).toBe("NotConfirmed");
  await confirm("x", true, terminal(undefined, false));
});
