/** `channel open`: both ways at once, on a terminal or piped. */
import type { ChannelId, Client, TeamId } from "../../client/index.ts";
import { AranyaError } from "../../client/index.ts";
import { TIMEOUT_MS_MAX } from "../../ipc/methods.ts";
import { CliError } from "../failure.ts";
import { note, withClient } from "../session.ts";
import { printable } from "../terminal.ts";
import { linesOf } from "./lines.ts";
import { closeChannel, onClosed, openChannel, Receiver, sendAll } from "./opening.ts";
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
    throw new CliError(
      "InvalidArgument",
      "give peer and label, or --listen",
      "aranya-edge channel open --help",
    );
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
      await this.#exchange();
      if (this.#reason !== undefined) {
        throw new AranyaError("ChannelClosed", `the channel was closed: ${printable(this.#reason)}`);
      }
      if (this.#line !== undefined) await closeChannel(this.#client, this.#line.teamId, this.#line.channelId);
    } finally {
      stop();
      process.stdin.destroy();
    }
  }

  /** Until the channel is closed, `--count` messages have come, or, without that, there is nothing more to send. */
  async #exchange(): Promise<void> {
    const receiving = this.#receive();
    if (this.#options.listen === true) await Promise.race([this.#firstMessage, receiving]);
    const sending = this.#send().then(() => {
      if (this.#options.count === undefined) this.#over.abort();
    });
    await Promise.race([receiving, sending.then(() => receiving)]);
  }

  #firstMessageCame: () => void = () => undefined;
  readonly #firstMessage = new Promise<void>((resolve) => {
    this.#firstMessageCame = resolve;
  });

  async #receive(): Promise<void> {
    let left = this.#options.count ?? Infinity;
    while (left > 0) {
      const message = await this.#receiver.next(TIMEOUT_MS_MAX, this.#over.signal);
      if (message === undefined) return;
      const { teamId, channelId } = message;
      this.#line ??= { teamId, channelId };
      if (channelId !== this.#line.channelId) continue;
      await write(messageOutput(message, this.#options));
      this.#firstMessageCame();
      left--;
    }
  }

  async #send(): Promise<void> {
    for await (const line of linesOf(process.stdin)) {
      const channelId = this.#line?.channelId;
      if (channelId === undefined || this.#over.signal.aborted) return;
      if (line.length === 0) continue;
      try {
        await sendAll(this.#client, channelId, Uint8Array.from(line), this.#options.timeout);
      } catch (error) {
        if (error instanceof AranyaError && error.code === "ChannelClosed") return;
        throw error;
      }
    }
  }
}
