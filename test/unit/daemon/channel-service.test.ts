/** Two daemons' channel services, on real sockets, with applications that are none. */
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { ReceiveWindows } from "../../../src/afc/receive-windows.ts";
import type { ChannelId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import type { Clock } from "../../../src/base/time.ts";
import { ChannelService } from "../../../src/daemon/channels.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import type { IpcConnection } from "../../../src/io/ipc-connection.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import type { ChannelMeta } from "../../../src/ipc/info.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { freePort } from "../../support/daemon-process.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { until } from "../../support/until.ts";
import { teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const LABEL = "telemetry";
const OTHER_LABEL = "log";
const CHANNELS = 8;
/** Less than the window of a first channel. */
const BURST = 1000;

const ignore = (): undefined => undefined;
const log = { error: ignore, warn: ignore, info: ignore, debug: ignore, record: ignore, setLevel: ignore };

const world = teamOf(["owner", "user", "user"]);
const [owner, left, right] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
owner.actions.createLabel(LABEL);
owner.actions.createLabel(OTHER_LABEL);

/** An application that reads when it likes. */
class Client {
  reads = true;
  /** In messages. */
  credit = Number.POSITIVE_INFINITY;
  readonly channels: ChannelId[] = [];
  readonly got: Uint8Array[] = [];
  gone = 0;
  readonly connection = {
    signal: new AbortController().signal,
    channelGone: () => {
      this.gone++;
    },
    flush: ignore,
    answerSend: (id: number) => this.#settle(id),
    refuseSend: (id: number) => this.#settle(id),
    deliver: (_channel: ChannelMeta, bytes: Uint8Array) => {
      if (!this.reads || this.credit === 0) return false;
      this.credit--;
      return this.got.push(bytes) > 0;
    },
  } as unknown as IpcConnection;
  readonly #sending = new Map<number, () => void>();

  /** Resolves with whatever becomes of it. */
  send(service: ChannelService, channelId: ChannelId, id: number, bytes: Uint8Array): Promise<void> {
    return new Promise((settled) => {
      this.#sending.set(id, settled);
      service.send({ type: "sendData", id, channelId, timeoutMs: 10_000, bytes }, this.connection);
      service.sendNow();
    });
  }

  #settle(id: number): void {
    this.#sending.get(id)?.();
    this.#sending.delete(id);
  }
}

const running: ChannelService[] = [];
afterEach(() => Promise.all(running.splice(0).map((service) => service.close())));

async function started(
  device: WorldDevice,
  port: number,
  clock: Clock = systemClock,
): Promise<ChannelService> {
  const { suite, teamId } = world;
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const teams = new Teams({ suite, entropy: systemEntropy, work, log });
  teams.add(teamId);
  teams.admit(
    teams.get(teamId),
    owner.commands().map((command) => command.bytes),
  );
  const service = new ChannelService({
    suite,
    clock,
    entropy: systemEntropy,
    log,
    teams,
    addresses: new AddressBook(),
    keys: () => device.keys,
    tell: ignore,
    refresh: () => Promise.resolve(),
  });
  running.push(service);
  await service.listen({ host: "127.0.0.1", port });
  return service;
}

/** Until no more comes. */
async function settled(look: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 5;) {
    same = look() === last ? same + 1 : 0;
    last = look();
    await sleep(50);
  }
}

/** And handled, as nothing. */
async function somethingSentTo(port: number): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((sent) => socket.send(Uint8Array.of(0), port, "127.0.0.1", () => sent()));
  socket.close();
  await sleep(50);
}

const ports = [await freePort(), await freePort()] as const;
for (const [i, device] of [left, right].entries()) {
  owner.actions.assignLabel(device.id, LABEL);
  owner.actions.assignLabel(device.id, OTHER_LABEL);
  owner.actions.assignNetworkName(device.id, `127.0.0.1:${ports[i]!}`);
}
const params = {
  teamId: world.teamId,
  netIdentifier: `127.0.0.1:${ports[1]}`,
  label: LABEL,
  timeoutMs: 10_000,
};

