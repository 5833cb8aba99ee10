import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Stack, type StackOptions, startStack } from "../support/stack.ts";

/**
 * Starts one stack for the tests of a file. They share its caches, so that each needs repositories
 * of its own. After each test the hub serves again, and nothing may have leaked.
 *
 * @returns the stack, once a test runs.
 */
export function useStack(options: StackOptions = {}): () => Stack {
  let stack: Stack | null = null;
  beforeAll(async () => {
    stack = await startStack(options);
  });
  afterEach(() => {
    const leaks = [...(stack?.hub.leaks ?? [])];
    stack?.hub.reset();
    expect(leaks).toEqual([]);
  });
  afterAll(() => stack?.close());
  return () => {
    if (stack === null) throw new Error("The stack has not been started yet.");
    return stack;
  };
}
