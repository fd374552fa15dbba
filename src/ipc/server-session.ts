/**
 * The daemon's side of one connection. Does no I/O: `handle` takes bytes off the socket; `poll` says what to do next,
 * until it returns nothing; whoever hosts it answers every call, sooner or later, by `answer` or `fail`.
 *
 *     new ──hello answered──► open ──malformed bytes──► failed
 *                              └──────close()─────────► closed
 *
 * Before `hello` is answered every other call is refused and binary frames are malformed. A call that makes no sense is
 * answered with an error and changes nothing. Malformed bytes fail the session for good: it says so once, by a
 * `failure`, and forgets everything. Nothing grows without bound: requests in flight are counted, answers past the
 * outbound queue become LimitReached, messages and effects wait for credit. The host stops polling and reading while
 * its socket is full.
 */
import { assert } from "../base/assert.ts";
import { AranyaError, BugError, DecodeError, LimitError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import { Fifo } from "../base/fifo.ts";
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import { Slab } from "../base/slab.ts";
import { decodeControl, encodeControl } from "./cbor.ts";
import { effectSchema } from "./effect.ts";
import type { Effect } from "./effect.ts";
import { EffectStream } from "./effect-stream.ts";
import { encodeError, messageTooLarge } from "./errors.ts";
import { FrameQueue } from "./frame-queue.ts";
import { FrameReader } from "./frame-reader.ts";
import type { Frame } from "./frame-reader.ts";
import { channelMeta } from "./info.ts";
import type { ChannelMeta } from "./info.ts";
import { isMethodName, methodDefinition, PROTOCOL_VERSION, TIMEOUT_MS_MAX } from "./methods.ts";
import type { HandledMethod, MethodName, Params, Result } from "./methods.ts";
import { checkValue, object, validate } from "./schema.ts";
import * as wire from "./wire.ts";

/** A call to be answered by `answer(id, …)` or `fail(id, …)`. */
export type CallEvent = {
  [M in HandledMethod]: {
    readonly type: "call";
    readonly id: number;
    readonly method: M;
    readonly params: Params<M>;
  };
}[HandledMethod];

/** A message to be sent, to be answered by `answerSend(id, …)` or `fail(id, …)`. The bytes are the host's to keep. */
export interface SendDataEvent {
  readonly type: "sendData";
  readonly id: number;
  readonly channelId: ChannelId;
  readonly timeoutMs: number;
  readonly bytes: Uint8Array;
}

export type ServerOutput =
  | CallEvent
  | SendDataEvent
  /** The client gave credit: try again the messages that `deliver` refused. */
  | { readonly type: "credit" }
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** The client does not speak our protocol, or sends without reading: close the connection. */
  | { readonly type: "failure"; readonly error: DecodeError | LimitError };

/** Lists longer than this cross in parts, each well within a frame. */
const ANSWER_PART_BYTES = 256 * 1024;

/** Size of the slabs for messages. One message that is kept keeps a slab, so all in flight keep no more than their bytes may be. */
const MESSAGE_SLAB_BYTES = LIMITS.ipcSendBytesInFlightMax / LIMITS.ipcSendsInFlightMax;

const CREDIT: ServerOutput = { type: "credit" };

interface Answered {
  readonly first: number;
  count: number;
  readonly acknowledged: boolean;
}

export class ServerSession {
  readonly #reader = new FrameReader();
  readonly #channelIds = new wire.ChannelReader();
  readonly #slab = new Slab(MESSAGE_SLAB_BYTES);
  #state: "new" | "open" | "failed" | "closed" = "new";
  #helloPending = false;

  readonly #calls = new Map<number, MethodName>();
  /** Messages being sent, by id, and the bytes of each. */
  readonly #sends = new Map<number, number>();
  #sendBytes = 0;
  /** Answers not written yet: the next may join the last of them. */
  #answered: Answered[] = [];

  #outputs = new Fifo<ServerOutput>();
  readonly #outbound = new FrameQueue();

  #creditBytes = 0;
  #creditMessages = 0;
  #creditQueued = false;
  readonly #announced = new Set<ChannelId>();

  readonly #effects = new EffectStream(encodeEffect, (frame) => this.#outbound.push(frame));

  /** True between `hello` and the end: only then may events be sent. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Calls and messages not answered yet. */
  get inFlight(): number {
    return this.#calls.size + this.#sends.size;
  }

  handle(bytes: Uint8Array): void {
    if (this.#isOver()) return;
    try {
      // A host that stops reading while its socket is full never gets here with a full queue.
      if (this.#outbound.bytes > LIMITS.ipcOutboundQueueBytesMax) {
        throw new LimitError("ipcOutboundQueueBytesMax", LIMITS.ipcOutboundQueueBytesMax);
      }
      this.#reader.push(bytes);
      for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next())
        this.#frame(frame);
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof LimitError)) throw error;
      this.#end("failed");
      this.#outputs.push({ type: "failure", error });
    }
  }

  poll(): ServerOutput | undefined {
    const output = this.#outputs.shift();
    if (output === CREDIT) this.#creditQueued = false;
    if (output !== undefined) return output;
    if (this.#answered.length > 0) {
      wire.writeSendDataAnswers(this.#outbound, this.#answered);
      this.#answered = [];
    }
    const bytes = this.#outbound.take();
    return bytes && { type: "transmit", bytes };
  }

  /** Throws BugError for a result that does not fit the method table. Does nothing after the end of the session. */
  answer<M extends HandledMethod>(id: number, result: Result<M>): void {
    if (this.#isOver()) return;
    const method = this.#calls.get(id);
    assert(method !== undefined, "an answer belongs to a call in flight");
    this.#answer(id, method, result);
    if (method === "hello") {
      this.#helloPending = false;
      this.#state = "open";
    }
  }

  /** Answers a message: whether it was acknowledged within its time-out. */
  answerSend(id: number, acknowledged: boolean): void {
    if (this.#isOver()) return;
    assert(this.#sends.has(id), "an answer belongs to a message in flight");
    this.#release(id);
    const last = this.#answered.at(-1);
    if (last?.acknowledged === acknowledged && last.first + last.count === id) last.count++;
    else this.#answered.push({ first: id, count: 1, acknowledged });
  }

  /** Refuses a call or a message. Does nothing after the end of the session. */
  fail(id: number, error: AranyaError): void {
    if (this.#isOver()) return;
    assert(this.#calls.has(id) || this.#sends.has(id), "an error belongs to something in flight");
    if (this.#calls.get(id) === "hello") this.#helloPending = false;
    this.#release(id);
    this.#refuse(id, error);
  }

  /** Sends an effect to a client that subscribed. Returns how many effects were lost. */
  effect(effect: Effect): number {
    return this.isOpen ? this.#effects.push(effect) : 0;
  }

  /** Sends a received message. False without enough credit: keep it, and try again after the next `credit`. */
  deliver(channel: ChannelMeta, bytes: Uint8Array): boolean {
    assert(bytes.length <= LIMITS.ipcMessageBytesMax, "a message fits a frame");
    if (!this.isOpen || this.#creditMessages === 0 || this.#creditBytes < bytes.length) return false;
    if (!this.#announced.has(channel.channelId)) {
      this.#outbound.push(
        encodeEvent(
          "channel",
          checkOwn(() => validate(channelMeta, channel, "channel")),
        ),
      );
      this.#announced.add(channel.channelId);
    }
    this.#creditMessages--;
    this.#creditBytes -= bytes.length;
    wire.writeReceivedData(this.#outbound, channel.channelId, bytes);
    return true;
  }

  /** Tells the client that nothing more comes on a channel. */
  channelGone(channelId: ChannelId): void {
    if (this.isOpen && this.#announced.delete(channelId))
      this.#outbound.push(encodeEvent("channelGone", { channelId }));
  }

  /** The kernel has taken all bytes that `poll` gave out: their memory may be used again. */
  written(): void {
    this.#outbound.written();
  }

  /** The connection is over. */
  close(): void {
    if (!this.#isOver()) this.#end("closed");
  }

  #isOver(): boolean {
    return this.#state === "failed" || this.#state === "closed";
  }

  #end(state: "failed" | "closed"): void {
    this.#state = state;
    this.#reader.clear();
    this.#calls.clear();
    this.#sends.clear();
    this.#sendBytes = 0;
    this.#answered = [];
    this.#outputs = new Fifo();
    this.#outbound.clear();
    this.#announced.clear();
    this.#effects.subscribe(false);
  }

  #frame(frame: Frame): void {
    if (frame.type === wire.FRAME.control) {
      this.#request(frame.body);
      return;
    }
    if (!this.isOpen) throw new DecodeError("before-hello");
    switch (frame.type) {
      case wire.FRAME.sendData: {
        this.#sendData(frame);
        return;
      }
      case wire.FRAME.credit: {
        this.#credit(wire.readCredit(frame));
        return;
      }
      default:
        throw new DecodeError("unknown-frame-type");
    }
  }

  #request(body: Uint8Array): void {
    if (body.length > LIMITS.ipcRequestBytesMax) throw new DecodeError("request-too-long");
    const message = decodeControl(body);
    if (!Array.isArray(message) || message.length !== 3) throw new DecodeError("bad-request");
    const [id, method, params] = message as readonly unknown[];
    if (!Number.isInteger(id) || (id as number) < 1 || (id as number) > wire.REQUEST_ID_MAX) {
      throw new DecodeError("bad-id");
    }
    if (typeof method !== "string") throw new DecodeError("bad-method");
    this.#checkUnused(id as number);
    try {
      this.#call(id as number, method, params);
    } catch (error) {
      if (!(error instanceof AranyaError)) throw error;
      this.#refuse(id as number, error);
    }
  }

  /** Throws `AranyaError` where the call is refused at once. */
  #call(id: number, method: string, params: unknown): void {
    if (method === "hello") this.#checkHello(params);
    else if (!this.isOpen) {
      throw new AranyaError("ProtocolMismatch", "the first request is hello", {
        reason: "hello comes first",
      });
    }
    if (!isMethodName(method)) {
      const reason = "is not a method of this daemon";
      throw new AranyaError("InvalidArgument", `method ${reason}`, { field: "method", reason });
    }
    const checked = checkValue(object(methodDefinition(method).params), params);
    if (this.#calls.size >= LIMITS.ipcRequestsInFlightMax) throw limitReached("ipcRequestsInFlightMax");
    this.#calls.set(id, method);
    switch (method) {
      case "subscribeEffects":
      case "unsubscribeEffects": {
        this.#answer(id, method, this.#effects.subscribe(method === "subscribeEffects"));
        return;
      }
      case "hello":
        this.#helloPending = true;
        break;
      default:
    }
    this.#outputs.push({ type: "call", id, method, params: checked } as unknown as CallEvent);
  }

  /** Checks the version before all else: of another version nothing else may be judged. */
  #checkHello(params: unknown): void {
    const protocol: unknown =
      typeof params === "object" && params !== null
        ? (params as Record<string, unknown>)["protocol"]
        : undefined;
    if (typeof protocol === "number" && protocol !== PROTOCOL_VERSION) {
      throw new AranyaError(
        "ProtocolMismatch",
        `this daemon speaks protocol ${PROTOCOL_VERSION}, the client ${protocol}: use the client library of the daemon's release`,
        { daemon: PROTOCOL_VERSION, client: protocol },
      );
    }
    if (this.isOpen || this.#helloPending) {
      throw new AranyaError("ProtocolMismatch", "hello comes once", { reason: "hello comes once" });
    }
  }

  #sendData(frame: Frame): void {
    const { id, channelId, timeoutMs, messageAt } = wire.readSendData(frame, this.#channelIds);
    const length = frame.end - messageAt;
    this.#checkUnused(id);
    if (length > LIMITS.ipcMessageBytesMax) {
      this.#refuse(id, messageTooLarge());
      return;
    }
    if (timeoutMs > TIMEOUT_MS_MAX) throw new DecodeError("bad-timeout");
    if (this.#sends.size >= LIMITS.ipcSendsInFlightMax) {
      this.#refuse(id, limitReached("ipcSendsInFlightMax"));
      return;
    }
    if (this.#sendBytes + length > LIMITS.ipcSendBytesInFlightMax) {
      this.#refuse(id, limitReached("ipcSendBytesInFlightMax"));
      return;
    }
    this.#sends.set(id, length);
    this.#sendBytes += length;
    const bytes = this.#slab.take(length);
    bytes.set(frame.buffer.subarray(messageAt, frame.end));
    this.#outputs.push({ type: "sendData", id, channelId, timeoutMs, bytes });
  }

  #credit(m: wire.Credit): void {
    const bytes = this.#creditBytes + m.bytes;
    const messages = this.#creditMessages + m.messages;
    const effects = this.#effects.credit + m.effects;
    if (
      bytes > LIMITS.ipcWindowBytesMax ||
      messages > LIMITS.ipcWindowMessagesMax ||
      effects > LIMITS.ipcWindowEffectsMax
    ) {
      throw new DecodeError("too-much-credit");
    }
    this.#creditBytes = bytes;
    this.#creditMessages = messages;
    this.#effects.setCredit(effects);
    if ((m.bytes > 0 || m.messages > 0) && !this.#creditQueued) {
      this.#creditQueued = true;
      this.#outputs.push(CREDIT);
    }
  }

  #checkUnused(id: number): void {
    if (this.#calls.has(id) || this.#sends.has(id)) throw new DecodeError("id-in-use");
  }

  #answer(id: number, method: MethodName, result: unknown): void {
    const schema = methodDefinition(method).result;
    const checked = checkOwn(() => checkValue(schema, result, "result"));
    const frames: Uint8Array[] = [];
    let last: unknown = checked;
    if (schema.kind === "array") {
      const parts = cut(checked as readonly unknown[]);
      last = parts.pop();
      for (const part of parts) frames.push(wire.encodeAnswerPart(id, part));
    }
    frames.push(wire.encodeControlFrame([id, null, last]));
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    this.#release(id);
    if (this.#outbound.bytes + bytes > LIMITS.ipcOutboundQueueBytesMax) {
      this.#refuse(id, limitReached("ipcOutboundQueueBytesMax"));
    } else {
      for (const frame of frames) this.#outbound.push(frame);
    }
  }

  #refuse(id: number, error: AranyaError): void {
    this.#outbound.push(wire.encodeControlFrame([id, encodeError(error), null]));
  }

  #release(id: number): void {
    this.#calls.delete(id);
    this.#sendBytes -= this.#sends.get(id) ?? 0;
    this.#sends.delete(id);
  }
}

function encodeEvent(topic: string, body: unknown): Uint8Array {
  return wire.encodeControlFrame([wire.EVENT_ID, topic, body]);
}

function encodeEffect(effect: Effect): Uint8Array {
  return encodeEvent(
    "effect",
    checkOwn(() => validate(effectSchema, effect, "effect")),
  );
}

/** Checks what the daemon itself says: what does not fit the table is a bug, not a refusal. */
function checkOwn<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw new BugError(`not what the method table says: ${String(cause)}`, { cause });
  }
}

/** A list in parts of bounded size, at least one. */
function cut(items: readonly unknown[]): unknown[][] {
  const parts: unknown[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    const itemBytes = encodeControl(item).length;
    if (bytes + itemBytes > ANSWER_PART_BYTES && bytes > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(item);
    bytes += itemBytes;
  }
  return parts;
}
