/** Bugs to plant, one for each checker, so that its silence counts for something: each must be seen within a few seeds. */
import { LIMITS } from "../../src/base/limits.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { MATRIX } from "../../src/policy/default/matrix.ts";
import { AppendLog } from "../../src/store/append-log.ts";
import { MissingCommands } from "../../src/sync/missing.ts";
import { Requester } from "../../src/sync/requester.ts";
import { Responder } from "../../src/sync/responder.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import type { SimulationOptions } from "./simulation.ts";
import type { Checker } from "./violation.ts";

export interface Planted {
  readonly bug: string;
  readonly seenBy: Checker;
  readonly options?: Pick<SimulationOptions, "prepareFiles">;
  /** Breaks the product; answers with what mends it. */
  plant?(): () => void;
}

/** Puts something else in the place of a member until what it answers with is called. */
function put(owner: object, name: string, descriptor: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { ...descriptor, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}

function arrivalDecides(): () => void {
  const places = new WeakMap<object, number>();
  let last = 0;
  const value = (command: object): number => {
    if (!places.has(command)) places.set(command, ++last % 5);
    return places.get(command)!;
  };
  return put(defaultPolicy, "priority", { value });
}

export const PLANTED: readonly Planted[] = [
  { bug: "the order of arrival decides the order of the braid", seenBy: "replicas", plant: arrivalDecides },
  {
    bug: "authority depends on the braid alone",
    seenBy: "authority",
    plant: () => put(defaultPolicy, "rule", { value: () => [] }),
  },
  {
    bug: "a cell of the role matrix is wrong",
    seenBy: "matrix",
    plant: () => put(MATRIX, "AssignNetworkName", { value: { user: "any", owner: "any", admin: "any" } }),
  },
  {
    bug: "the log says it is durable before it is",
    seenBy: "durability",
    options: { prepareFiles: (files) => (files.skips = "dataSync") },
  },
  {
    bug: "pages with nothing new are taken without end",
    seenBy: "bounds",
    plant: () => put(LIMITS, "syncStalledPagesMax", { value: Infinity, enumerable: true }),
  },
  {
    bug: "an asker waits for ever",
    seenBy: "bounds",
    plant: () => {
      const handle = Object.getOwnPropertyDescriptor(Requester.prototype, "handle")!
        .value as Requester["handle"];
      return put(Requester.prototype, "handle", {
        value: function (this: Requester, ...[input, now]: Parameters<Requester["handle"]>) {
          if (input.type !== "timeout") handle.call(this, input, now);
        },
      });
    },
  },
  {
    bug: "a damaged log counts as whole",
    seenBy: "forks",
    plant: () => put(AppendLog.prototype, "incomplete", { get: () => false }),
  },
  {
    bug: "signatures are not looked at",
    seenBy: "authenticity",
    plant: () => put(FakeSuite.prototype, "ed25519Verify", { value: () => true }),
  },
  {
    bug: "what the asker lacks is not found beyond a few commands",
    seenBy: "convergence",
    plant: () => put(MissingCommands.prototype, "peek", { value: () => undefined }),
  },
  {
    bug: "who subscribed is told nothing",
    seenBy: "convergence",
    plant: () => {
      const handle = Object.getOwnPropertyDescriptor(Responder.prototype, "handle")!
        .value as Responder["handle"];
      return put(Responder.prototype, "handle", {
        value: function (this: Responder, ...[input, now]: Parameters<Responder["handle"]>) {
          if (input.type !== "changed") handle.call(this, input, now);
        },
      });
    },
  },
  {
    bug: "the store throws what nobody expects",
    seenBy: "errors",
    plant: () =>
      put(AppendLog.prototype, "markComplete", {
        value: () => {
          throw new TypeError("planted");
        },
      }),
  },
];
