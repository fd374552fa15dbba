/** What each method of the table does: from checked parameters to the services that do the work. */
import type { Address } from "../base/address.ts";
import { toHex } from "../base/bytes.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { rank, roleFromRank } from "../base/roles.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { DaemonStatus } from "../ipc/info.ts";
import { PROTOCOL_VERSION } from "../ipc/methods.ts";
import type { Handlers } from "../ipc/methods.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import type { memoryFigures } from "../io/process-figures.ts";
import { devicesOf, isClosed, LABELS, rankOf } from "../policy/default/tables.ts";
import type { Acted, Actions } from "../team/actions.ts";
import type { ChannelService } from "./channels.ts";
import type { Device } from "./device.ts";
import type { MetricsService } from "./metrics/metrics-service.ts";
import type { SyncService } from "./sync-service.ts";
import type { Teams } from "./teams.ts";

export interface Services {
  readonly version: string;
  readonly aead: "evp" | "plain";
  readonly device: Device;
  readonly teams: Teams;
  readonly sync: SyncService;
  readonly channels: ChannelService;
  readonly metrics: MetricsService;
  readonly uptimeMs: () => number;
  readonly memory: typeof memoryFigures;
  auditStatus(): DaemonStatus["audit"];
  /** Takes settings over or throws `ConfigMismatch`. */
  configure(wanted: DaemonConfig, connection: IpcConnection): Promise<void>;
  /** After `InitDevice`: what waited for keys. Throws `InvalidArgument` where an address cannot be listened on. */
  deviceReady(): Promise<void>;
}

export function handlersOf(services: Services): Handlers<IpcConnection> {
  const { device, teams, sync, channels } = services;

  const act = (teamId: TeamId, action: (actions: Actions) => Acted): boolean =>
    teams.act(teamId, device.keys(), action).changed;

  /** Before a revocation: pulls from peers, so that as little as possible is concurrent with it. */
  const revoke = async (teamId: TeamId, action: (actions: Actions) => Acted): Promise<boolean> => {
    device.keys();
    teams.synced(teamId);
    await sync.refresh(teamId);
    return act(teamId, action);
  };

  const lowers = (teamId: TeamId, deviceId: DeviceId, to: number): boolean => {
    const held = rankOf(teams.synced(teamId).facts, deviceId);
    return held !== undefined && to < held;
  };

  return {
    hello: async ({ config }, connection) => {
      await services.configure(config, connection);
      return { protocol: PROTOCOL_VERSION, version: services.version };
    },
    listen: (_params, connection) => channels.listenFor(connection),

    initDevice: async () => {
      const deviceId = device.init();
      await services.deviceReady();
      return deviceId;
    },
    getDeviceId: () => device.keys().deviceId,
    getKeyBundle: () => device.keys().bundle,
    addTeam: ({ teamId }) => {
      device.keys();
      return teams.add(teamId);
    },
    removeTeam: ({ teamId }) => {
      device.keys();
      sync.removeTeam(teamId);
      channels.closeTeam(teamId);
      return teams.remove(teamId);
    },

    addSyncPeer: ({ address, teamId, rateMs, expectedDeviceId }) => {
      device.keys();
      return sync.addPeer(address, teamId, rateMs, expectedDeviceId);
    },
    removeSyncPeer: ({ address, teamId }) => {
      device.keys();
      return sync.removePeer(address, teamId);
    },
    syncNow: ({ address, teamId, timeoutMs, expectedDeviceId }, connection) => {
      device.keys();
      return sync.syncNow(address, teamId, { timeoutMs, expectedDeviceId, signal: connection.signal });
    },

    createTeam: () => teams.create(device.keys()),
    closeTeam: ({ teamId }) => act(teamId, (actions) => actions.closeTeam()),
    addDevice: ({ teamId, keyBundle, commonName }) =>
      teams.act(teamId, device.keys(), (actions) => actions.addDevice(keyBundle, commonName)).deviceId,
    removeDevice: ({ teamId, deviceId }) => revoke(teamId, (actions) => actions.removeDevice(deviceId)),
    assignRole: ({ teamId, deviceId, role }) => {
      device.keys();
      const assign = (actions: Actions): Acted => actions.assignRole(deviceId, role);
      return lowers(teamId, deviceId, rank(role)) ? revoke(teamId, assign) : act(teamId, assign);
    },
    revokeRole: ({ teamId, deviceId, role }) =>
      revoke(teamId, (actions) => actions.revokeRole(deviceId, role)),
    assignNetworkName: ({ teamId, deviceId, netIdentifier }) =>
      act(teamId, (actions) => actions.assignNetworkName(deviceId, netIdentifier)),
    revokeNetworkName: ({ teamId, deviceId, netIdentifier }) =>
      act(teamId, (actions) => actions.revokeNetworkName(deviceId, netIdentifier)),
    createLabel: ({ teamId, label }) => act(teamId, (actions) => actions.createLabel(label)),
    deleteLabel: ({ teamId, label }) => act(teamId, (actions) => actions.deleteLabel(label)),
    assignLabel: ({ teamId, deviceId, label }) =>
      act(teamId, (actions) => actions.assignLabel(deviceId, label)),
    revokeLabel: ({ teamId, deviceId, label }) =>
      act(teamId, (actions) => actions.revokeLabel(deviceId, label)),

    createChannel: (params, connection) => channels.create(params, connection),
    deleteChannel: ({ teamId, channelId }, connection) => {
      device.keys();
      teams.get(teamId);
      return channels.delete(teamId, channelId, connection);
    },

    status: () => ({
      version: services.version,
      ...(device.keysIfAny !== undefined && { deviceId: device.keysIfAny.deviceId }),
      uptimeMs: services.uptimeMs(),
      memory: services.memory(),
      damagedLogs: teams.damagedLogs,
      sync: listenOf(sync.address),
      metrics: listenOf(services.metrics.address),
      afc: { ...channels.afcStatus, aead: services.aead },
      audit: services.auditStatus(),
    }),
    metrics: async () => ({ text: await services.metrics.text() }),
    teams: () => {
      device.keys();
      return teams.list();
    },
    team: ({ teamId }) => {
      device.keys();
      const team = teams.synced(teamId);
      const stalledForMs = sync.stalledForMs(teamId);
      return {
        teamId,
        ...(stalledForMs !== undefined && { stalledForMs }),
        policyId: team.policyId!,
        closed: isClosed(team.facts),
        heads: team.heads().slice(0, LIMITS.syncHeadsMax),
        commandCount: team.commandCount,
        unheard: [...team.unheardDevices()].slice(-LIMITS.unheardNamedMax),
        asideCount: team.pooledCount,
        stateDigest: toHex(team.stateDigest()),
      };
    },
    devices: ({ teamId }) => {
      device.keys();
      return devicesOf(teams.synced(teamId).facts).map(
        ({ deviceId, commonName, rank: r, netIdentifier, labels, bundle }) => ({
          deviceId,
          commonName,
          role: roleFromRank(r)!,
          ...(netIdentifier !== undefined && { netIdentifier }),
          labels: [...labels],
          keyBundle: bundle,
        }),
      );
    },
    labels: ({ teamId }) => {
      device.keys();
      return [...teams.synced(teamId).facts.entries(LABELS)].map(([label]) => label).sort();
    },
    syncPeers: () => {
      device.keys();
      return sync.peers();
    },
    channels: () => {
      device.keys();
      return channels.list();
    },
  };
}

function listenOf(address: Address | undefined): { listen?: string } {
  return address === undefined ? {} : { listen: `${address.host}:${address.port}` };
}
