/**
 * A member of a team whose software is its own: it has keys and a graph, listens as a device does, and answers as it likes.
 * What it makes of the wire is the product's, so that only what is meant to be wrong is.
 */
import { concat } from "../../src/base/bytes.ts";
import { parseAddress } from "../../src/base/address.ts";
import { idToBytes } from "../../src/base/ids.ts";
import type { CommandId, DeviceId, TeamId } from "../../src/base/ids.ts";
import { encodeCbor } from "../../src/codec/cbor.ts";
import type { Cbor } from "../../src/codec/cbor.ts";
import { DOMAIN } from "../../src/crypto/domain.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { Judging } from "../../src/daemon/judging.ts";
import { PeerConnection } from "../../src/daemon/peer-connection.ts";
import { Teams } from "../../src/daemon/teams.ts";
import { signCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { systemClock } from "../../src/io/clock.ts";
import { systemEntropy } from "../../src/io/entropy.ts";
import { AddressBook } from "../../src/io/resolve.ts";
import { listenTls } from "../../src/io/tls.ts";
import type { TlsListener, TlsPeer } from "../../src/io/tls.ts";
import { encodeFields } from "../../src/policy/default/operation.ts";
import { WorkDirectory } from "../../src/store/account.ts";
import { Responder } from "../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "../../src/sync/wire.ts";
import type { SyncMessage } from "../../src/sync/wire.ts";
import { FaultyFiles } from "./faulty-files.ts";
import { keysFromSeed } from "./world.ts";
import { SILENT_LOG } from "./silent-log.ts";

const suite = nodeSuite();
/** What is done with each message of one connection. */
export type Answers = (peer: TlsPeer) => (message: SyncMessage) => void;

export class HostileMember {
  readonly keys: DeviceKeys;
  readonly teams: Teams;

  constructor(seed: string) {
    this.keys = keysFromSeed(suite, seed);
    const work = WorkDirectory.open(new FaultyFiles(), "/w");
    this.teams = new Teams({ suite, entropy: systemEntropy, work, log: SILENT_LOG });
  }

  get deviceId(): DeviceId {
    return this.keys.deviceId;
  }

  /** Pulls as a device does. */
  async learn(teamId: TeamId, address: string): Promise<void> {
    this.teams.add(teamId);
    const { teams, keys } = this;
    const judging = new Judging(teams, systemClock);
    const { signal } = new AbortController();
    const connection = await PeerConnection.open(
      { suite, clock: systemClock, teams, judging, addresses: new AddressBook(), keys: () => keys },
      { address: parseAddress(address)!, teamId },
      signal,
    );
    await connection.pull(signal);
    connection.close();
  }

  listen(port: number, answers: Answers): Promise<TlsListener> {
    return listenTls({
      host: "127.0.0.1",
      port,
      keys: this.keys,
      onConnection: (peer, place) => {
        place.kept();
        const reader = new FrameReader();
        const answer = answers(peer);
        peer.onData((bytes) => {
          for (const body of reader.read(bytes)) answer(decodeSyncMessage(body));
        });
      },
    });
  }

  /** As it should be. */
  honestly(): Answers {
    return (peer) => {
      const now = systemClock.now();
      const responder = new Responder({ authorize: (teamId) => this.teams.get(teamId).source, now });
      return (message) => {
        responder.handle({ type: "bytes", bytes: encodeSyncMessage(message) }, systemClock.now());
        for (let out = responder.poll(); out !== undefined; out = responder.poll())
          if (out.type === "transmit") peer.write(out.bytes);
      };
    };
  }

  /** Commands that build on each other without end: each is well-formed and signed, and none is allowed. */
  *endless(teamId: TeamId, onTopOf: readonly CommandId[]): Generator<Command, never> {
    let parents = onTopOf;
    for (let n = 0; ; n++) {
      const op = { kind: "CreateLabel", label: `flood ${n}` } as const;
      const command = signCommand(suite, this.keys.signingSecret, {
        scope: teamId,
        author: this.deviceId,
        parents,
        kind: op.kind,
        role: 0,
        fields: encodeFields(op),
      });
      yield command;
      parents = [command.id];
    }
  }

  /** A signed command with parts of its payload replaced, by their place; `tail` is put at its end. */
  forge(
    teamId: TeamId,
    changes: { [Part in keyof typeof PARTS]?: Cbor },
    ...tail: readonly Cbor[]
  ): Uint8Array {
    const heads = this.teams.get(teamId).heads().map(idToBytes);
    const fields = encodeFields({ kind: "CreateLabel", label: "forged" });
    const good: Cbor[] = [
      1,
      idToBytes(teamId),
      idToBytes(this.deviceId),
      heads,
      "CreateLabel",
      0,
      [...fields],
    ];
    for (const [part, value] of Object.entries(changes)) good[PARTS[part as keyof typeof PARTS]] = value;
    const payload = encodeCbor([...good, ...tail]);
    const { signingSecret } = this.keys;
    return concat(suite.ed25519Sign(signingSecret, concat(DOMAIN.commandSignature, payload)), payload);
  }
}

const PARTS = { version: 0, scope: 1, author: 2, parents: 3, kind: 4, role: 5, fields: 6 } as const;
