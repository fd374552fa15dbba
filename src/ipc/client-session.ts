/**
 * The client's side of one connection. Does no I/O: `call` and `sendData` start requests, `handle` takes bytes off the
 * socket, `poll` says what to do next, until it returns nothing.
 *
 * The daemon is not believed blindly: an answer that does not fit the method table ends that call with
 * ProtocolMismatch; bytes that make no sense, and messages or effects beyond the credit given, fail the session for
 * good, by one `failure`. A request given up (`abandon`) stays in flight until the daemon answers it, because until
 * then it takes a place there.
 */
import { assert } from "../base/assert.ts";
import { AranyaError, DecodeError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import { Fifo } from "../base/fifo.ts";
import { LIMITS } from "../base/limits.ts";
import { Slab } from "../base/slab.ts";
import { decodeControl } from "./cbor.ts";
import { effectSchema } from "./effect.ts";
import type { Effect } from "./effect.ts";
import { decodeError, messageTooLarge } from "./errors.ts";
import { FrameQueue } from "./frame-queue.ts";
import { FrameReader } from "./frame-reader.ts";
import type { Frame } from "./frame-reader.ts";
import { channelMeta } from "./info.ts";
import type { ChannelMeta } from "./info.ts";
import { isTimeoutMs, methodDefinition } from "./methods.ts";
import type { MethodName, Params } from "./methods.ts";
import { checkValue, id as idSchema, object, validate } from "./schema.ts";
import type { Infer, Schema } from "./schema.ts";
import * as wire from "./wire.ts";

export type Outcome =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: AranyaError };

export type ClientOutput =
  /** How a call ended, its result checked against the method table; or the refusal of a message. */
  | {
      readonly type: "answer";
      readonly id: number;
      readonly method: MethodName | "sendData";
      readonly abandoned: boolean;
      readonly outcome: Outcome;
    }
  /** Messages `first` to `first + count - 1` were answered alike. Their ids are free again. */
  | ({ readonly type: "sent" } & wire.SendDataAnswers)
  | { readonly type: "effect"; readonly effect: Effect }
  | { readonly type: "data"; readonly channel: ChannelMeta; readonly bytes: Uint8Array }
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** The daemon does not speak our protocol: close the connection. */
  | { readonly type: "failure"; readonly error: DecodeError };

/** Slab for received messages. They are read in the order they came, so all slabs but the last are full of waiting messages. */
const MESSAGE_SLAB_BYTES = 64 * 1024;

interface Request {
  readonly method: MethodName | "sendData";
  abandoned: boolean;
  /** The parts so far of a list that comes in parts. */
  items: unknown[];
}

/** In place of the request of a message, of which nothing has to be remembered. */
const SENDING: Request = { method: "sendData", abandoned: false, items: [] };

const channelGone = object({ channelId: idSchema("channel") });

export class ClientSession {
  readonly #reader = new FrameReader();
  readonly #channelIds = new wire.ChannelReader();
  readonly #slab = new Slab(MESSAGE_SLAB_BYTES);
  #isOver = false;
  #nextId = 1;
  readonly #requests = new Map<number, Request>();
  readonly #channels = new Map<ChannelId, ChannelMeta>();

  readonly #outputs = new Fifo<ClientOutput>();
  readonly #outbound = new FrameQueue();

  #creditBytes = 0;
  #creditMessages = 0;
  #creditEffects = 0;

  /** Requests the daemon has not answered, abandoned ones included. */
  get inFlight(): number {
    return this.#requests.size;
  }

