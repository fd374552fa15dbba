/**
 * A Map and a Set that take memory only once something is put in. An empty Map or Set takes a quarter of a kilobyte, and
 * most of those of a thousand idle channels are empty.
 */
export class LazyMap<K, V> {
  #map: Map<K, V> | undefined;

  get size(): number {
    return this.#map === undefined ? 0 : this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map === undefined ? undefined : this.#map.get(key);
  }

  set(key: K, value: V): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    return this.#map !== undefined && this.#map.delete(key);
  }

  values(): Iterable<V> {
    return this.#map === undefined ? NONE : this.#map.values();
  }

  clear(): void {
    this.#map = undefined;
  }
}

export class LazySet<T> {
  #set: Set<T> | undefined;

  get size(): number {
    return this.#set === undefined ? 0 : this.#set.size;
  }

  add(item: T): void {
    this.#set ??= new Set();
    this.#set.add(item);
  }

  /** Whether it was there. */
  delete(item: T): boolean {
    return this.#set !== undefined && this.#set.delete(item);
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? NONE)[Symbol.iterator]();
  }

  clear(): void {
    this.#set = undefined;
  }
}

const NONE: readonly never[] = [];
