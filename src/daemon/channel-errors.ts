import { AranyaError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";

export function unknownChannel(channelId: ChannelId): AranyaError {
  return new AranyaError("UnknownChannel", "no such channel belongs to this client", { channelId });
}

export function channelClosed(channelId: ChannelId, reason: string): AranyaError {
  return new AranyaError("ChannelClosed", `the channel is closed: ${reason}`, { channelId, reason });
}

export function clientGone(): AranyaError {
  return new AranyaError("DaemonUnavailable", "the client has disconnected");
}
