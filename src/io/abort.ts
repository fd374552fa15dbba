import { setMaxListeners } from "node:events";

/** For many to wait on: Node 20 warns of a leak from the eleventh on. */
export function abortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
