/** `channel recv`: messages to stdout. */
import { AranyaError } from "../../client/index.ts";
import type { ChannelId } from "../../client/index.ts";
import { TIMEOUT_MS_MAX } from "../../ipc/methods.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import type { ClientOptions } from "../command.ts";
import { note, withClient } from "../session.ts";
import { painter, printable, printableLines, toJson } from "../terminal.ts";
import { acknowledged, Receiver } from "./opening.ts";
import type { Message } from "./opening.ts";

/** What came before these was acknowledged long ago. */
const LATEST = 256;

export interface ReceiveOptions extends ClientOptions {
  readonly count?: number;
  readonly raw?: true;
  /** Milliseconds without a message until it is given up. */
  readonly idle?: number;
}

export async function receive(options: ReceiveOptions): Promise<void> {
  await withClient(options, async (client) => {
    const receiver = new Receiver(client);
    await receiver.register();
    const from = new Set<ChannelId>();
    note("waiting for messages");
    for (let left = options.count ?? Infinity; left > 0; left--) {
      const message = await receiver.next(options.idle ?? TIMEOUT_MS_MAX);
      if (message === undefined) {
        throw new AranyaError("Timeout", `no message within ${options.idle ?? TIMEOUT_MS_MAX} ms`);
      }
      if (left <= LATEST) from.add(message.channelId);
      await write(messageOutput(message, options));
    }
    await acknowledged(client, from);
  });
}

/** As bytes for stdout. To a terminal nothing of a message goes that a terminal would obey. */
export function messageOutput(
  message: Message,
  options: { readonly json?: true; readonly raw?: true },
): Uint8Array | string {
  const { bytes, channelId, teamId, label, remoteNetIdentifier } = message;
  if (options.json === true) {
    const text = fromUtf8(bytes);
    const data = text === undefined ? { data: Buffer.from(bytes).toString("base64") } : { text };
    return `${toJson({ schema: "message/1", at: Date.now(), teamId, channelId, from: remoteNetIdentifier, label, ...data })}\n`;
  }
  if (process.stdout.isTTY) {
    const shown = fromUtf8(bytes);
    const text = shown === undefined ? `${bytes.length} bytes that are no text` : printableLines(shown);
    const from = painter(process.stdout)("dim", `${printable(remoteNetIdentifier)} ${printable(label)}`);
    return `${from}  ${text.replace(/\n$/, "")}\n`;
  }
  if (options.raw === true) return Uint8Array.from(bytes);
  return bytes.at(-1) === 10 ? Uint8Array.from(bytes) : Buffer.concat([bytes, Buffer.from("\n")]);
}

/** Waits while the reader does not keep up. */
export async function write(output: Uint8Array | string): Promise<void> {
  if (process.stdout.write(output)) return;
  await new Promise((resolve) => process.stdout.once("drain", resolve));
}
