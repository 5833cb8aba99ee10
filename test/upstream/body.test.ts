import { describe, expect, test } from "vitest";
import { discard, promisedLength, readUpTo } from "../../src/upstream/body.ts";

/** A body of `chunks` that counts how many were taken and whether it was let go. */
function createBody(chunks: readonly number[]) {
  const state = { taken: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = chunks[state.taken];
        if (size === undefined) return controller.close();
        controller.enqueue(new Uint8Array(size).fill(state.taken++));
      },
      cancel() {
        state.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

function read(chunks: readonly number[], maxBytes: number, headers = {}) {
  const { body, state } = createBody(chunks);
  const result = readUpTo({ body, headers: new Headers(headers) }, maxBytes);
  return { result, state };
}

describe("readUpTo", () => {
  test("joins the chunks in order", async () => {
    const bytes = await read([2, 0, 1, 3], 100).result;
    expect([...(bytes ?? [])]).toEqual([0, 0, 2, 3, 3, 3]);
  });

  test("reads exactly as much as it may", async () => {
    expect((await read([5, 5], 10).result)?.byteLength).toBe(10);
  });

  test("gives up on one byte more, and lets go of the rest unread", async () => {
    const { result, state } = read([5, 5, 1, 1000, 1000], 10);
    expect(await result).toBeNull();
    expect(state).toEqual({ taken: 3, isCancelled: true });
  });

  test("a body without bytes, and none at all, are empty", async () => {
    expect((await read([], 10).result)?.byteLength).toBe(0);
    const none = await readUpTo({ body: null, headers: new Headers() }, 10);
    expect(none?.byteLength).toBe(0);
  });

  test.each([
    [[5], "6", "shorter"],
    [[5], "4", "longer"],
  ])("rejects %j where %s were promised: it is %s", async (chunks, length) => {
    const { result } = read(chunks, 100, { "content-length": length });
    await expect(result).rejects.toThrow(`5 of ${length} bytes came`);
  });

  test("takes no promise of an encoding that has been undone", async () => {
    const headers = { "content-length": "3", "content-encoding": "gzip" };
    expect((await read([5], 100, headers).result)?.byteLength).toBe(5);
  });

  test("rejects with whatever the body breaks off with", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("cut")),
    });
    await expect(readUpTo({ body, headers: new Headers() }, 10)).rejects.toThrow("cut");
  });
});

test.each([
  [{ "content-length": "0" }, 0],
  [{ "content-length": "12" }, 12],
  [{ "content-length": "12", "content-encoding": "identity" }, 12],
  [{}, null],
  [{ "content-length": "" }, null],
  [{ "content-length": "-1" }, null],
  [{ "content-length": "1.5" }, null],
  [{ "content-length": "0x10" }, null],
  [{ "content-length": "12, 12" }, null],
  [{ "content-length": "9999999999999999" }, null],
  [{ "content-length": "12", "content-encoding": "gzip" }, null],
])("%j promises %s", (headers, length) => {
  expect(promisedLength(new Headers(headers as Record<string, string>))).toBe(length);
});

describe("discard", () => {
  test("lets go of a body", async () => {
    const { body, state } = createBody([1]);
    discard(new Response(body));
    expect(state).toEqual({ taken: 0, isCancelled: true });
  });

  test("bears no body, and one that somebody reads", () => {
    const response = new Response("x");
    response.body?.getReader();
    for (const one of [new Response(null), response]) expect(() => discard(one)).not.toThrow();
  });
});
