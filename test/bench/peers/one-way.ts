/** What test/client-c/one-way.c is, with the TypeScript client. */
import { Client } from "../../../src/client/index.ts";
import type { ChannelId, TeamId } from "../../../src/client/index.ts";

/** What the client lets an application have in flight before it waits. */
const IN_FLIGHT = 256;
const TIMEOUT_MS = 60_000;

let began = 0;
let cpuBegan = process.cpuUsage();

function begin(): void {
  began = performance.now();
  cpuBegan = process.cpuUsage();
}

function end(count: number): void {
  const { user, system } = process.cpuUsage(cpuBegan);
  const perSecond = (1000 * count) / (performance.now() - began);
  console.log(`${perSecond.toFixed(0)} ${((user + system) / count).toFixed(3)}`);
}

async function receive(client: Client, count: number): Promise<void> {
  const buffer = new Uint8Array(1024 * 1024);
  await client.pollData(0);
  console.log("listening");
  for (let i = 0; i < count; i++) {
    if (!(await client.pollData(TIMEOUT_MS))) throw new Error("nothing arrived");
    client.readData(buffer);
    if (i === 0) begin();
  }
  end(count - 1);
}

async function send(client: Client, channelId: ChannelId, count: number, bytes: number): Promise<void> {
  const message = new Uint8Array(bytes);
  let started = 0;
  const sendOn = async (): Promise<void> => {
    while (started < count) {
      started++;
      if (!(await client.sendData(message, channelId, TIMEOUT_MS))) throw new Error("not acknowledged");
    }
  };
  begin();
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOn));
  end(count);
}

const [role, socketPath, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const client = await Client.connect({ socketPath });
if (role === "receive") {
  await receive(client, Number(rest[0]));
} else {
  const [teamId, peer, label, count, bytes] = rest as [TeamId, string, string, string, string];
  await send(client, await client.createChannel(teamId, peer, label), Number(count), Number(bytes));
}
// Neither hangs up before the other has finished: with the channel goes what waits at a daemon.
process.stdin.resume();
await new Promise((done) => process.stdin.once("close", done));
await client.close();
