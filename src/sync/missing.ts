import type { CommandId } from "../base/ids.ts";
import type { CommandSource } from "../graph/source.ts";

/** Positions that are marked neither way are ancestors of known commands all the way down. */
const WANTED = 1;
const KNOWN = 2;

/**
 * What an asker lacks: every command that is neither shown nor an ancestor of one shown, in the order of arrival, so
 * parents first. Costs time in proportion to what lies above the newest common ancestors, and a byte of memory per
 * command there. A graph that grows is followed to its end; positions already passed are never visited again.
 */
export class MissingCommands {
  readonly source: CommandSource;
  readonly #shown: readonly CommandId[];
  /** Marks of the positions from `#start` to `#end`. */
  #marks = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** The next position to look at; everything below is known to the asker or was handed out. */
  #cursor = 0;

  constructor(source: CommandSource, shown: readonly CommandId[]) {
    this.source = source;
    this.#shown = shown;
  }

  /** The position of the next missing command, or undefined when the asker has everything there is now. */
  peek(): number | undefined {
    while (true) {
      for (; this.#cursor < this.#end; this.#cursor++) {
        if (this.#marks[this.#cursor - this.#start] === WANTED) return this.#cursor;
      }
      if (this.#end >= this.source.size) return undefined;
      this.#mark(this.#end, this.source.size);
    }
  }

  /** The next commands, at least one unless none is missing, together at most `bytesMax` or a single one. */
  take(bytesMax: number): Uint8Array[] {
    const commands: Uint8Array[] = [];
    let total = 0;
    for (let index = this.peek(); index !== undefined; index = this.peek()) {
      const bytes = this.source.bytesAt(index);
      if (commands.length > 0 && total + bytes.length > bytesMax) break;
      commands.push(bytes);
      total += bytes.length;
      this.#cursor = index + 1;
    }
    return commands;
  }

  /** Walks back from the heads, newest first, until all that is left to visit is known to the asker. */
  #mark(from: number, to: number): void {
    const { source } = this;
    const marks = new Uint8Array(to - from);
    let wanted = 0;
    for (const id of this.#shown) {
      const index = source.indexOf(id);
      if (index !== undefined && index >= from) marks[index - from] = KNOWN;
    }
    const want = (index: number): void => {
      if (index < from || marks[index - from] !== 0) return;
      marks[index - from] = WANTED;
      wanted++;
    };
    for (const id of source.heads()) want(source.indexOf(id)!);
    let index = to;
    while (wanted > 0) {
      index--;
      const known = marks[index - from] === KNOWN;
      if (!known) wanted--;
      for (const parent of source.parentsAt(index)) {
        if (!known) want(parent);
        else if (parent >= from) {
          if (marks[parent - from] === WANTED) wanted--;
          marks[parent - from] = KNOWN;
        }
      }
    }
    // What lies below `index` is known: the marks there are all KNOWN or none.
    this.#start = index;
    this.#marks = marks.slice(index - from);
    this.#cursor = index;
    this.#end = to;
  }
}
