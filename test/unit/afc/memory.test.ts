import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Net, Peer } from "./harness.ts";

const CHANNELS = 500;
/** Of what is alive: the kernel's figure for the process depends on when garbage is collected. */
const BYTES_MAX = 8000;

/** Both ends, long idle. */
function idle(): Peer[] {
  const limits = {
    channelsPerPeerMax: CHANNELS,
    handshakesPendingPerDeviceMax: CHANNELS,
    handshakesPerSecondMax: 1e6,
  };
  const peers = [1, 2].map((n) => new Peer(n, { suite: nodeSuite(), limits }));
  const net = new Net(peers, () => [1]);
  for (let i = 0; i < CHANNELS; i++) {
    net.connect(peers[0]!, peers[1]!, { payload: new Uint8Array(200) });
    if (i % 50 === 49) net.run(50);
  }
  net.run(30_000);
  for (const peer of peers) peer.events.length = 0;
  return peers;
}

test("an idle channel keeps less than 8 kB", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const alive = (): number => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  idle(); // the code itself
  const before = alive();
  const peers = idle();
  const bytes = (alive() - before) / (2 * CHANNELS);
  expect(peers.map((peer) => peer.endpoint.channelCount)).toEqual([CHANNELS, CHANNELS]);
  expect(bytes).toBeLessThan(BYTES_MAX);
  expect(bytes).toBeGreaterThan(1000); // it was looked at
});
