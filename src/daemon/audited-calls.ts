/**
 * Which calls of clients leave a line, and what it says: driven by the table beside that of methods. Calls that read, and what was so
 * already, leave none.
 */
import type { PeerCredentials } from "../../platform/peer-credentials.ts";
import type { AuditDetail, AuditEntry } from "../audit/line.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import { AUDITED } from "../ipc/audited.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import { asRefusal } from "../ipc/errors.ts";
import type { HandledMethod, Handlers } from "../ipc/methods.ts";
import type { KeyBundle } from "../codec/key-bundle.ts";
import type { AuditTrail } from "./audit-trail.ts";

export interface AuditedCallsOptions {
  readonly trail: AuditTrail;
  readonly suite: CipherSuite;
  readonly isInitialised: () => boolean;
}

type Handle = (params: unknown, connection: IpcConnection) => unknown;
type Loose = Readonly<Record<string, unknown>>;

/** Of parameters, what a line says beside team and target. Contents and keys are not among them. */
const DETAILS = [
  "commonName",
  "role",
  "label",
  "netIdentifier",
  "delivery",
  "address",
  "rateMs",
  "expectedDeviceId",
  "channelId",
] as const;

export class AuditedCalls {
  readonly #options: AuditedCallsOptions;
  readonly #clients = new WeakMap<IpcConnection, { readonly who: string; readonly user: string }>();
  #count = 0;

  constructor(options: AuditedCallsOptions) {
    this.#options = options;
  }

  /** Who a connection is, in the lines to come. */
  connected(connection: IpcConnection, credentials: PeerCredentials | undefined): void {
    const user = credentials === undefined ? "uid:unknown" : `uid:${credentials.uid}`;
    const pid = credentials === undefined ? "" : ` pid:${credentials.pid}`;
    this.#clients.set(connection, { who: `client:${++this.#count} ${user}${pid}`, user });
  }

  /** One more than there may be, or one that spoke nonsense. */
  refused(outcome: string, connection?: IpcConnection): void {
    const who = (connection && this.#clients.get(connection)?.who) ?? "client:unknown";
    this.#options.trail.record({ who, act: "client.refused", outcome }, "client");
  }

  /** Settings changed at its word. To be said before they are in force: they may end the log. */
  configured(connection: IpcConnection, wanted: DaemonConfig): void {
    const { who } = this.#clientOf(connection);
    this.#welcome(connection);
    const detail = { settings: JSON.stringify(wanted) };
    this.#options.trail.record({ who, act: "daemon.configure", outcome: "done", detail }, "client");
  }

  /** The same handlers, with lines about what they did. */
  around(handlers: Handlers<IpcConnection>): Handlers<IpcConnection> {
    const audited: Record<string, unknown> = { ...handlers };
    for (const method of Object.keys(handlers) as HandledMethod[]) {
      if (AUDITED[method] === "never") continue;
      const handle = handlers[method] as Handle;
      audited[method] =
        method === "hello"
          ? (params: unknown, connection: IpcConnection) => this.#hello(handle, params, connection)
          : (params: unknown, connection: IpcConnection) => this.#call(method, handle, params, connection);
    }
    return audited as unknown as Handlers<IpcConnection>;
  }

  async #call(
    method: HandledMethod,
    handle: Handle,
    params: unknown,
    connection: IpcConnection,
  ): Promise<unknown> {
    const { trail, isInitialised } = this.#options;
    const isAlways = AUDITED[method] === "always";
    const entry = this.#entry(method, params as Loose, connection);
    const had = isInitialised();
    let result: unknown;
    try {
      result = await handle(params, connection);
    } catch (error) {
      const { outcome, detail } = refusalOf(error);
      // An address that cannot be listened on refuses the call, and not the keys: when it is tried again they are not new.
      const areKeysMade = method === "initDevice" && !had && isInitialised();
      const said: AuditDetail = { ...entry.detail, ...detail, ...(areKeysMade && { keys: "made" }) };
      trail.record({ ...entry, outcome, detail: said }, "client");
      if (areKeysMade) trail.seal("keys");
      throw error;
    }
    const isChange = method === "initDevice" ? !had : result !== false;
    if (!isChange) return result;
    trail.record(withResult(method, entry, result), isAlways ? "always" : "client");
    if (method === "initDevice") trail.seal("keys");
    if (isAlways) await trail.durable();
    return result;
  }

  /** A user's first connection, and what changes: a program that asks again and again is one line. */
  async #hello(handle: Handle, params: unknown, connection: IpcConnection): Promise<unknown> {
    let result: unknown;
    try {
      result = await handle(params, connection);
    } catch (error) {
      this.#welcome(connection, refusalOf(error));
      throw error;
    }
    this.#welcome(connection);
    return result;
  }

  #welcome(connection: IpcConnection, answer: ReturnType<typeof refusalOf> = { outcome: "done" }): void {
    const { who, user } = this.#clientOf(connection);
    const entry = { who, act: "client.connect", ...answer };
    this.#options.trail.news(`client.connect ${user}`, entry, "client");
  }

  #clientOf(connection: IpcConnection): { readonly who: string; readonly user: string } {
    return this.#clients.get(connection) ?? { who: "client:unknown", user: "uid:unknown" };
  }

  #entry(method: HandledMethod, params: Loose, connection: IpcConnection): Omit<AuditEntry, "outcome"> {
    const detail: Record<string, string | number> = {};
    for (const name of DETAILS) {
      const value = params[name];
      if (typeof value === "string" || typeof value === "number") detail[name] = value;
    }
    const bundle = params["keyBundle"] as KeyBundle | undefined;
    const target =
      bundle === undefined
        ? (params["deviceId"] as string | undefined)
        : deviceIdOf(this.#options.suite, bundle.identityKey);
    return {
      who: this.#clientOf(connection).who,
      act: `call.${method}`,
      team: params["teamId"] as string | undefined,
      target,
      detail,
    };
  }
}

function withResult(method: HandledMethod, entry: Omit<AuditEntry, "outcome">, result: unknown): AuditEntry {
  const done = { ...entry, outcome: "done" };
  if (typeof result !== "string") return done;
  if (method === "createTeam") return { ...done, team: result };
  if (method === "initDevice") return { ...done, target: result };
  return method === "createChannel" ? { ...done, detail: { ...entry.detail, channelId: result } } : done;
}

/** As the client is told it, and which rule it was. */
function refusalOf(error: unknown): { readonly outcome: string; readonly detail?: AuditDetail } {
  const refusal = asRefusal(error);
  if (refusal === undefined) return { outcome: "Bug" };
  const { code, fields } = refusal;
  const detail: Record<string, string | number> = {};
  for (const name of ["rule", "reason", "setting", "field", "name"]) {
    const value = fields[name];
    if (typeof value === "string" && Object.keys(detail).length < 2) detail[name] = value;
  }
  return { outcome: code, detail };
}
