import type { Delivery } from "../afc/index.ts";
import type { AranyaError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import type { ChannelMeta } from "../ipc/info.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { OutcomeTable } from "./outcome-table.ts";

/** What the daemon keeps of a channel. It belongs to the connection that opened or accepted it. */
export interface OwnedChannel {
  readonly id: ChannelId;
  readonly handle: number;
  readonly binding: ChannelBinding;
  readonly delivery: Delivery;
  readonly direction: "outgoing" | "incoming";
  readonly owner: IpcConnection;
  readonly meta: ChannelMeta;
  /** Arrived, and not yet taken by the owner. */
  readonly inbox: MessageQueue;
  /** Being sent, or waiting to be. */
  readonly outcomes: OutcomeTable;
  state: "opening" | "open";
  /** Of an outgoing one, until it is open. */
  opening: { resolve(id: ChannelId): void; reject(error: AranyaError): void } | undefined;
}
