/** A daemon without a device: canned answers behind a real session on a real socket. */
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DecodeError, LimitError } from "../../../src/base/errors.ts";
import { AranyaError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { Id } from "../../../src/base/ids.ts";
import { IpcConnection, noIpcCounts } from "../../../src/io/ipc-connection.ts";
import { listenUnix } from "../../../src/io/unix-socket.ts";
import type { UnixListener } from "../../../src/io/unix-socket.ts";
import { mergeDaemonConfig } from "../../../src/ipc/config.ts";
import type { DaemonConfig } from "../../../src/ipc/config.ts";
import { PROTOCOL_VERSION } from "../../../src/ipc/methods.ts";
import type { HandledMethod, Handlers } from "../../../src/ipc/methods.ts";
import type { SendDataEvent } from "../../../src/ipc/server-session.ts";

/** 32 times the same byte. */
export function testId<T extends Id>(byte: number): T {
  return idFromBytes<T>(new Uint8Array(32).fill(byte));
}

export const KEY_BUNDLE = {
  identityKey: new Uint8Array(32).fill(1),
  signingKey: new Uint8Array(32).fill(2),
  encryptionKey: new Uint8Array(32).fill(3),
  signature: new Uint8Array(64).fill(4),
};

/** A promise somebody else settles. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((r) => (resolve = r));
  return { promise, resolve };
}

export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

const answers: Handlers<IpcConnection> = {
  hello: () => ({ protocol: PROTOCOL_VERSION, version: "toy" }),
  listen: () => true,
  initDevice: () => testId(1),
  getDeviceId: () => testId(1),
  getKeyBundle: () => KEY_BUNDLE,
  addTeam: () => true,
  removeTeam: () => true,
  addSyncPeer: () => true,
  removeSyncPeer: () => true,
  syncNow: () => ({ received: 3, accepted: 2, recalled: 1, heads: [testId(9)] }),
  createTeam: () => testId(2),
  closeTeam: () => true,
  addDevice: () => testId(3),
  removeDevice: () => true,
  assignRole: () => true,
  revokeRole: () => true,
  assignNetworkName: () => true,
  revokeNetworkName: () => true,
  createLabel: () => true,
  deleteLabel: () => true,
  assignLabel: () => false,
  revokeLabel: () => true,
  createChannel: () => testId(5),
  deleteChannel: () => true,
  status: () => ({
    version: "toy",
    deviceId: testId(3),
    uptimeMs: 1234,
    memory: { anonymousBytes: 16e6, residentBytes: 70e6 },
    damagedLogs: 0,
    sync: { listen: "127.0.0.1:4321" },
    metrics: {},
    afc: { listen: "0.0.0.0:4321", udp: "segments", aead: "evp", ciphers: ["chacha20-poly1305"] },
    audit: { state: "disk", seq: 7, head: "ab".repeat(32), lost: 0 },
  }),
  metrics: () => ({ text: "# EOF\n" }),
  teams: () => [testId(2)],
  team: () => ({
    teamId: testId(2),
    policyId: "toy",
    closed: false,
    heads: [testId(9)],
    commandCount: 5_000_000_000,
    unheard: [testId(4)],
    asideCount: 12,
    stateDigest: "ab".repeat(32),
  }),
  devices: () => [
    { deviceId: testId(3), commonName: "Bob", role: "user", labels: ["telemetry"], keyBundle: KEY_BUNDLE },
  ],
  labels: () => ["telemetry"],
  syncPeers: () => [
    {
      address: "hub.example",
      teamId: testId(2),
      rateMs: 1000,
      lastError: { code: "PeerUnreachable", reason: "refused", at: 1 },
    },
  ],
  channels: () => [
    {
      channelId: testId(5),
      teamId: testId(2),
      peerDeviceId: testId(3),
      remoteNetIdentifier: "bob.example",
      label: "telemetry",
      delivery: "reliable",
      state: "open",
      direction: "outgoing",
    },
  ],
};

export class ToyDaemon {
  readonly directory = mkdtempSync(join(tmpdir(), "aranya-edge-ipc-"));
  readonly socketPath = join(this.directory, "socket");
  readonly calls: { readonly method: HandledMethod; readonly params: unknown }[] = [];
  readonly connections = new Set<IpcConnection>();
  readonly failures: (DecodeError | LimitError)[] = [];
  readonly bugs: unknown[] = [];
  /** The server's ends, for tests that write what no session would. */
  readonly sockets: Socket[] = [];
  config: DaemonConfig = {};
  creditCalls = 0;
  handlers: Handlers<IpcConnection> = answers;
  /** Throws to refuse. */
  sendData: (message: SendDataEvent) => boolean | Promise<boolean> = () => true;
  sendDataEnds: () => void = () => undefined;
  #listener: UnixListener | undefined;

  async start(): Promise<this> {
    const entries = Object.keys(answers) as HandledMethod[];
    const recorded = Object.fromEntries(
      entries.map((method) => [
        method,
        (params: unknown, connection: IpcConnection) => {
          this.calls.push({ method, params });
          if (method === "hello") {
            this.config = mergeDaemonConfig(this.config, (params as { config: DaemonConfig }).config);
          }
          return (this.handlers[method] as (p: unknown, c: IpcConnection) => unknown)(params, connection);
        },
      ]),
    ) as unknown as Handlers<IpcConnection>;
    this.#listener = await listenUnix(this.socketPath, (socket) => {
      this.sockets.push(socket);
      const connection = new IpcConnection(socket, {
        handlers: recorded,
        counts: noIpcCounts(),
        sendData: (message, c) => this.#answer(message, c),
        sendDataEnds: () => this.sendDataEnds(),
        credit: () => {
          this.creditCalls++;
        },
        closed: (c, failure) => {
          this.connections.delete(c);
          if (failure !== undefined) this.failures.push(failure);
        },
        bug: (error) => void this.bugs.push(error),
      });
      this.connections.add(connection);
    });
    return this;
  }

  /** Replaces some answers. */
  answer(some: Partial<Handlers<IpcConnection>>): void {
    this.handlers = { ...this.handlers, ...some };
  }

  #answer(message: SendDataEvent, connection: IpcConnection): void {
    const outcome = this.sendData(message); // what it throws is a refusal
    if (typeof outcome === "boolean") {
      connection.answerSend(message.id, outcome);
      return;
    }
    outcome.then(
      (acknowledged) => connection.answerSend(message.id, acknowledged),
      (error: unknown) => connection.refuseSend(message.id, error as AranyaError),
    );
  }

  get connection(): IpcConnection {
    return [...this.connections][0]!;
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The error's code and fields, whatever it is that was thrown. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ code: string; fields: Readonly<Record<string, unknown>> }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AranyaError) return { code: error.code, fields: error.fields };
    throw error;
  }
  throw new Error("it was not refused");
}
