import { expect, test } from "vitest";
import { withLength } from "../../src/platform/sized-stream.ts";

/** A body as it comes from the network, in two chunks. */
function bodyOf(text: string): ReadableStream<Uint8Array> {
  const half = Math.ceil(text.length / 2);
  const chunks = [text.slice(0, half), text.slice(half)].filter((chunk) => chunk !== "");
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(chunk));
    },
  });
}

test.each(["abc", ""])("a body with its length is passed on unchanged: %j", async (text) => {
  const { stream, done } = withLength(bodyOf(text), text.length);
  expect(await new Response(stream).text()).toBe(text);
  await expect(done).resolves.toBeUndefined();
});

test.each([2, 4])("a body of 3 bytes with a length of %i fails", async (length) => {
  const { stream } = withLength(bodyOf("abc"), length);
  await expect(new Response(stream).text()).rejects.toThrow(TypeError);
});

test("the end of the reader ends the body", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel: () => cancelled.resolve(),
  });
  const { stream, done } = withLength(body, 1_000_000);
  await stream.cancel();
  await expect(done).rejects.toThrow();
  await expect(cancelled.promise).resolves.toBeUndefined();
});

test.each(["before", "after"])(
  "a signal that is aborted %s the start ends both streams",
  async (when) => {
    const controller = new AbortController();
    if (when === "before") controller.abort(new Error("too late"));
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
    const { stream, done } = withLength(body, 3, controller.signal);
    const text = new Response(stream).text();
    if (when === "after") controller.abort(new Error("too late"));
    await expect(done).rejects.toThrow("too late");
    await expect(text).rejects.toThrow("too late");
    await expect(cancelled.promise).resolves.toBeUndefined();
  },
);
