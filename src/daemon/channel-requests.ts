/** What peers ask for: strangers get no answer; a member gets one, and a reason if it is no. */
import { formatAddress } from "../base/address.ts";
import type { ErrorCode } from "../base/codes.ts";
import { DecodeError } from "../base/errors.ts";
import type { DeviceId } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { AfcEvent, Delivery } from "../afc/index.ts";
import type { AfcHost } from "./afc-host.ts";
import type { Auditor } from "./audit-trail.ts";
import { auditRefused, auditUnknown } from "./audited-channels.ts";
import type { ChannelCounts } from "./channel-counts.ts";
import { CatchUp } from "./catch-up.ts";
import type { CatchUpOptions } from "./catch-up.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import { refusalReason } from "./channel-reasons.ts";
import { isMember, refusalOf } from "./channel-rights.ts";
import { decodeEphemeral } from "./ephemeral-command.ts";
import type { EphemeralCommand } from "./ephemeral-command.ts";
import type { Logger } from "./log.ts";
import type { Teams } from "./teams.ts";

export interface ChannelRequestsOptions<Owner> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit?: Auditor | undefined;
  readonly teams: Teams;
  readonly afc: Pick<AfcHost, "isRunning" | "endpoint" | "planDrain">;
  readonly counts: Pick<ChannelCounts["incoming"], "refused" | "ignored">;
  readonly refresh: CatchUpOptions["refresh"];
  readonly deviceId: () => DeviceId;
  /** Who takes incoming channels. */
  readonly owner: () => Owner | undefined;
  readonly accepted: (handle: number, binding: ChannelBinding, delivery: Delivery, owner: Owner) => void;
}

type Request = AfcEvent & { kind: "request" };

export class ChannelRequests<Owner> {
  readonly #options: ChannelRequestsOptions<Owner>;
  readonly #catchUp: CatchUp;

  constructor(options: ChannelRequestsOptions<Owner>) {
    this.#options = options;
    this.#catchUp = new CatchUp(options);
  }

  /** Decided at once where the graph as it is says yes; else after it was brought up to date, if that is to be had. */
  handle(request: Request): void {
    const { afc, teams } = this.#options;
    const command = decoded(request.payload);
    if (command === undefined || !teams.has(command.teamId)) {
      auditUnknown(this.#options.audit, request.from);
      this.#ignore(request);
      return;
    }
    const pulled =
      this.#isWelcome(request, command) || this.#options.owner() === undefined
        ? undefined
        : this.#catchUp.forDevice(command.teamId, request.initiatorEncryptionKey);
    if (pulled === undefined) {
      this.#decide(request, command);
      return;
    }
    void pulled.then(() => {
      if (!afc.isRunning) return;
      if (teams.has(command.teamId)) this.#decide(request, command);
      else this.#ignore(request);
      afc.planDrain();
    });
  }

  #ignore({ request }: Request): void {
    this.#options.counts.ignored++;
    this.#options.afc.endpoint.ignore(request);
  }

  #isWelcome({ initiatorEncryptionKey }: Request, command: EphemeralCommand): boolean {
    const { teams, deviceId } = this.#options;
    const team = teams.get(command.teamId);
    return (
      isMember(team, command.author, initiatorEncryptionKey) &&
      refusalOf(team, command, deviceId()) === undefined
    );
  }

  #decide(request: Request, command: EphemeralCommand): void {
    const { teams, clock, log, afc, accepted } = this.#options;
    const { endpoint } = afc;
    const { teamId, author, op } = command;
    const team = teams.get(teamId);
    if (!isMember(team, author, request.initiatorEncryptionKey)) {
      auditUnknown(this.#options.audit, request.from);
      this.#ignore(request);
      return;
    }
    const deviceId = this.#options.deviceId();
    const owner = this.#options.owner();
    const code = refusalOf(team, command, deviceId);
    if (code !== undefined || owner === undefined) {
      const reason: ErrorCode = code ?? "NoListener";
      this.#options.counts.refused++;
      endpoint.refuse(request.request, refusalReason(reason), clock.now());
      log.debug({ teamId, author, code: reason, from: formatAddress(request.from) }, "channel refused");
      auditRefused(this.#options.audit, command, reason);
      return;
    }
    const handle = endpoint.accept(request.request, clock.now());
    if (handle === undefined) return;
    const binding: ChannelBinding = {
      teamId,
      label: op.label,
      initiator: { deviceId: author, name: op.ownName },
      responder: { deviceId, name: op.targetName },
      peerDeviceId: author,
    };
    accepted(handle, binding, request.delivery, owner);
  }
}

function decoded(payload: Uint8Array): EphemeralCommand | undefined {
  try {
    return decodeEphemeral(payload);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}
