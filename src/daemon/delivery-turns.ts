/**
 * Channels whose application had no credit for what arrived on them. When it gives some they get it one message at a time,
 * in turn: a peer that always has more would otherwise keep everything from those whose channel is younger. Who could not
 * have what it needs stays in front of those who could.
 */
interface Waiting {
  readonly owner: object;
  readonly inbox: { readonly length: number };
}

export class DeliveryTurns<C extends Waiting> {
  readonly #waiting = new Map<object, Set<C>>();

  /** After something came into its inbox, or went out of it. */
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

  /** `deliver`: to the owner, so many of the channel's messages at most; how many it took. */
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
