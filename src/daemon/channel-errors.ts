import { AranyaError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import { refusalCode } from "./channel-reasons.ts";

export function unknownChannel(channelId: ChannelId): AranyaError {
  return new AranyaError("UnknownChannel", "no such channel belongs to this client", { channelId });
}

export function channelClosed(channelId: ChannelId, reason: string): AranyaError {
  return new AranyaError("ChannelClosed", `the channel is closed: ${reason}`, { channelId, reason });
}

export function clientGone(): AranyaError {
  return new AranyaError("DaemonUnavailable", "the client has disconnected");
}

/** Of a channel that was to be opened, by the peer's daemon. */
export function channelRefused({ responder, teamId }: ChannelBinding, reason: number): AranyaError {
  const code = refusalCode(reason) ?? "PeerRefused";
  const fields = { teamId, netIdentifier: responder.name, reason: code };
  return code === "NoListener"
    ? new AranyaError("NoListener", "no application listens for channels on the peer", fields)
    : new AranyaError("PeerRefused", `the peer refused the channel: ${code}`, fields);
}

export function noAnswer({ responder: { name: netIdentifier } }: ChannelBinding): AranyaError {
  const message = `${netIdentifier} did not answer: it may be down, unreachable, or not know this device yet`;
  return new AranyaError("PeerUnreachable", message, { netIdentifier, reason: "timeout" });
}
