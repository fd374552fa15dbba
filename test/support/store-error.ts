import { StoreError } from "../../src/base/errors.ts";

/** The StoreError that `action` throws; fails where it throws none. */
export function errorOf(action: () => unknown): StoreError {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing thrown");
}
