import { expect, test } from "vitest";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { ChannelId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { OwnedChannels } from "../../../src/daemon/owned-channels.ts";
import type { OwnedChannel } from "../../../src/daemon/owned-channel.ts";
import type { IpcConnection } from "../../../src/io/ipc-connection.ts";

const owner = {} as unknown as IpcConnection;
const other = {} as unknown as IpcConnection;

function channel(n: number): OwnedChannel {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, n);
  return { id: idFromBytes<ChannelId>(bytes), handle: n, owner } as OwnedChannel;
}

const codeOf = (ask: () => unknown): unknown => {
  try {
    return ask();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test("a channel is its owner's, found by id and handle until it is removed", () => {
  const channels = new OwnedChannels();
  const mine = channel(1);
  channels.add(mine);
  expect(channels.owned(mine.id, owner)).toBe(mine);
  expect(channels.atHandle(1)).toBe(mine);
  expect(codeOf(() => channels.owned(mine.id, other))).toBe("UnknownChannel");
  for (const each of channels.all()) channels.remove(each);
  expect(channels.all()).toEqual([]);
  expect(channels.atHandle(1)).toBeUndefined();
  expect(codeOf(() => channels.owned(mine.id, owner))).toBe("UnknownChannel");
});

test("why a channel closed is told of the last channelsRememberedMax, and of none before", () => {
  const channels = new OwnedChannels();
  const closed = Array.from({ length: LIMITS.channelsRememberedMax + 1 }, (_, i) => channel(i));
  for (const each of closed) {
    channels.add(each);
    channels.remove(each, "deleted");
  }
  const [first, second] = closed;
  expect(codeOf(() => channels.owned(first!.id, owner))).toBe("UnknownChannel");
  expect(codeOf(() => channels.owned(second!.id, owner))).toBe("ChannelClosed");
  expect(codeOf(() => channels.owned(closed.at(-1)!.id, owner))).toBe("ChannelClosed");
});
