/** Getting a channel, from either end. */
import { setTimeout as sleep } from "node:timers/promises";
import { AranyaError } from "../../client/index.ts";
import type { ChannelId, Client, Effect, Received, TeamId } from "../../client/index.ts";
import { LIMITS } from "../../base/limits.ts";
import type { TeamOptions } from "../command.ts";
import { resolvePeerName, resolveTeam } from "../resolve.ts";

/** How long between two attempts to reach somebody who is not there yet. */
const RETRY_MS = 250;

const LINGER_MS = 500;

/** How long messages that the daemon has acknowledged may take from it to here, once their channel is closed. */
const DRAIN_MS = 200;

export interface OpenOptions extends TeamOptions {
  readonly unreliable?: true;
  /** Milliseconds to go on trying for. */
  readonly wait?: number;
}

/** Tries again for as long as `--wait` says while the peer is not there, or nobody listens there. */
export async function openChannel(
  client: Client,
  peer: string,
  label: string,
  options: OpenOptions,
): Promise<{ teamId: TeamId; channelId: ChannelId; netIdentifier: string }> {
  const teamId = await resolveTeam(client, options.team);
  const netIdentifier = await resolvePeerName(client, teamId, peer);
  const delivery = options.unreliable === true ? "unreliable" : "reliable";
  const until = performance.now() + (options.wait ?? 0);
  for (;;) {
    try {
      const channelId = await client.createChannel(teamId, netIdentifier, label, { delivery });
      return { teamId, channelId, netIdentifier };
    } catch (error) {
      const mayCome =
        error instanceof AranyaError && (error.code === "NoListener" || error.code === "PeerUnreachable");
      if (!mayCome || performance.now() + RETRY_MS > until) throw error;
      await sleep(RETRY_MS);
    }
  }
}

export interface Message extends Received {
  readonly bytes: Uint8Array;
}

/** Messages as they arrive, for the connection's channels. The bytes hold until the next one is asked for. */
export class Receiver {
  readonly #client: Client;
  #buffer = new Uint8Array(64 * 1024);

  constructor(client: Client) {
    this.#client = client;
  }

  /** From here on channels come to this connection. */
  async register(): Promise<void> {
    await this.#client.pollData(0);
  }

  /** Undefined after `timeoutMs`, or when the signal gives it up and what had been acknowledged by then was read. */
  async next(timeoutMs: number, signal?: AbortSignal): Promise<Message | undefined> {
    if (!(await this.#poll(timeoutMs, signal))) return undefined;
    return this.#read();
  }

  async #poll(timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal === undefined) return this.#client.pollData(timeoutMs);
    if (!signal.aborted) {
      try {
        return await this.#client.pollData(timeoutMs, { signal });
      } catch (error) {
        if (!(signal.aborted as boolean)) throw error;
      }
    }
    return this.#client.pollData(DRAIN_MS);
  }

  #read(): Message {
    try {
      const received = this.#client.readData(this.#buffer);
      return { ...received, bytes: this.#buffer.subarray(0, received.length) };
    } catch (error) {
      if (!(error instanceof AranyaError) || error.code !== "BufferTooSmall") throw error;
      this.#buffer = new Uint8Array(LIMITS.ipcMessageBytesMax);
      return this.#read();
    }
  }
}

/** Sends all of it, or throws. */
export async function sendAll(
  client: Client,
  channelId: ChannelId,
  bytes: Uint8Array,
  timeoutMs: number,
): Promise<void> {
  if (await client.sendData(bytes, channelId, timeoutMs)) return;
  throw new AranyaError("Timeout", `no acknowledgement within ${timeoutMs} ms: it may have arrived or not`);
}

/** After the last acknowledgement. The other end may have left first: then there is nothing to close. */
export async function closeChannel(client: Client, teamId: TeamId, channelId: ChannelId): Promise<void> {
  try {
    await client.deleteChannel(teamId, channelId);
  } catch (error) {
    if (!(error instanceof AranyaError) || error.code !== "UnknownChannel") throw error;
  }
}

/**
 * After the last message was received: its acknowledgement is still on the way when the message is here, and a channel that
 * closes takes it along. Waits until the senders, who have it, close; or longer than an acknowledgement takes.
 */
export async function acknowledged(client: Client, of: ReadonlySet<ChannelId>): Promise<void> {
  const until = performance.now() + LINGER_MS;
  while ((await client.channels()).some((channel) => of.has(channel.channelId))) {
    if (performance.now() > until) return;
    await sleep(LINGER_MS / 20);
  }
}

/** Calls when a channel is closed by the other end, or by what was taken away. */
export function onClosed(
  client: Client,
  closed: (effect: Effect & { type: "channelClosed" }) => void,
): () => void {
  const effects = client.effects();
  void (async () => {
    try {
      for await (const effect of effects) if (effect.type === "channelClosed") closed(effect);
    } catch {
      // The connection is gone; whoever waits for data or an answer is told.
    }
  })();
  return () => void effects.return?.();
}
