/** Every queue, map, window and size that something outside can grow, each with its maximum. Units stand in the names or beside; the rest are counts. */
export const LIMITS = {
  // graph
  commandBytesMax: 2048,
  parentsMax: 55,
  signingKeysPerDeviceMax: 4, // in one command's past; an honest device has one
  // crypto
  verifyKeysCachedMax: 1024,
  // what people paste: the block itself is 330 characters, the rest is quoting and white space
  keyBundleTextBytesMax: 4096,
  // names people choose, UTF-8 bytes
  commonNameBytesMax: 64,
  labelBytesMax: 64,
  netIdentifierBytesMax: 253 + 6,
  // teams and devices
  teamsMax: 64,
  devicesPerTeamMax: 4096,
  labelsPerTeamMax: 1024,
  commandsPerTeamMax: 1_000_000,
  // one author: beyond either it is heard no more by itself
  commandsPerAuthorMax: 32_768,
  forkedCommandsMax: 64,
  undoRecordsMax: 2048, // commands that can be taken back one by one, a team
  unheardNamedMax: 64, // of such authors, in an answer
  unheardPooledMax: 16_384, // commands of such authors, in memory only
  // sync
  syncMessageBytesMax: 512 * 1024,
  syncPageBytesMax: 256 * 1024,
  syncHeadsMax: 256,
  syncSampleMax: 128,
  syncPeersMax: 256,
  syncSessionsInboundMax: 160,
  syncStrangersMax: 96, // of those, connections that have not yet been served any team
  syncSubscribersMax: 128, // inbound connections that stay open for hello; the rest are for who only pulls
  syncSubscribersPerDeviceMax: 2, // connections of one device that subscribed to one team
  syncSubscriptionsPerConnectionMax: 64,
  syncRequestBytesMax: 16 * 1024, // the longest request the asked reads: a pull with all heads and samples is 13 kB
  syncRoundsMax: 8, // pulls that make up one, where the asked gets new commands meanwhile
  syncStalledPagesMax: 16, // pages in a row that brought nothing new
  syncRequestsPerSecondMax: 32, // per connection; more are answered later, not refused
  syncHandshakeTimeoutMs: 10_000, // from TCP accept to the end of the TLS handshake
  syncStrangerTimeoutMs: 15_000, // a connection that has not yet been served any team
  syncIdleTimeoutMs: 120_000, // a connection that asks for nothing, subscribed or not
  syncKeepAliveMs: 45_000, // an asker that subscribed says something at least this often
  syncHelloIntervalMs: 250, // between two heads messages of the asked, and between two pulls that they cause at the asker
  syncHelloSpacingMs: 5, // for each further subscriber the asked waits up to this longer, so that not all pull at once
  syncHelloJitterMs: 200, // and never longer than this
  syncReturnMs: 1000, // until a connection lost while it stood for hello is sought again; then twice that, and so on
  syncPageTimeoutMs: 60_000, // a page, from asking to its last byte
  syncPullTimeoutMs: 600_000, // one pull; what was admitted stays, the next goes on from there
  syncResolveTimeoutMs: 10_000,
  // ipc
  ipcFrameBytesMax: 2 * 1024 * 1024,
  ipcConnectionsMax: 64,
  ipcHelloTimeoutMs: 10_000, // a connection whose hello has not been answered well, and that waits for no answer
  ipcRequestsInFlightMax: 256,
  ipcRequestBytesMax: 64 * 1024,
  ipcRequestsWaitingMax: 65_536,
  ipcSendsInFlightMax: 256,
  ipcSendBytesInFlightMax: 4 * 1024 * 1024,
  ipcMessageBytesMax: 1024 * 1024,
  ipcWindowBytesMax: 2 * 1024 * 1024,
  ipcWindowMessagesMax: 1024,
  ipcWindowEffectsMax: 256,
  ipcOutboundQueueBytesMax: 8 * 1024 * 1024,
  effectsQueuedMax: 4096,
  // afc
  datagramBytesMax: 1200, // what every path is taken to bear
  datagramBytesProbedMax: 1472, // where the path was found to take more: UDP over IPv4 over Ethernet
  channelsMax: 1024,
  channelsPerPeerMax: 256,
  handshakesPendingMax: 256,
  handshakesPendingPerDeviceMax: 8,
  handshakesPendingBusy: 128, // from here on an address proves itself first
  handshakesPerSecondMax: 64, // of addresses that have not: more are given cookies, and cost no curve operation
  handshakesPerHostPerSecondMax: 32, // of one that has, while others are given cookies
  handshakeAnswersPerSecondMax: 16, // read for each handshake of our own, and as many from elsewhere; an honest responder sends one for each repetition
  handshakeHostsMax: 1024, // whose handshakes are counted
  handshakesRememberedMax: 4096, // whose first message is not answered again
  catchUpRequestsMax: 64, // that wait for the graph to be brought up to date
  catchUpDevicesMax: 1024, // for which that was done lately
  channelsRememberedMax: 1024, // closed, and the reason still told
  channelsClosingMax: 256, // still telling their peer
  datagramsQueuedMax: 2048, // of handshakes and closes, while the socket takes none
  channelSendMessagesMax: 1024,
  channelSendBytesMax: 1024 * 1024,
  channelReceiveMessagesMax: 1024, // each may keep a datagram in memory
  channelsReceiveMessagesMax: 16_384, // on all channels together, beyond the 32 that each may be sent unasked
  channelReceiveBytesMax: 512 * 1024,
  channelsReceiveBytesMax: 16 * 1024 * 1024, // on all channels together, beyond the 64 KiB that each may be sent unasked
  channelsLentBytesMax: 16 * 1024 * 1024, // beyond those, for messages that do not fit them
  channelMessageBytesMax: 1024 * 1024,
  channelUnreliableMessageBytesMax: 64 * 1024, // arriving in part, and again for one that waits: every channel's own
  replayWindowBits: 8192,
  receivedMessagesQueuedMax: 4096,
  receivedBytesQueuedMax: 4 * 1024 * 1024,
  leftBehindBytesMax: 8 * 1024 * 1024, // acknowledged to peers that closed, and not yet taken by the application
  leftBehindBytesPerPeerMax: 2 * 1024 * 1024,
  // store, per team
  damagedLogsKeptMax: 4,
  // audit log
  auditBytesMax: 1024 * 1024, // all files together, unless configured otherwise
  auditLineBytesMax: 4096,
  auditTextBytesMax: 256, // of what others chose, as it is escaped
  auditDetailsMax: 8, // in a line
  auditLinesPerSealMax: 32, // so many lines at most that only the chain holds together
  auditWaitingMax: 64, // lines, until it is known whether this device may write flash
  auditSubjectsMax: 1024, // devices and users whose last outcome is remembered
  auditCausesMax: 256, // counted apart from each other
  auditStrangersBurst: 16, // lines about strangers, and then one in ten minutes
  auditMembersBurst: 64, // about members, of each act, and then one a minute
  auditClientsBurst: 64, // about clients, of each act that writes no command, and then one in ten seconds
  auditFindingsMax: 32, // told of one verification
  auditFilesMax: 1024, // verified or shown together
  // log: what stderr has not taken, on a full disk for instance
  logBytesWaitingMax: 64 * 1024,
  logCausesMax: 256, // of warnings and errors, each limited by itself
  // metrics
  metricsTextBytesMax: 1536 * 1024, // 64 teams and 256 peers with the longest names fit
  metricsSeriesMax: 8192,
  metricsConnectionsMax: 8, // to the port, where one is configured; a newcomer puts out the oldest
  metricsScrapesPerSecondMax: 10, // by that port
  metricsRequestBytesMax: 4096, // of a request with its headers
  metricsConnectionMs: 10_000, // from accept to the last byte of the answer
  // configuration and paths
  configBytesMax: 64 * 1024,
  socketPathBytesMax: 107,
  // reports of other devices' measurements, compared
  measureReportBytesMax: 1024 * 1024,
  measureReportsMax: 256,
  measureFiguresMax: 1024, // and as many notes, in a report
  measureTextMax: 400, // characters of each text in it
} as const;

export type LimitName = keyof typeof LIMITS;
