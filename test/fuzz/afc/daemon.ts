/**
 * A live daemon over loopback UDP: two daemons with an open channel, and an observer on the way between them who sends on
 * what he sees, changes it and sends it again, from where the peer is and from elsewhere. The channel must go on, strangers
 * must hear nothing, the daemon must not grow, nor log more than a line a second.
 */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { idToBytes } from "../../../src/base/ids.ts";
import type { Client, DaemonConfig, TeamId } from "../../../src/client/index.ts";
import { memoryOf } from "../../bench/lib/process-files.ts";
import { DaemonProcess, eventually, freePort } from "../../support/daemon-process.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";
import { HostileDatagrams } from "./hostile-datagrams.ts";
import type { Attacker } from "./hostile-datagrams.ts";
import { GROWTH_BYTES_MAX } from "./endpoint.ts";

export interface DaemonReport {
  readonly sent: number;
  /** By the kernel, because the daemon did not keep up. */
  readonly lost: number;
  readonly answered: Readonly<Record<Attacker, number>>;
  readonly messages: number;
  readonly logLines: number;
  readonly seconds: number;
  /** Of what is alive. */
  readonly grownBytes: number;
  /** Of what the kernel counts, garbage not yet collected included. */
  readonly anonymousGrownBytes: number;
  readonly findings: string[];
}

/** From source, with what tells its memory. */
const COMMAND = [
  process.execPath,
  "--import",
  new URL("../../support/collector.ts", import.meta.url).href,
  resolve("src/cli/main.ts"),
] as const;
const LABEL = "telemetry";
const BATCH = 32;
/** Between two messages on the channel, in datagrams. */
const MESSAGE_EVERY = 2000;
const FACTOR: Readonly<Record<Attacker, number>> = { stranger: 0, key: 1, replay: 3 };
const SETTLE_MS = 1500;

export async function fuzzDaemon(options: {
  seed: number;
  datagrams: number;
  say?: (text: string) => void;
}): Promise<DaemonReport> {
  const { seed, datagrams, say = () => undefined } = options;
  const root = mkdtempSync(join(tmpdir(), "aranya-edge-fuzz-"));
  const world = new World(root);
  try {
    return await world.run(seed, datagrams, say);
  } finally {
    await world.close();
    rmSync(root, { recursive: true, force: true });
  }
}

class World {
  readonly #target: DaemonProcess;
  readonly #peer: DaemonProcess;
  readonly #sockets: Socket[] = [];

  constructor(root: string) {
    const daemon = (name: string): DaemonProcess => {
      mkdirSync(join(root, name));
      return new DaemonProcess(join(root, name), { command: COMMAND });
    };
    this.#target = daemon("target");
    this.#peer = daemon("peer");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const daemon of [this.#target, this.#peer])
      if (daemon.pid !== undefined) await daemon.stop("SIGKILL");
  }