  /** Starts a call and returns its id, which `poll` names when it ends. Throws InvalidArgument, with nothing sent. */
  call<M extends MethodName>(method: M, params: Params<M>): number {
    assert(!this.#isOver, "no call after the end of the session");
    const checked = checkValue(object(methodDefinition(method).params), params);
    const id = this.#freeId();
    this.#requests.set(id, { method, abandoned: false, items: [] });
    this.#outbound.push(wire.encodeControlFrame([id, method, checked]));
    return id;
  }

  /** Sends a message that `checkMessage` accepts, and returns its id. Copies the bytes. */
  sendData(channelId: ChannelId, bytes: Uint8Array, timeoutMs: number): number {
    assert(!this.#isOver, "no message after the end of the session");
    const id = this.#freeId();
    this.#requests.set(id, SENDING);
    wire.writeSendData(this.#outbound, id, channelId, timeoutMs, bytes);
    return id;
  }

  /** Lets the daemon send that much more unasked. */
  grant(credit: wire.Credit): void {
    if (this.#isOver) return;
    this.#creditBytes += credit.bytes;
    this.#creditMessages += credit.messages;
    this.#creditEffects += credit.effects;
    assert(
      this.#creditBytes <= LIMITS.ipcWindowBytesMax &&
        this.#creditMessages <= LIMITS.ipcWindowMessagesMax &&
        this.#creditEffects <= LIMITS.ipcWindowEffectsMax,
      "credit stays within the window",
    );
    wire.writeCredit(this.#outbound, credit);
  }

  /** Nobody waits for the call's answer any more. */
  abandon(id: number): void {
    const request = this.#requests.get(id);
    if (request !== undefined && request !== SENDING) request.abandoned = true;
  }

  handle(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(bytes);
      for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next())
        this.#frame(frame);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.close();
      this.#outputs.push({ type: "failure", error });
    }
  }

  /** What to do next. Pass false while the socket is full: what arrived is handed out all the same, or both ends might wait for each other. */
  poll(canTransmit = true): ClientOutput | undefined {
    const output = this.#outputs.shift();
    if (output !== undefined || !canTransmit) return output;
    const bytes = this.#outbound.take();
    return bytes && { type: "transmit", bytes };
  }

  /** The kernel has taken all bytes that `poll` gave out: their memory may be used again. */
  written(): void {
    this.#outbound.written();
  }

  /** The connection is over. The host tells those who wait. Frames that arrived whole can still be polled. */
  close(): void {
    this.#isOver = true;
    this.#reader.clear();
    this.#requests.clear();
    this.#channels.clear();
    this.#outbound.clear();
  }

  #freeId(): number {
    assert(this.#requests.size < wire.REQUEST_ID_MAX, "ids are not exhausted");
    while (this.#requests.has(this.#nextId)) this.#nextId = afterId(this.#nextId);
    const id = this.#nextId;
    this.#nextId = afterId(id);
    return id;
  }

  #frame(frame: Frame): void {
    switch (frame.type) {
      case wire.FRAME.control: {
        this.#control(frame.body);
        return;
      }
      case wire.FRAME.answerPart: {
        this.#answerPart(frame.body);
        return;
      }
      case wire.FRAME.sendDataAnswers: {
        for (const answers of wire.readSendDataAnswers(frame)) this.#sent(answers);
        return;
      }
      case wire.FRAME.receivedData: {
        this.#receivedData(frame);
        return;
      }
      default:
        throw new DecodeError("unknown-frame-type");
    }
  }

  #control(body: Uint8Array): void {
    const message = decodeControl(body);
    if (!Array.isArray(message) || message.length !== 3) throw new DecodeError("bad-message");
    const [id, second, third] = message as readonly unknown[];
    if (typeof id !== "number") throw new DecodeError("bad-id");
    if (id === wire.EVENT_ID) {
      this.#event(second, third);
      return;
    }
    const request = this.#requestOf(id);
    if (second !== null) {
      if (third !== null) throw new DecodeError("bad-answer");
      this.#settle(id, request, { ok: false, error: decodeError(second) });
      return;
    }
    if (request.method === "sendData") throw new DecodeError("wrong-answer");
    const schema = methodDefinition(request.method).result;
    if (request.items.length > 0 && !Array.isArray(third)) throw new DecodeError("bad-answer");
    // Of a list in parts only the last is checked here; the others were checked as they came.
    const outcome = checkResult(request.method, schema, third);
    if (outcome.ok && request.items.length > 0) {
      const result = [...request.items, ...(outcome.result as unknown[])];
      this.#settle(id, request, checkLength(request.method, schema, result));
      return;
    }
    this.#settle(id, request, outcome);
  }

  #answerPart(body: Uint8Array): void {
    const message = decodeControl(body);
    if (!Array.isArray(message) || message.length !== 2) throw new DecodeError("bad-part");
    const [id, items] = message as readonly unknown[];
    if (typeof id !== "number" || !Array.isArray(items) || items.length === 0)
      throw new DecodeError("bad-part");
    const request = this.#requestOf(id);
    if (request.method === "sendData") throw new DecodeError("wrong-answer");
    const schema = methodDefinition(request.method).result;
    if (schema.kind !== "array") throw new DecodeError("wrong-answer");
    const outcome = checkResult(request.method, schema, items);
    if (!outcome.ok || request.items.length + items.length > schema.max) throw new DecodeError("bad-part");
    // Nobody waits for the items of an abandoned request.
    if (!request.abandoned) request.items.push(...(outcome.result as unknown[]));
  }

  #event(topic: unknown, body: unknown): void {
    switch (topic) {
      case "effect": {
        const effect = fromDaemon(effectSchema, body);
        // The end of a stream comes whether there is credit or not.
        if (effect.type !== "effectsLost") {
          if (this.#creditEffects === 0) throw new DecodeError("beyond-credit");
          this.#creditEffects--;
        }
        this.#outputs.push({ type: "effect", effect });
        return;
      }
      case "channel": {
        const channel = fromDaemon(channelMeta, body);
        if (this.#channels.has(channel.channelId)) throw new DecodeError("channel-announced-twice");
        if (this.#channels.size >= LIMITS.channelsMax) throw new DecodeError("too-many-channels");
        this.#channels.set(channel.channelId, channel);
        return;
      }
      case "channelGone":
        if (!this.#channels.delete(fromDaemon(channelGone, body).channelId))
          throw new DecodeError("unknown-channel");
        return;
      default:
        throw new DecodeError("unknown-topic");
    }
  }

  #sent({ first, count, acknowledged }: wire.SendDataAnswers): void {
    for (let id = first; id < first + count; id++) {
      if (this.#requestOf(id) !== SENDING) throw new DecodeError("wrong-answer");
      this.#requests.delete(id);
    }
    this.#outputs.push({ type: "sent", first, count, acknowledged });
  }

  #receivedData(frame: Frame): void {
    const { channelId, messageAt } = wire.readReceivedData(frame, this.#channelIds);
    const length = frame.end - messageAt;
    const channel = this.#channels.get(channelId);
    if (channel === undefined) throw new DecodeError("unknown-channel");
    if (this.#creditMessages === 0 || length > this.#creditBytes) throw new DecodeError("beyond-credit");
    this.#creditMessages--;
    this.#creditBytes -= length;
    const bytes = this.#slab.take(length);
    bytes.set(frame.buffer.subarray(messageAt, frame.end));
    this.#outputs.push({ type: "data", channel, bytes });
  }

  #requestOf(id: number): Request {
    const request = this.#requests.get(id);
    if (request === undefined) throw new DecodeError("unknown-id");
    return request;
  }

  #settle(id: number, { method, abandoned }: Request, outcome: Outcome): void {
    this.#requests.delete(id);
    this.#outputs.push({ type: "answer", id, method, abandoned, outcome });
  }
}

const messageParams = object({
  channelId: idSchema("channel"),
  timeoutMs: methodDefinition("sendData").params["timeoutMs"]!,
});

let lastChannelId: ChannelId | undefined;

/** Throws MessageTooLarge or InvalidArgument. */
export function checkMessage(channelId: ChannelId, bytes: Uint8Array, timeoutMs: number): void {
  // The schema would throw InvalidArgument, and copy the bytes.
  if (!(bytes instanceof Uint8Array)) {
    const reason = "must be bytes";
    throw new AranyaError("InvalidArgument", `bytes: ${reason}`, { field: "bytes", reason });
  }
  if (bytes.length > LIMITS.ipcMessageBytesMax) throw messageTooLarge();
  // The channel of the last message is valid: to check it again would cost as much as the rest of a small message.
  if (channelId === lastChannelId && isTimeoutMs(timeoutMs)) return;
  validate(messageParams, { channelId, timeoutMs });
  lastChannelId = channelId;
}

function afterId(id: number): number {
  return id === wire.REQUEST_ID_MAX ? 1 : id + 1;
}

function checkResult(method: MethodName, schema: Schema, value: unknown): Outcome {
  try {
    return { ok: true, result: checkValue(schema, value, "result") };
  } catch (error) {
    if (!(error instanceof AranyaError)) throw error;
    return { ok: false, error: badAnswer(method, error.message) };
  }
}

function checkLength(method: MethodName, schema: Schema, result: readonly unknown[]): Outcome {
  return schema.kind === "array" && result.length <= schema.max
    ? { ok: true, result }
    : { ok: false, error: badAnswer(method, "result: too long") };
}

function badAnswer(method: MethodName, reason: string): AranyaError {
  return new AranyaError("ProtocolMismatch", `the daemon answered ${method} with something else: ${reason}`, {
    method,
    reason,
  });
}

function fromDaemon<S extends Schema>(schema: S, value: unknown): Infer<S> {
  try {
    return validate(schema, value);
  } catch (error) {
    if (!(error instanceof AranyaError)) throw error;
    throw new DecodeError("bad-event", 0, error.message);
  }
}
