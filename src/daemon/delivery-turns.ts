/**
 * Channels with messages that wait for credit of their application. Credit is spent one message per channel, in turn:
 * otherwise a peer that always has more to send would keep younger channels waiting for ever. A channel whose message the
 * credit was too small for keeps its place in front.
 */
interface Waiting {
  readonly owner: object;
  readonly inbox: { readonly length: number };
}

export class DeliveryTurns<C extends Waiting> {
  readonly #waiting = new Map<object, Set<C>>();

  /** Call after the channel's inbox has changed. */
  note(channel: C): void {
    const { owner, inbox } = channel;
    const waiting = this.#waiting.get(owner);
    if (inbox.length > 0) {
      if (waiting === undefined) this.#waiting.set(owner, new Set([channel]));
      else waiting.add(channel);
    } else {
      waiting?.delete(channel);
      if (waiting?.size === 0) this.#waiting.delete(owner);
    }
  }

  /** `deliver` hands the owner at most `messagesMax` of the channel's messages and returns how many it took. */
  serve(owner: object, deliver: (channel: C, messagesMax: number) => number): void {
    const waiting = this.#waiting.get(owner);
    if (waiting === undefined) return;
    for (let taken = true; taken;) {
      taken = false;
      for (const channel of [...waiting]) {
        const isAlone = waiting.size === 1;
        if (deliver(channel, isAlone ? Number.POSITIVE_INFINITY : 1) > 0) {
          taken = true;
          waiting.delete(channel); // behind the others
        }
        this.note(channel);
      }
    }
  }
}
