/** Single frames of the Unix socket, as the sessions write them, and what is in them. */
import type { ChannelId } from "../../src/base/ids.ts";
import { FrameQueue } from "../../src/ipc/frame-queue.ts";
import type { Frame } from "../../src/ipc/frame-reader.ts";
import * as wire from "../../src/ipc/wire.ts";

function written(write: (queue: FrameQueue) => void): Uint8Array {
  const queue = new FrameQueue();
  write(queue);
  return queue.take()!;
}

export interface SendData {
  readonly id: number;
  readonly channelId: ChannelId;
  readonly timeoutMs: number;
  readonly bytes: Uint8Array;
}

export function encodeSendData({ id, channelId, timeoutMs, bytes }: SendData): Uint8Array {
  return written((to) => wire.writeSendData(to, id, channelId, timeoutMs, bytes));
}

export function encodeSendDataAnswers(...ranges: wire.SendDataAnswers[]): Uint8Array {
  return written((to) => wire.writeSendDataAnswers(to, ranges));
}

export function encodeReceivedData(channelId: ChannelId, bytes: Uint8Array): Uint8Array {
  return written((to) => wire.writeReceivedData(to, channelId, bytes));
}

export function encodeCredit(credit: wire.Credit): Uint8Array {
  return written((to) => wire.writeCredit(to, credit));
}

export function decodeSendData(frame: Pick<Frame, "buffer" | "start" | "end">): SendData {
  const { messageAt, ...header } = wire.readSendData(frame, new wire.ChannelReader());
  return { ...header, bytes: frame.buffer.slice(messageAt, frame.end) };
}

export function decodeReceivedData(frame: Pick<Frame, "buffer" | "start" | "end">): {
  channelId: ChannelId;
  bytes: Uint8Array;
} {
  const { channelId, messageAt } = wire.readReceivedData(frame, new wire.ChannelReader());
  return { channelId, bytes: frame.buffer.slice(messageAt, frame.end) };
}
