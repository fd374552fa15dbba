/** `channel open`: both ways at once, on a terminal or piped. */
import type { ChannelId, Client, TeamId } from "../../client/index.ts";
import { AranyaError } from "../../client/index.ts";
import { TIMEOUT_MS_MAX } from "../../ipc/methods.ts";
import { CliError } from "../failure.ts";
import { note, withClient } from "../session.ts";
import { linesOf } from "./lines.ts";
import { acknowledged, closeChannel, onClosed, openChannel, Receiver, sendAll } from "./opening.ts";
import type { OpenOptions } from "./opening.ts";
import { messageOutput, write } from "./receive.ts";

export interface TalkOptions extends OpenOptions {
  readonly listen?: true;
  readonly count?: number;
}

interface Line {
  readonly teamId: TeamId;
  readonly channelId: ChannelId;
}

export async function talk(
  peer: string | undefined,
  label: string | undefined,
  options: TalkOptions,
): Promise<void> {
  if ((options.listen === true) !== (peer === undefined) || (peer === undefined) !== (label === undefined)) {
    throw new CliError("BadUsage", "give peer and label, or --listen", "aranya-edge channel open --help");
  }
  await withClient(options, (client) => new Talk(client, options).run(peer, label));
}

class Talk {
  readonly #client: Client;
  readonly #options: TalkOptions;
  readonly #receiver: Receiver;
  readonly #over = new AbortController();
  #line: Line | undefined;
  #reason: string | undefined;

  constructor(client: Client, options: TalkOptions) {
    this.#client = client;
    this.#options = options;
    this.#receiver = new Receiver(client);
  }

  async run(peer: string | undefined, label: string | undefined): Promise<void> {
    const stop = onClosed(this.#client, ({ channelId, reason }) => {
      if (channelId !== this.#line?.channelId) return;
      this.#reason = reason;
      this.#over.abort();
    });
    try {
      if (peer !== undefined && label !== undefined) {
        const { teamId, channelId, netIdentifier } = await openChannel(
          this.#client,
          peer,
          label,
          this.#options,
        );
        this.#line = { teamId, channelId };
        note(`open to ${netIdentifier}${process.stdin.isTTY ? "; a line is a message, Ctrl-D ends" : ""}`);
      }
      await this.#receiver.register();
      if (peer === undefined) note("waiting for somebody to open a channel and say something");
      if (!(await this.#exchange())) {
        throw new AranyaError("ChannelClosed", `the channel was closed: ${this.#reason ?? "by the daemon"}`);
      }
      if (this.#line === undefined) return;
      const { teamId, channelId } = this.#line;
      if (this.#options.count !== undefined) await acknowledged(this.#client, new Set([channelId]));
      await closeChannel(this.#client, teamId, channelId);
    } finally {
      stop();
      process.stdin.destroy();
    }
  }

  /**
   * Until there is nothing more to send and `--count` messages have come: on a terminal, where there always may be more to
   * send, until they have come. False where the channel was closed before.
   */
  async #exchange(): Promise<boolean> {
    const { listen, count } = this.#options;
    const receiving = this.#receive();
    if (listen === true) await Promise.race([this.#firstMessage, receiving]);
    const sending = this.#send();
    const isTyped = process.stdin.isTTY;
    if (count === undefined) {
      const first = await Promise.race([sending, receiving.then(() => false)]);
      this.#over.abort();
      // What has arrived by now is still printed.
      await receiving;
      return first;
    }
    return (await receiving) && (isTyped || (await sending));
  }

  #firstMessageCame: () => void = () => undefined;
  readonly #firstMessage = new Promise<void>((resolve) => {
    this.#firstMessageCame = resolve;
  });

  /** Whether as many came as were wanted. */
  async #receive(): Promise<boolean> {
    let left = this.#options.count ?? Infinity;
    while (left > 0) {
      const message = await this.#receiver.next(TIMEOUT_MS_MAX, this.#over.signal);
      if (message === undefined) return false;
      const { teamId, channelId } = message;
      this.#line ??= { teamId, channelId };
      if (channelId !== this.#line.channelId) continue;
      await write(messageOutput(message, this.#options));
      this.#firstMessageCame();
      left--;
    }
    return true;
  }

  /** Whether all was sent. */
  async #send(): Promise<boolean> {
    for await (const line of linesOf(process.stdin)) {
      const channelId = this.#line?.channelId;
      if (channelId === undefined || this.#over.signal.aborted) return false;
      if (line.length === 0) continue;
      try {
        await sendAll(this.#client, channelId, Uint8Array.from(line), this.#options.timeout);
      } catch (error) {
        if (error instanceof AranyaError && error.code === "ChannelClosed") return false;
        throw error;
      }
    }
    return true;
  }
}
