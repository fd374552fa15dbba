/** The core: `AfcEndpoint` on a UDP socket, driven as the daemon drives it, with the application in the same process. */
import { probePlatform } from "../../../platform/platform.ts";
import type { AfcEvent, Delivery } from "../../../src/afc/index.ts";
import { fromHex, toHex } from "../../../src/base/bytes.ts";
import type { DeviceId } from "../../../src/base/ids.ts";
import { after } from "../../../src/base/time.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { AfcHost } from "../../../src/daemon/afc-host.ts";
import { systemClock as clock } from "../../../src/io/clock.ts";
import { hasAesInstructions } from "../../../src/io/cpu.ts";
import { systemEntropy as entropy } from "../../../src/io/entropy.ts";
import { freePort } from "../../support/daemon-process.ts";
import { Counter, PingPong } from "../lib/meters.ts";
import { serve } from "../lib/peer.ts";

const MESSAGE_TIMEOUT_MS = 60_000;

const platform = probePlatform(); // plain where the environment says so
const suite = nodeSuite(platform.aeads);
const keys = deviceKeysFrom(suite, {
  identitySecret: entropy.bytes(32),
  signingSecret: entropy.bytes(32),
  encryptionSecret: entropy.bytes(32),
});
const counter = new Counter();
const host = new AfcHost({
  suite,
  clock,
  entropy,
  onEvent,
  segments: platform.segmentSockets,
  prefersAes: hasAesInstructions(),
});
const opened = new Map<number, () => void>();
const pingPong = new PingPong((message) => {
  send(message);
  host.planDrain();
});
let handle = 0;
let payload = new Uint8Array(0);
let echoes = false;
let sending = false;
let unsettled = 0;

function onEvent(event: AfcEvent): void {
  switch (event.kind) {
    case "request":
      host.endpoint.accept(event.request, clock.now());
      break;
    case "opened":
      opened.get(event.handle)?.();
      break;
    case "message":
      counter.count++;
      host.endpoint.consumed(event.handle, 1);
      if (echoes) host.endpoint.send(event.handle, event.bytes, after(clock.now(), MESSAGE_TIMEOUT_MS));
      else pingPong.answered(event.bytes);
      break;
    case "sent":
      break;
    case "acknowledged":
    case "expired":
      unsettled--;
      if (sending) send(payload);
      break;
    default:
      throw new Error(`the channel ended: ${event.kind}`);
  }
}

/** False where the channel takes no more for now. */
function send(message: Uint8Array): boolean {
  const id = host.endpoint.send(handle, message, after(clock.now(), MESSAGE_TIMEOUT_MS));
  if (typeof id === "number") unsettled++;
  return typeof id === "number";
}

export interface CoreAddress {
  readonly port: number;
  readonly encryptionKey: string;
  readonly deviceId: DeviceId;
}

serve({
  listen: async (): Promise<CoreAddress> => {
    const port = await freePort();
    await host.listen({ host: "127.0.0.1", port }, keys);
    return { port, encryptionKey: toHex(keys.bundle.encryptionKey), deviceId: keys.deviceId };
  },
  /** The number of the channel. */
  connect: async ({ to, delivery }: { to: CoreAddress; delivery: Delivery }) => {
    const made = host.endpoint.connect(
      {
        peerEncryptionKey: fromHex(to.encryptionKey)!,
        peerDeviceId: to.deviceId,
        address: { host: "127.0.0.1", port: to.port },
        payload: new Uint8Array(0),
        delivery,
        timeoutMs: 10_000,
      },
      clock.now(),
    );
    await new Promise<void>((done) => {
      opened.set(made, done);
      host.drain();
    });
    return made;
  },
  start: ({ bytes, channel }: { bytes: number; channel: number }) => {
    payload = new Uint8Array(bytes).fill(1);
    handle = channel;
    sending = true;
    while (send(payload));
    host.planDrain();
  },
  stop: async () => {
    sending = false;
    while (unsettled > 0) await new Promise((done) => setTimeout(done, 1));
  },
  watch: ({ ms }: { ms: number }) => counter.watch(ms),
  span: (until: { count?: number; ms?: number }) => counter.span(until),
  echo: ({ on }: { on: boolean }) => {
    echoes = on;
  },
  roundTrips: ({ bytes, ms, channel }: { bytes: number; ms: number; channel: number }) => {
    handle = channel;
    return pingPong.run(bytes, ms);
  },
});
