/** Every queue, map, window and size that something outside can grow, each with its maximum. Bytes unless named. */
export const LIMITS = {
  // graph
  commandBytesMax: 2048,
  parentsMax: 55,
  // names people choose, UTF-8 bytes
  commonNameBytesMax: 64,
  labelBytesMax: 64,
  netIdentifierBytesMax: 253 + 6,
  // teams and devices
  teamsMax: 64,
  devicesPerTeamMax: 4096,
  labelsPerTeamMax: 1024,
  commandsPerTeamMax: 1_000_000,
  // sync
  syncMessageBytesMax: 512 * 1024,
  syncPageBytesMax: 256 * 1024,
  syncHeadsMax: 256,
  syncSampleMax: 128,
  syncPeersMax: 256,
  syncSessionsInboundMax: 64,
  // ipc
  ipcFrameBytesMax: 2 * 1024 * 1024,
  ipcConnectionsMax: 64,
  ipcRequestsInFlightMax: 256,
  ipcOutboundQueueBytesMax: 8 * 1024 * 1024,
  effectsQueuedMax: 4096,
  // afc
  datagramBytesMax: 1200,
  channelsMax: 4096,
  channelsPerPeerMax: 256,
  handshakesPendingMax: 256,
  handshakesPendingPerDeviceMax: 8,
  replayWindowBits: 8192,
  receivedMessagesQueuedMax: 4096,
  receivedBytesQueuedMax: 4 * 1024 * 1024,
  // store, per team
  damagedLogsKeptMax: 4,
  // configuration and paths
  configBytesMax: 64 * 1024,
  socketPathBytesMax: 107,
} as const;

export type LimitName = keyof typeof LIMITS;