test("[AFC-11] a window that messages dropped for want of room had taken is whole again", async () => {
  const near = await started(left, ports[0]);
  const far = await started(right, ports[1]);
  const sender = new Client();
  const reader = new Client();
  far.listenFor(reader.connection);
  const ids: ChannelId[] = [];
  for (let i = 0; i < CHANNELS; i++) {
    ids.push(await near.create({ ...params, delivery: "unreliable" }, sender.connection));
  }
  const burst = async (channelId: ChannelId): Promise<void> => {
    for (let i = 0; i < BURST; i++) {
      await sender.send(near, channelId, i, Uint8Array.of(i >> 8, i));
      if (i % 50 === 49) await sleep(1);
    }
  };
  const resume = async (): Promise<number> => {
    await sleep(500); // what is still on its way by then is read at once, and counts
    reader.got.length = 0;
    reader.reads = true;
    far.deliverTo(reader.connection);
    await settled(() => reader.got.length);
    return reader.got.length;
  };

  // Far more than all of them may hold together.
  reader.reads = false;
  for (const id of ids) await burst(id);
  expect(await resume()).toBeLessThan(CHANNELS * BURST * 0.7);

  // Each alone may hold as much as ever.
  const windows = new ReceiveWindows(LIMITS);
  for (const id of ids) {
    const most = Math.min(BURST, windows.take("peer").messages);
    reader.reads = false;
    await burst(id);
    expect(await resume()).toBeGreaterThan(most * 0.9);
    // And what had to wait keeps no more in memory than itself.
    const own = reader.got.filter((bytes) => bytes.buffer.byteLength === bytes.length);
    expect(own.length).toBeGreaterThan(most * 0.9);
  }
}, 60_000);

test("[AFC-11] a peer that always has more leaves of an application's credit something to the others", async () => {
  const near = await started(left, ports[0]);
  const far = await started(right, ports[1]);
  const [sender, reader] = [new Client(), new Client()];
  far.listenFor(reader.connection);
  const busy = await near.create(params, sender.connection);
  const quiet = await near.create(params, sender.connection);
  reader.credit = 0;
  let id = 0;
  const send = (channelId: ChannelId, byte: number): Promise<void> =>
    sender.send(near, channelId, id++, Uint8Array.of(byte));
  const sent = Array.from({ length: 30 }, () => send(busy, 1));
  for (let i = 0; i < 3; i++) sent.push(send(quiet, 2));
  await Promise.all(sent); // the peer's daemon has them
  for (const expected of [2, 1]) {
    const more = Array.from({ length: 10 }, () => send(busy, 1));
    await Promise.all(more);
    reader.got.length = 0;
    reader.credit = 4;
    far.deliverTo(reader.connection);
    expect(reader.got.filter((bytes) => bytes[0] === 2)).toHaveLength(expected);
  }
  reader.credit = Number.POSITIVE_INFINITY;
  far.deliverTo(reader.connection);
  expect(reader.got).toHaveLength(4 + 30 + 20 + 3 - 8);
  far.deliverTo(reader.connection);
  expect(reader.got).toHaveLength(49);
}, 60_000);

test("[AFC-8] what a peer left behind before it lost its right, by closing first, is not handed out any more", async () => {
  const near = await started(left, ports[0]);
  const far = await started(right, ports[1]);
  const [sender, reader] = [new Client(), new Client()];
  far.listenFor(reader.connection);
  reader.credit = 0;
  let id = 0;
  const leaves = async (label: string): Promise<void> => {
    const channelId = await near.create({ ...params, label }, sender.connection);
    for (let i = 0; i < 3; i++) await sender.send(near, channelId, id++, Uint8Array.of(label.length, i));
    near.delete(world.teamId, channelId, sender.connection);
  };
  await leaves(LABEL);
  await leaves(OTHER_LABEL);
  await until(() => far.list().length === 0);
  const by = { commandId: owner.head(), author: owner.id };
  far.onTeamEvents(world.teamId, [{ type: "labelRevoked", deviceId: left.id, label: OTHER_LABEL, ...by }]);
  reader.credit = Number.POSITIVE_INFINITY;
  far.deliverTo(reader.connection);
  expect(reader.got.map((bytes) => [...bytes])).toEqual([0, 1, 2].map((i) => [LABEL.length, i]));
  expect(reader.gone).toBe(2);

  reader.credit = 0;
  await leaves(LABEL);
  await until(() => far.list().length === 0);
  far.closeTeam(world.teamId);
  reader.credit = Number.POSITIVE_INFINITY;
  far.deliverTo(reader.connection);
  expect(reader.got).toHaveLength(3);
  expect(reader.gone).toBe(3);
}, 60_000);

test("[AFC-12] a peer that asks in the very moment a daemon stops opens nothing, and the connections end as ever", async () => {
  let stopping: Promise<void> | undefined;
  let asked = false;
  let last = systemClock.now();
  // Each datagram is handled with the time: after the first it stops, before what that brought about is handed out. That waits
  // for the end of a turn when there was something to do just before, and from then on time stands still.
  const clock: Clock = {
    now: () => {
      if (asked) queueMicrotask(() => void (stopping ??= far.close()));
      else last = systemClock.now();
      return last;
    },
  };
  const near = await started(left, ports[0]);
  const far = await started(right, ports[1], clock);
  const [sender, reader] = [new Client(), new Client()];
  far.listenFor(reader.connection);
  await somethingSentTo(ports[1]);
  asked = true;
  await expect(near.create({ ...params, timeoutMs: 1000 }, sender.connection)).rejects.toMatchObject({
    code: "NoListener",
  });
  await stopping;
  expect(far.list()).toEqual([]);
  far.connectionClosed(reader.connection);
});
