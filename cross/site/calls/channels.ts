import type { CallDocs } from "./call-doc.ts";

export const CHANNELS: CallDocs<"createChannel" | "deleteChannel" | "pollData" | "readData" | "sendData"> = {
  createChannel: {
    result: "The channel's id, which means something to this daemon only.",
    effects: [
      { type: "channelOpened", where: "both ends" },
      { type: "channelClosed", where: "both ends", when: "later, when it closes" },
    ],
    notes:
      "A `reliable` channel delivers every message, whole, in order; an `unreliable` one sends each once, and what is newer " +
      "wins. The peer needs an application that takes channels, else `NoListener`. [Channels](../afc.md) says what a " +
      "channel promises.",
    shell: "aranya-edge channel send gateway telemetry --wait 30s < reading.json",
    ts: `const channelId = await client.createChannel(teamId, "gateway.example", "telemetry", { timeoutMs: 10_000 });
// Sensor readings, of which only the newest counts:
const readings = await client.createChannel(teamId, "gateway.example", "telemetry", { delivery: "unreliable" });`,
    c: `aranya_edge_options options = {.timeout_ms = 10000};
aranya_edge_create_channel(client, &team_id, "gateway.example", "telemetry", ARANYA_EDGE_DELIVERY_RELIABLE,
                           &channel_id, &options);`,
    related: ["sendData", "deleteChannel", "assignNetworkName", "assignLabel", "channels"],
  },
  deleteChannel: {
    result: "True. A channel that is not there, or is another connection's, is `UnknownChannel`.",
    effects: [{ type: "channelClosed", where: "both ends" }],
    notes: "The command line closes a channel by ending the command that opened it.",
    shell: "aranya-edge channel open gateway telemetry",
    ts: "await client.deleteChannel(teamId, channelId);",
    c: "aranya_edge_delete_channel(client, &team_id, &channel_id, &changed, NULL);",
    related: ["createChannel", "channels"],
  },
  pollData: {
    result:
      "True when `readData` has a message; false after the time without one. In C the latter is `ARANYA_EDGE_TIMEOUT`.",
    effects: [],
    notes:
      "Of several applications at one daemon the first that polled takes the channels that others open. With a time of 0 it " +
      "looks without waiting.",
    shell: "aranya-edge channel recv --count 1 --idle 60s",
    ts: `const buffer = new Uint8Array(64 * 1024);
while (await client.pollData(60_000)) {
  const { length, remoteNetIdentifier, label } = client.readData(buffer);
  console.log(\`\${label} from \${remoteNetIdentifier}: \${length} bytes\`);
}`,
    c: `unsigned char buffer[64 * 1024];
aranya_edge_received received;
while (aranya_edge_poll_data(client, 60000) == ARANYA_EDGE_OK)
  if (aranya_edge_read_data(client, buffer, sizeof buffer, &received) == ARANYA_EDGE_OK)
    printf("%s from %s: %zu bytes\\n", received.label, received.remote_net_identifier, (size_t)received.length);`,
    related: ["readData", "createChannel"],
  },
  readData: {
    result: "Length of the message, its channel, team and label, and the network name of its sender.",
    effects: [],
    notes: "It never waits: `pollData` does. Messages of a channel come in order.",
    shell: "aranya-edge channel recv --json",
    ts: `const buffer = new Uint8Array(1024 * 1024);
const { length, channelId: from } = client.readData(buffer);
const message = buffer.subarray(0, length);`,
    c: `unsigned char buffer[4096];
aranya_edge_received received;
aranya_edge_read_data(client, buffer, sizeof buffer, &received);`,
    related: ["pollData", "sendData"],
  },
  sendData: {
    result:
      "True once the peer's daemon has acknowledged all of it (unreliable: once it is sent). False at the time-out: the outcome " +
      "is unknown. In C the latter is `ARANYA_EDGE_TIMEOUT`.",
    effects: [],
    notes:
      "Acknowledged means taken over by the peer's daemon, which hands it to the application. Answers of your own tell that the " +
      "application has dealt with it. A message has up to 1 MiB, 64 KiB on an unreliable channel.",
    shell: "echo 21.5 degrees | aranya-edge channel send gateway telemetry",
    ts: `const reading = new TextEncoder().encode(JSON.stringify({ celsius: 21.5 }));
const isThere = await client.sendData(reading, channelId, 5_000);`,
    c: `aranya_edge_options options = {.timeout_ms = 5000};
aranya_edge_send_data(client, "21.5", 4, &channel_id, &options);`,
    related: ["createChannel", "pollData", "readData"],
  },
};
