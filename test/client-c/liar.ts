/** A daemon that answers as a test tells it, byte for byte: greets well unless told otherwise, then says what it likes. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeControl } from "../../src/ipc/cbor.ts";
import { FrameReader } from "../../src/ipc/frame-reader.ts";
import { PROTOCOL_VERSION } from "../../src/ipc/methods.ts";
import { encodeControlFrame, FRAME } from "../../src/ipc/wire.ts";
import { decodeSendData } from "../support/ipc-frames.ts";

export interface Asked {
  readonly id: number;
  /** `sendData` for messages. */
  readonly method: string;
  readonly bytes?: Uint8Array;
}

export type Answer = (asked: Asked, socket: Socket) => Uint8Array | undefined;

export class Liar {
  readonly directory = mkdtempSync(join(tmpdir(), "aranya-edge-liar-"));
  readonly socketPath = join(this.directory, "socket");
  readonly asked: Asked[] = [];
  readonly sockets: Socket[] = [];
  connected: (socket: Socket) => void = () => undefined;
  hello: Answer = ({ id }) => encodeControlFrame([id, null, { protocol: PROTOCOL_VERSION, version: "liar" }]);
  answer: Answer = () => undefined;
  #server: Server | undefined;

  async start(): Promise<this> {
    const server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on("error", () => undefined);
      this.connected(socket);
      const reader = new FrameReader();
      socket.on("data", (chunk: Buffer) => {
        reader.push(chunk);
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          if (frame.type === FRAME.control) {
            const [id, method] = decodeControl(frame.body) as [number, string];
            this.#reply({ id, method }, socket);
          } else if (frame.type === FRAME.sendData) {
            const { id, bytes } = decodeSendData(frame);
            this.#reply({ id, method: "sendData", bytes }, socket);
          }
        }
      });
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(this.socketPath, () => done()));
    return this;
  }

  #reply(asked: Asked, socket: Socket): void {
    this.asked.push(asked);
    const bytes = (asked.method === "hello" ? this.hello : this.answer)(asked, socket);
    if (bytes !== undefined) socket.write(bytes);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => this.#server?.close(() => done()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A frame of any type and body. */
export function frameOf(type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + body.length);
  new DataView(frame.buffer).setUint32(0, 1 + body.length);
  frame[4] = type;
  frame.set(body, 5);
  return frame;
}
