import { expect, onTestFinished } from "vitest";
import { type Stack, type StackOptions, startStack } from "../support/stack.ts";

/** A stack that ends with the test, and fails it when the mirror sent on what it must not. */
export async function stackForTest(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  onTestFinished(async () => {
    await stack.close();
    expect(stack.hub.leaks).toEqual([]);
  });
  return stack;
}
