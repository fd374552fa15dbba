/** Unreliable channels of an application that stops reading for a while: what was dropped for it is not held against them. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { ChannelId } from "../../../src/base/ids.ts";
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
import { teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const LABEL = "telemetry";
const CHANNELS = 8;
/** Less than a channel's window. */
const BURST = 1000;

const ignore = (): undefined => undefined;
const log = { error: ignore, warn: ignore, info: ignore, debug: ignore, setLevel: ignore };

const world = teamOf(["owner", "user", "user"]);
const [owner, left, right] = world.devices as [WorldDevice, WorldDevice, WorldDevice];
owner.actions.createLabel(LABEL);

/** An application that reads when it likes. */
class Client {
  reads = true;
  readonly channels: ChannelId[] = [];
  readonly got: Uint8Array[] = [];
  readonly connection = {
    signal: new AbortController().signal,
    channelGone: ignore,
    deliver: (_channel: ChannelMeta, bytes: Uint8Array) => {
      if (this.reads) this.got.push(bytes);
      return this.reads;
    },
  } as unknown as IpcConnection;
}

const running: ChannelService[] = [];
afterEach(() => Promise.all(running.splice(0).map((service) => service.close())));

async function started(device: WorldDevice, port: number): Promise<ChannelService> {
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
    clock: systemClock,
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

test("[AFC-11] a window that messages dropped for want of room had taken is whole again", async () => {
  const ports = [await freePort(), await freePort()] as const;
  for (const [i, device] of [left, right].entries()) {
    owner.actions.assignLabel(device.id, LABEL);
    owner.actions.assignNetworkName(device.id, `127.0.0.1:${ports[i]!}`);
  }
  const near = await started(left, ports[0]);
  const far = await started(right, ports[1]);
  const sender = new Client();
  const reader = new Client();
  far.listenFor(reader.connection);
  const ids: ChannelId[] = [];
  for (let i = 0; i < CHANNELS; i++) {
    const params = {
      teamId: world.teamId,
      netIdentifier: `127.0.0.1:${ports[1]}`,
      label: LABEL,
      delivery: "unreliable" as const,
      timeoutMs: 10_000,
    };
    ids.push(await near.create(params, sender.connection));
  }
  const burst = async (channelId: ChannelId): Promise<void> => {
    for (let i = 0; i < BURST; i++) {
      const message = {
        type: "sendData" as const,
        id: i,
        channelId,
        timeoutMs: 10_000,
        bytes: Uint8Array.of(i >> 8, i),
      };
      await near.send(message, sender.connection);
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
  for (const id of ids) {
    reader.reads = false;
    await burst(id);
    expect(await resume()).toBeGreaterThan(BURST * 0.9);
    // And what had to wait keeps no more in memory than itself.
    const own = reader.got.filter((bytes) => bytes.buffer.byteLength === bytes.length);
    expect(own.length).toBeGreaterThan(BURST * 0.9);
  }
}, 60_000);
