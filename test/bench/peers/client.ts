/** The whole: an application with the client library, on the socket of a daemon. */
import { Client } from "../../../src/client/index.ts";
import type { ChannelId, ChannelOptions, TeamId } from "../../../src/client/index.ts";
import { Counter, PingPong } from "../lib/meters.ts";
import { serve } from "../lib/peer.ts";

/** What the client lets an application have in flight before it waits. */
const IN_FLIGHT = 256;
const MESSAGE_TIMEOUT_MS = 60_000;

let client: Client;
let payload = new Uint8Array(0);
let channelId: ChannelId;
let echoes = false;
let senders: Promise<unknown> = Promise.resolve();
let sending = false;
const counter = new Counter();
const pingPong = new PingPong((message) => {
  void send(message, channelId);
});

async function send(message: Uint8Array, channel: ChannelId): Promise<void> {
  if (!(await client.sendData(message, channel, MESSAGE_TIMEOUT_MS))) throw new Error("not acknowledged");
}

async function sendOn(): Promise<void> {
  while (sending) await send(payload, channelId);
}

async function read(): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    if (!(await client.pollData(MESSAGE_TIMEOUT_MS))) continue;
    const received = client.readData(buffer);
    counter.count++;
    if (echoes) void send(buffer.slice(0, received.length), received.channelId);
    else pingPong.answered(buffer.subarray(0, received.length));
  }
}

serve({
  attach: async ({ socketPath }: { socketPath: string }) => {
    client = await Client.connect({ socketPath });
    await client.pollData(0); // registers for incoming channels
    void read();
  },
  connect: async (o: { teamId: TeamId; name: string; label: string; delivery: ChannelOptions["delivery"] }) =>
    client.createChannel(o.teamId, o.name, o.label, { delivery: o.delivery }),
  start: ({ bytes, channel }: { bytes: number; channel: ChannelId }) => {
    payload = new Uint8Array(bytes).fill(1);
    channelId = channel;
    sending = true;
    senders = Promise.all(Array.from({ length: IN_FLIGHT }, sendOn));
  },
  stop: async () => {
    sending = false;
    await senders;
  },
  watch: ({ ms }: { ms: number }) => counter.watch(ms),
  span: (until: { count?: number; ms?: number }) => counter.span(until),
  echo: ({ on }: { on: boolean }) => {
    echoes = on;
  },
  roundTrips: ({ bytes, ms, channel }: { bytes: number; ms: number; channel: ChannelId }) => {
    channelId = channel;
    return pingPong.run(bytes, ms);
  },
});
