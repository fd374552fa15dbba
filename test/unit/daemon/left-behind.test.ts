import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { LeftBehind } from "../../../src/daemon/left-behind.ts";

const MIB = 1024 * 1024;

function left(peer: string, bytes: number, length = 1, owner = "application") {
  return { owner: { owner }, inbox: { bytes, length }, binding: { peerDeviceId: peer } };
}

test("[AFC-12] a peer that leaves too much behind loses its own oldest, and nobody else's", () => {
  const behind = new LeftBehind<ReturnType<typeof left>>();
  const others = left("other", MIB);
  expect(behind.add(others)).toEqual([]);
  const first = left("peer", MIB);
  const second = left("peer", MIB / 2);
  expect(behind.add(first)).toEqual([]);
  expect(behind.add(second)).toEqual([]);
  expect(behind.add(left("peer", MIB))).toEqual([first]);
  expect(behind.delete(first)).toBe(false);
  expect(behind.delete(others)).toBe(true);
});

test("[AFC-12] what all leave behind is bounded, short messages by what each costs", () => {
  const behind = new LeftBehind<ReturnType<typeof left>>();
  const many = LIMITS.leftBehindBytesPerPeerMax / 256;
  const short = left("short", 0, many);
  expect(behind.add(short)).toEqual([short]);
  const each = LIMITS.leftBehindBytesPerPeerMax - 256 - 4096;
  const peers = LIMITS.leftBehindBytesMax / LIMITS.leftBehindBytesPerPeerMax;
  for (let i = 0; i < peers; i++) expect(behind.add(left(`peer ${i}`, each))).toEqual([]);
  const late = left("late", MIB);
  expect(behind.add(late)).toEqual([late]);
});

test("what is taken, or forgotten, makes room; many channels count although they hold little", () => {
  const behind = new LeftBehind<ReturnType<typeof left>>();
  const most = LIMITS.leftBehindBytesPerPeerMax / (4096 + 256);
  const all = Array.from({ length: 2 * Math.floor(most) }, () => left("peer", 0));
  const forgotten = all.flatMap((channel) => behind.add(channel));
  expect(forgotten).toEqual(all.slice(0, all.length - Math.floor(most)));
  for (const channel of all.slice(forgotten.length)) expect(behind.delete(channel)).toBe(true);
  expect(behind.add(left("peer", LIMITS.leftBehindBytesPerPeerMax - 4096 - 256))).toEqual([]);
});

test("all of them are found, one by one deleted meanwhile", () => {
  const behind = new LeftBehind<ReturnType<typeof left>>();
  const all = [left("peer", 10), left("other", 10), left("peer", 10)];
  for (const channel of all) behind.add(channel);
  const found = behind.all();
  expect(new Set(found)).toEqual(new Set(all));
  for (const channel of found) expect(behind.delete(channel)).toBe(true);
  expect(behind.all()).toEqual([]);
});
