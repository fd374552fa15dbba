/** `channel cat`: a file or a stream from one device to another, whole or not at all. */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { equalBytes, toHex } from "../../base/bytes.ts";
import { DecodeError } from "../../base/errors.ts";
import { AranyaError } from "../../client/index.ts";
import type { ChannelId, Client } from "../../client/index.ts";
import { TIMEOUT_MS_MAX } from "../../ipc/methods.ts";
import { EXIT } from "../exit-codes.ts";
import { CliError } from "../failure.ts";
import { note, withClient } from "../session.ts";
import { toJson } from "../terminal.ts";
import { decodeCatFrame, encodeCatFrame, PIECE_BYTES_MAX } from "./cat-wire.ts";
import type { CatFrame } from "./cat-wire.ts";
import { closeChannel, onClosed, openChannel, Receiver, sendAll } from "./opening.ts";
import type { Message, OpenOptions } from "./opening.ts";
import { Progress } from "./progress.ts";
import { write } from "./receive.ts";

/** Pieces on their way at once, 1 MiB. */
const IN_FLIGHT_MAX = 16;

/** As shells say of whom they end. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface CatOptions extends OpenOptions {
  readonly listen?: true;
  readonly output?: string;
}

export async function cat(args: readonly string[], options: CatOptions): Promise<void> {
  const [peer, label, file, ...rest] = args;
  if (options.listen === true && peer === undefined) return catReceive(options);
  if (options.listen !== true && options.output === undefined && label !== undefined && rest.length === 0) {
    return catSend(peer!, label, file, options);
  }
  throw new CliError(
    "BadUsage",
    "give peer and label, and perhaps a file; or --listen, and perhaps --output",
    "aranya-edge channel cat --help",
  );
}

async function catSend(
  peer: string,
  label: string,
  file: string | undefined,
  options: CatOptions,
): Promise<void> {
  const fd = file === undefined || file === "-" ? 0 : openSync(file, "r");
  const stat = fstatSync(fd);
  const progress = new Progress(stat.isFile() ? stat.size : undefined);
  const source = fd === 0 ? process.stdin : createReadStream(file!, { fd, highWaterMark: PIECE_BYTES_MAX });
  await withClient(options, async (client) => {
    const { teamId, channelId, netIdentifier } = await openChannel(client, peer, label, options);
    const digest = await sendStream(client, channelId, source, progress, options.timeout);
    await receipt(client, channelId, digest, options.timeout);
    progress.end();
    await closeChannel(client, teamId, channelId);
    report(options, { direction: "sent", peer: netIdentifier, bytes: progress.bytes, digest });
  });
}

async function sendStream(
  client: Client,
  channelId: ChannelId,
  source: AsyncIterable<Uint8Array>,
  progress: Progress,
  timeoutMs: number,
): Promise<Uint8Array> {
  const hash = createHash("sha256");
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const put = async (frame: CatFrame): Promise<void> => {
    const sending = sendAll(client, channelId, encodeCatFrame(frame), timeoutMs)
      .catch((error: unknown) => failures.push(error))
      .then(() => void inFlight.delete(sending));
    inFlight.add(sending);
    if (inFlight.size >= IN_FLIGHT_MAX) await Promise.race(inFlight);
    if (failures.length > 0) throw failures[0];
  };
  for await (const chunk of source) {
    hash.update(chunk);
    for (let at = 0; at < chunk.length; at += PIECE_BYTES_MAX) {
      const bytes = chunk.subarray(at, at + PIECE_BYTES_MAX);
      await put({ type: "piece", bytes });
      progress.add(bytes.length);
    }
  }
  const digest = Uint8Array.from(hash.digest());
  await put({ type: "end", length: progress.bytes, digest });
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
  return digest;
}

async function receipt(
  client: Client,
  channelId: ChannelId,
  digest: Uint8Array,
  timeoutMs: number,
): Promise<void> {
  const receiver = new Receiver(client);
  const over = new AbortController();
  let reason: string | undefined;
  const stop = onClosed(client, (effect) => {
    if (effect.channelId !== channelId) return;
    reason = effect.reason;
    over.abort();
  });
  try {
    for (;;) {
      const message = await receiver.next(timeoutMs, over.signal);
      if (message === undefined) throw unwritten(reason, timeoutMs);
      if (message.channelId !== channelId) continue;
      const frame = frameOf(message);
      if (frame.type === "receipt" && equalBytes(frame.digest, digest)) return;
      throw notOurs("the other end says it wrote something else");
    }
  } finally {
    stop();
  }
}

function unwritten(reason: string | undefined, timeoutMs: number): CliError {
  const why = reason ?? `it was not said to be written within ${timeoutMs} ms`;
  return new CliError("Incomplete", `all was sent, but ${why}`, "send it again", EXIT.failed);
}

async function catReceive(options: CatOptions): Promise<void> {
  const output = options.output === undefined ? undefined : new OutputFile(options.output);
  try {
    await withClient(options, async (client) => {
      const receiver = new Receiver(client);
      await receiver.register();
      note("waiting for somebody to send");
      const { message, digest, bytes } = await receiveStream(client, receiver, output);
      output?.keep();
      await sendReceipt(client, message.channelId, digest, options.timeout);
      report(options, { direction: "received", peer: message.remoteNetIdentifier, bytes, digest });
    });
  } finally {
    output?.discard();
  }
}

/** All of it is here whatever becomes of this; and the sender, once it has it, is gone. */
async function sendReceipt(
  client: Client,
  channelId: ChannelId,
  digest: Uint8Array,
  timeoutMs: number,
): Promise<void> {
  try {
    await sendAll(client, channelId, encodeCatFrame({ type: "receipt", digest }), timeoutMs);
  } catch (error) {
    if (!(error instanceof AranyaError) || error.code !== "ChannelClosed") throw error;
  }
}

