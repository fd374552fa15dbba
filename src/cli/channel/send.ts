/** `channel send`: messages from stdin or a file. */
import { createReadStream } from "node:fs";
import type { ChannelId, Client } from "../../client/index.ts";
import { CliError } from "../failure.ts";
import { answer, note, withClient } from "../session.ts";
import { count, printable } from "../terminal.ts";
import { linesOf, wholeOf } from "./lines.ts";
import { closeChannel, openChannel, sendAll } from "./opening.ts";
import type { OpenOptions } from "./opening.ts";

/** Lines on their way at once. */
const IN_FLIGHT_MAX = 64;

export interface SendOptions extends OpenOptions {
  readonly file?: string;
  readonly lines?: true;
}

export async function send(peer: string, label: string, options: SendOptions): Promise<void> {
  const isTyped = options.file === undefined && process.stdin.isTTY;
  const byLine = options.lines === true || isTyped;
  const source: AsyncIterable<Uint8Array> =
    options.file === undefined ? process.stdin : createReadStream(options.file);
  // Before anybody is called: a file that is not there, or is too long, is nobody else's concern.
  const whole = byLine ? undefined : await wholeOf(source);
  if (whole?.length === 0) {
    throw new CliError(
      "InvalidArgument",
      "there is nothing to send",
      "give the message on stdin, or by --file",
    );
  }
  await withClient(options, async (client) => {
    const { teamId, channelId, netIdentifier } = await openChannel(client, peer, label, options);
    if (isTyped) note("a line is a message; Ctrl-D ends");
    let messages = 1;
    let bytes = whole?.length ?? 0;
    if (whole === undefined) {
      ({ messages, bytes } = await sendLines(client, channelId, source, options.timeout));
    } else {
      await sendAll(client, channelId, whole, options.timeout);
    }
    await closeChannel(client, teamId, channelId);
    const body = { teamId, netIdentifier, label, messages, bytes };
    answer(options, "channel.sent/1", body, () =>
      printable(`${count(messages, "message")}, ${count(bytes, "byte")}, acknowledged by ${netIdentifier}`),
    );
  });
}

async function sendLines(
  client: Client,
  channelId: ChannelId,
  source: AsyncIterable<Uint8Array>,
  timeoutMs: number,
): Promise<{ messages: number; bytes: number }> {
  const inFlight = new Set<Promise<void>>();
  let failed: { error: unknown } | undefined;
  let [messages, bytes] = [0, 0];
  for await (const line of linesOf(source)) {
    if (line.length === 0) continue;
    const sending = sendAll(client, channelId, Uint8Array.from(line), timeoutMs)
      .catch((error: unknown) => {
        failed ??= { error };
      })
      .finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    messages++;
    bytes += line.length;
    if (inFlight.size >= IN_FLIGHT_MAX) await Promise.race(inFlight);
    if (failed !== undefined) break;
  }
  await Promise.all(inFlight);
  // Assigned in a callback, which the compiler does not see.
  const failure = failed;
  if (failure !== undefined) throw failure.error;
  return { messages, bytes };
}