  async run(seed: number, datagrams: number, say: (text: string) => void): Promise<DaemonReport> {
    const findings: string[] = [];
    const random = seededRandom(seed);
    const [targetPort, peerPort, betweenPort] = [await freePort(), await freePort(), await freePort()];
    const { target, peer, teamId } = await this.#team(targetPort, peerPort, betweenPort);
    const { encryptionKey } = await target.getKeyBundle();
    const hostile = new HostileDatagrams(
      { encryptionKey, deviceId: idToBytes(await target.getDeviceId()) },
      seed,
    );

    // Between the two: what the peer's name leads to, and what the target takes for the peer.
    const between = await this.#socket(betweenPort);
    const beyond = await this.#socket(0);
    between.on("message", (datagram) => {
      hostile.saw(new Uint8Array(datagram));
      beyond.send(datagram, peerPort, "127.0.0.1");
    });
    beyond.on("message", (datagram) => {
      hostile.saw(new Uint8Array(datagram));
      between.send(datagram, targetPort, "127.0.0.1");
    });
    const attackers = {
      stranger: await this.#attacker(),
      key: await this.#attacker(),
      replay: await this.#attacker(),
    };

    await peer.pollData(0);
    const channel = await target.createChannel(teamId, `127.0.0.1:${betweenPort}`, LABEL);
    let messages = 0;
    const exchange = async (): Promise<void> => {
      const text = `message ${messages++}`;
      if (!(await target.sendData(new TextEncoder().encode(text), channel, 20_000)))
        findings.push(`not sent: ${text}`);
      if (!(await peer.pollData(20_000))) findings.push(`not there: ${text}`);
      const buffer = new Uint8Array(100);
      const { length } = peer.readData(buffer);
      const read = new TextDecoder().decode(buffer.subarray(0, length));
      if (read !== text) findings.push(`${read} instead of ${text}`);
    };
    for (let i = 0; i < 20; i++) await exchange();

    const linesBefore = this.#target.log.length;
    const startedAt = performance.now();
    let from = { live: 0, anonymous: 0 };
    for (let n = 0; n < datagrams && findings.length < 20; n++) {
      const { attacker, bytes } = hostile.next();
      // Some of it from where the peer is: then an answer is the peer's to judge.
      if (random(4) === 0) between.send(bytes, targetPort, "127.0.0.1");
      else attackers[attacker].send(bytes, targetPort);
      if (n % BATCH === 0) await turn();
      if (n % MESSAGE_EVERY === 0) await exchange();
      if (n === Math.floor(datagrams / 4)) {
        await sleep(SETTLE_MS);
        from = await this.#memory();
      }
      if (n % 50_000 === 0) say(`daemon: ${n} datagrams`);
    }
    await exchange();
    await sleep(SETTLE_MS);
    const to = await this.#memory();
    const grownBytes = to.live - from.live;
    const anonymousGrownBytes = to.anonymous - from.anonymous;
    const seconds = (performance.now() - startedAt) / 1000;
    const logLines = this.#target.log.slice(linesBefore).filter((line) => line.msg !== "memory").length;
    if (logLines > seconds) findings.push(`${logLines} log lines in ${seconds.toFixed(0)} s`);
    if (grownBytes > GROWTH_BYTES_MAX) findings.push(`grown by ${grownBytes} bytes`);
    const answered = { stranger: 0, key: 0, replay: 0 };
    for (const name of ["stranger", "key", "replay"] as const) {
      const { sentBytes, receivedBytes } = attackers[name];
      answered[name] = receivedBytes;
      if (receivedBytes > FACTOR[name] * sentBytes) {
        findings.push(`${receivedBytes} bytes to a ${name} that sent ${sentBytes}`);
      }
    }
    const bug = this.#target.log.find((line) => line.msg === "bug");
    if (bug !== undefined) findings.push(JSON.stringify(bug));
    if (this.#target.stderr !== "") findings.push(this.#target.stderr);
    const lost = kernelDrops(targetPort);
    await target.deleteChannel(teamId, channel);
    if ((await target.channels()).length !== 0) findings.push("a channel is left");
    await Promise.all([target.close(), peer.close()]);
    const code = await this.#target.stop();
    if (code !== 0) findings.push(`the daemon ended with ${code}`);
    return {
      sent: datagrams,
      lost,
      answered,
      messages,
      logLines,
      seconds,
      grownBytes,
      anonymousGrownBytes,
      findings,
    };
  }

  async #memory(): Promise<{ live: number; anonymous: number }> {
    const seen = new Set(this.#target.log);
    process.kill(this.#target.pid!, "SIGUSR2");
    const { liveBytes } = await this.#target.logged("memory", (line) => !seen.has(line));
    return { live: liveBytes as number, anonymous: memoryOf(this.#target.pid!).anonymous };
  }

  /** Two users of one team; the target knows the peer by the address of whoever is between. */
  async #team(
    targetPort: number,
    peerPort: number,
    betweenPort: number,
  ): Promise<{ target: Client; peer: Client; teamId: TeamId }> {
    const config = (port: number): DaemonConfig => ({
      sync: { listen: `127.0.0.1:${port}` },
      afc: { listen: `127.0.0.1:${port}` },
    });
    this.#target.start();
    this.#peer.start();
    const target = await this.#target.connect(config(targetPort));
    const peer = await this.#peer.connect(config(peerPort));
    const [targetId, peerId] = [await target.initDevice(), await peer.initDevice()];
    const teamId = await target.createTeam();
    await target.createLabel(teamId, LABEL);
    await target.addDevice(teamId, await peer.getKeyBundle(), "peer");
    await target.assignRole(teamId, peerId, "user");
    for (const [id, port] of [
      [targetId, targetPort],
      [peerId, betweenPort],
    ] as const) {
      await target.assignLabel(teamId, id, LABEL);
      await target.assignNetworkName(teamId, id, `127.0.0.1:${port}`);
    }
    await target.assignRole(teamId, targetId, "user"); // channels are for users
    await peer.addTeam(teamId);
    await peer.syncNow(`127.0.0.1:${targetPort}`, teamId);
    await eventually(
      "the peer has the team",
      () => peer.devices(teamId),
      (devices) => devices.length === 2,
    );
    return { target, peer, teamId };
  }

  async #attacker(): Promise<{
    sentBytes: number;
    receivedBytes: number;
    send(bytes: Uint8Array, port: number): void;
  }> {
    const socket = await this.#socket(0);
    const attacker = {
      sentBytes: 0,
      receivedBytes: 0,
      send: (bytes: Uint8Array, port: number): void => {
        attacker.sentBytes += bytes.length;
        socket.send(bytes, port, "127.0.0.1");
      },
    };
    socket.on("message", (datagram) => (attacker.receivedBytes += datagram.length));
    return attacker;
  }

  async #socket(port: number): Promise<Socket> {
    const socket = createSocket("udp4");
    this.#sockets.push(socket);
    socket.on("error", () => undefined);
    await new Promise<void>((done) => socket.bind(port, "127.0.0.1", done));
    return socket;
  }
}

/** Of the socket on this port: the last column of /proc/net/udp. */
function kernelDrops(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const line = readFileSync("/proc/net/udp", "latin1")
    .split("\n")
    .find((l) => l.trim().split(/\s+/)[1]?.endsWith(local));
  return Number(line?.trim().split(/\s+/).at(-1) ?? 0);
}