interface Stream {
  /** The last one. */
  readonly message: Message;
  readonly digest: Uint8Array;
  readonly bytes: number;
}

/** From the first channel something comes on; what comes on others is left. */
async function receiveStream(
  client: Client,
  receiver: Receiver,
  output: OutputFile | undefined,
): Promise<Stream> {
  const hash = createHash("sha256");
  const progress = new Progress(undefined);
  const over = new AbortController();
  let channelId: ChannelId | undefined;
  let reason: string | undefined;
  const closed = new Map<ChannelId, string>();
  const stop = onClosed(client, (effect) => {
    closed.set(effect.channelId, effect.reason);
    if (effect.channelId === channelId) over.abort();
  });
  try {
    for (;;) {
      const message = await receiver.next(TIMEOUT_MS_MAX, over.signal);
      if (channelId !== undefined) reason = closed.get(channelId);
      if (message === undefined) {
        throw broken(progress.bytes, reason ?? "the time is up");
      }
      channelId ??= message.channelId;
      if (message.channelId !== channelId) continue;
      const frame = frameOf(message);
      if (frame.type === "receipt") throw notOurs("the other end does not send");
      if (frame.type === "piece") {
        hash.update(frame.bytes);
        progress.add(frame.bytes.length);
        if (output === undefined) await write(Uint8Array.from(frame.bytes));
        else output.write(frame.bytes);
        continue;
      }
      progress.end();
      const digest = Uint8Array.from(hash.digest());
      if (frame.length !== progress.bytes || !equalBytes(frame.digest, digest)) {
        throw broken(progress.bytes, "length or digest is not what the sender says");
      }
      return { message, digest, bytes: progress.bytes };
    }
  } finally {
    stop();
  }
}

/** Beside where it is to be until all of it is there. */
class OutputFile {
  readonly #path: string;
  readonly #partPath: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#partPath = `${path}.part`;
    this.#fd = openNew(this.#partPath);
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.once(signal, () => {
        this.discard();
        process.exit(code);
      });
    }
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd!, bytes, at);
  }

  keep(): void {
    fsyncSync(this.#fd!);
    closeSync(this.#fd!);
    this.#fd = undefined;
    renameSync(this.#partPath, this.#path);
  }

  discard(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.#partPath, { force: true });
  }
}

/** Never over what is there: it may be another transfer's, or a link to elsewhere. */
function openNew(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const remedy = "remove it, if nobody is writing it";
    throw new CliError(
      "FileExists",
      `${path} is there: of another transfer, or of one that was killed`,
      remedy,
      EXIT.osFile,
    );
  }
}

function frameOf(message: Message): CatFrame {
  try {
    return decodeCatFrame(message.bytes);
  } catch (error) {
    if (error instanceof DecodeError) throw notOurs(`the other end is no channel cat (${error.code})`);
    throw error;
  }
}

function notOurs(message: string): CliError {
  return new CliError("NotACat", message, "use channel cat at both ends, of the same version", EXIT.failed);
}

function broken(bytes: number, why: string): CliError {
  return new CliError(
    "Incomplete",
    `not all of it arrived, ${bytes} bytes did: ${why}`,
    "send it again",
    EXIT.failed,
  );
}

/** To stderr: stdout is for what was sent. */
function report(
  options: CatOptions,
  { direction, peer, bytes, digest }: { direction: string; peer: string; bytes: number; digest: Uint8Array },
): void {
  const sha256 = toHex(digest);
  if (options.json === true)
    console.error(toJson({ schema: "channel.cat/1", direction, peer, bytes, sha256 }));
  else note(`${bytes} bytes ${direction === "sent" ? "written by" : "from"} ${peer}, SHA-256 ${sha256}`);
}
