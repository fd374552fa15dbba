import type { ChannelInfo } from "../ipc/info.ts";
import type { AfcFigures } from "./afc-host.ts";
import type { ChannelCounts } from "./channel-counts.ts";
import type { OwnedChannel } from "./owned-channel.ts";

/** What there is to say of channels, for whoever watches over them. */
export interface ChannelFigures {
  readonly channels: Readonly<Record<OwnedChannel["state"], number>>;
  readonly counts: ChannelCounts;
  readonly afc: AfcFigures;
}

export function channelFigures(
  channels: Iterable<OwnedChannel>,
  counts: ChannelCounts,
  afc: AfcFigures,
): ChannelFigures {
  const states = { opening: 0, open: 0 };
  for (const { state } of channels) states[state]++;
  return { channels: states, counts, afc };
}

/** Without what a peer has only begun: its first message may be a replay. */
export function channelList(channels: Iterable<OwnedChannel>): ChannelInfo[] {
  const visible = [...channels].filter((c) => c.direction === "outgoing" || c.state === "open");
  return visible.map(({ meta, binding, delivery, state, direction }) => ({
    ...meta,
    peerDeviceId: binding.peerDeviceId,
    delivery,
    state,
    direction,
  }));
}
