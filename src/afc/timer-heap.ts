import type { Instant } from "../base/time.ts";

/** What can be due. The two fields belong to the heap. */
export interface Timed {
  heapIndex: number;
  dueAt: Instant | undefined;
}

/** The heap as seen by those who set what is theirs. */
export type Timers<T extends Timed> = Pick<TimerHeap<T>, "set">;

/** The earliest of thousands of deadlines, each moved in logarithmic time; one entry for each thing, never stale. */
export class TimerHeap<T extends Timed> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): T | undefined {
    return this.#heap[0];
  }

  /** Undefined takes it out. */
  set(item: T, dueAt: Instant | undefined): void {
    if (item.dueAt === undefined) {
      if (dueAt === undefined) return;
      item.dueAt = dueAt;
      this.#heap.push(item);
      this.#up(item, this.#heap.length - 1);
    } else if (dueAt === undefined) {
      item.dueAt = undefined;
      const last = this.#heap.pop()!;
      if (last !== item) this.#settle(last, item.heapIndex);
      item.heapIndex = -1;
    } else if (dueAt !== item.dueAt) {
      item.dueAt = dueAt;
      this.#settle(item, item.heapIndex);
    }
  }

  #settle(item: T, at: number): void {
    this.#up(item, at);
    if (item.heapIndex === at) this.#down(item, at);
  }

  #up(item: T, at: number): void {
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt]!;
      if (parent.dueAt! <= item.dueAt!) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(item, at);
  }

  #down(item: T, at: number): void {
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= this.#heap.length) break;
      if (childAt + 1 < this.#heap.length && this.#heap[childAt + 1]!.dueAt! < this.#heap[childAt]!.dueAt!)
        childAt++;
      const child = this.#heap[childAt]!;
      if (child.dueAt! >= item.dueAt!) break;
      this.#put(child, at);
      at = childAt;
    }
    this.#put(item, at);
  }

  #put(item: T, at: number): void {
    this.#heap[at] = item;
    item.heapIndex = at;
  }
}
