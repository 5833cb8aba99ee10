import { describe, expect, test } from "vitest";
import { contentLength, discard, readUpTo, unusable } from "../../src/upstream/http.ts";
import {
  answer,
  createNetwork,
  endless,
  errorOf,
  failToConnect,
  flushMicrotasks,
  hang,
  inOrder,
  type Respond,
  textOf,
} from "./network.ts";

const URL_WITH_PORT = new URL("https://registry.example:8443/v2/?a=b#c");
const REQUEST = { url: URL_WITH_PORT, method: "GET", headers: { accept: "a/b" } } as const;

function createSender(respond: Respond) {
  const network = createNetwork(respond);
  return { ...network, send: () => network.http.send(REQUEST, network.stats) };
}

describe("send", () => {
  test("builds the request from scratch: no redirect, no cache, no encoding", async () => {
    const { send, requests } = createSender(() => answer(200));
    await send();
    expect(requests.length).toBe(1);
    expect(requests[0]?.url).toBe("https://registry.example:8443/v2/?a=b#c");
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toEqual({
      accept: "a/b",
      "accept-encoding": "identity",
      "user-agent": "sampan",
    });
    const { init } = requests[0] ?? {};
    expect(init).toMatchObject({ method: "GET", redirect: "manual", cache: "no-store" });
    expect(init).not.toHaveProperty("encodeResponseBody");
    expect(init).not.toHaveProperty("body");
  });

  test("leaves the bytes of a blob as they are stored", async () => {
    const { http, stats, requests } = createNetwork(() => answer(200));
    await http.send({ ...REQUEST, isRaw: true }, stats);
    expect(requests[0]?.init).toMatchObject({ encodeResponseBody: "manual" });
  });

  test.each([200, 302, 401, 404, 429, 500, 503])(
    "returns a response with status %i after one request",
    async (status) => {
      const { send, requests, timers } = createSender(() => answer(status));
      expect((await send()).status).toBe(status);
      expect([requests.length, timers.size]).toEqual([1, 0]);
    },
  );

  test("counts every request, and whether the upstream is up", async () => {
    const { send, stats } = createSender(
      inOrder(failToConnect, failToConnect, answer(404), answer(503)),
    );
    expect(stats).toMatchObject({ requests: 0, isUp: null });
    await errorOf(send());
    expect(stats).toMatchObject({ requests: 2, isUp: false });
    await send();
    expect(stats).toMatchObject({ requests: 3, isUp: true });
    await send();
    expect(stats).toMatchObject({ requests: 4, isUp: false });
  });

  test("tries a failed connection a second time, within the same timeout", async () => {
    const recovered = createSender(inOrder(failToConnect, answer(200)));
    expect((await recovered.send()).status).toBe(200);
    expect([recovered.requests.length, recovered.timers.size]).toEqual([2, 0]);
    const lost = createSender(inOrder(failToConnect, hang));
    const error = errorOf(lost.send());
    await flushMicrotasks();
    expect([lost.requests.length, lost.timers.size]).toEqual([2, 1]);
    lost.expireTimers();
    expect((await error).status).toBe(504);
  });

  test("fails with 502 without a connection, and does not repeat the cause's text", async () => {
    const { send, requests, timers } = createSender(failToConnect);
    expect(await errorOf(send())).toMatchObject({
      code: "UNAVAILABLE",
      status: 502,
      isTransient: true,
      message: "registry.example:8443 cannot be reached; try again",
      reason: "TypeError",
    });
    expect([requests.length, timers.size]).toEqual([2, 0]);
  });

  test.each(["secret", undefined])("reports no thrown value but an error: %j", async (cause) => {
    const { send } = createSender(() => Promise.reject(cause));
    expect(await errorOf(send())).toMatchObject({ status: 502, reason: "connection failed" });
  });

  test("fails with 504 without a first byte in time, after one request", async () => {
    const { send, requests, timers, expireTimers } = createSender(hang);
    const error = errorOf(send());
    expect([...timers].map(({ ms }) => ms)).toEqual([10_000]);
    expireTimers();
    expect(await error).toMatchObject({
      code: "UNAVAILABLE",
      status: 504,
      isTransient: true,
      message: "registry.example:8443 did not answer within 10 s; try again",
    });
    expect([requests.length, timers.size]).toEqual([1, 0]);
    expect(requests[0]?.init.signal?.aborted).toBe(true);
  });

  test("releases a response that arrives after the timeout", async () => {
    const late = Promise.withResolvers<Response>();
    const { send, expireTimers } = createSender(() => late.promise);
    const error = errorOf(send());
    expireTimers();
    expect((await error).status).toBe(504);
    const { state, response } = endless();
    late.resolve(response);
    await flushMicrotasks();
    expect(state.cancelled).toBe(1);
  });

  test("does not limit the body of a response that arrives in time", async () => {
    const { send, requests, timers } = createSender(() => answer(200, {}, "body"));
    const response = await send();
    expect([timers.size, requests[0]?.init.signal?.aborted]).toEqual([0, false]);
    expect(await response.text()).toBe("body");
  });
});

describe("a host that timed out five times", () => {
  async function createOpenCircuit() {
    let respond: Respond = hang;
    const sender = createSender((request) => respond(request));
    for (let count = 0; count < 5; count++) {
      const error = errorOf(sender.send());
      sender.expireTimers();
      expect((await error).status).toBe(504);
    }
    const recover = (next: Respond) => {
      respond = next;
    };
    return { ...sender, recover };
  }

  test("is refused with 503 at once, without a request", async () => {
    const { send, requests, stats } = await createOpenCircuit();
    expect(await errorOf(send())).toMatchObject({
      status: 503,
      retryAfterSeconds: 2,
      isTransient: true,
      message: "registry.example:8443 timed out repeatedly; try again soon",
    });
    expect([requests.length, stats.requests]).toEqual([5, 5]);
  });

  test("is tried again after two seconds, and used again if it answers or fails at once", async () => {
    for (const [respond, status] of [
      [() => answer(200), 200],
      [failToConnect, 502],
    ] as const) {
      const { send, clock, recover } = await createOpenCircuit();
      clock.ms += 2_000;
      recover(respond);
      for (let count = 0; count < 2; count++) {
        expect((await send().catch((error) => error)).status).toBe(status);
      }
    }
  });

  test("does not affect another host", async () => {
    const { http, stats, recover } = await createOpenCircuit();
    recover(() => answer(200));
    const url = new URL("https://auth.example/token");
    expect((await http.send({ ...REQUEST, url }, stats)).status).toBe(200);
  });
});

describe("read", () => {
  const read = (network: ReturnType<typeof createNetwork>, response: Response, maxMs?: number) =>
    network.http.read(response, URL_WITH_PORT, 3, maxMs);

  test("returns the bytes, or null for a body that is too long", async () => {
    const network = createNetwork(hang);
    expect(new TextDecoder().decode((await read(network, new Response("abc"))) ?? undefined)).toBe(
      "abc",
    );
    expect(await read(network, new Response("abcd"))).toBeNull();
    expect(network.timers.size).toBe(0);
  });

  test("fails with 502 for a body that is interrupted or truncated", async () => {
    const network = createNetwork(hang);
    const cut = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
    for (const response of [new Response(cut), answer(200, { "content-length": "5" }, "abc")]) {
      expect(await errorOf(read(network, response))).toMatchObject({
        code: "UNAVAILABLE",
        status: 502,
        isTransient: true,
      });
    }
  });

  test.each([
    [undefined, 10_000, "10 s"],
    [1_000, 1_000, "1 s"],
    [60_000, 10_000, "10 s"],
  ])(
    "fails with 504 after the timeout and releases the body: limit %j",
    async (maxMs, ms, text) => {
      const network = createNetwork(hang);
      const { state, response } = endless();
      const error = errorOf(read(network, response, maxMs));
      expect([...network.timers].map((timer) => timer.ms)).toEqual([ms]);
      network.expireTimers();
      expect(await error).toMatchObject({
        status: 504,
        isTransient: true,
        message: `registry.example:8443 did not answer within ${text}; try again`,
      });
      await flushMicrotasks();
      expect([state.cancelled, network.timers.size]).toEqual([1, 0]);
    },
  );
});

describe("readUpTo", () => {
  /** A body of chunks with the given sizes. It counts the chunks that were taken. */
  function createBody(sizes: readonly number[]) {
    const state = { taken: 0, isCancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const size = sizes[state.taken];
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

  const read = (sizes: readonly number[], maxBytes: number, headers = {}) =>
    readUpTo({ body: createBody(sizes).body, headers: new Headers(headers) }, maxBytes);

  test("joins the chunks in order, up to the limit", async () => {
    expect([...((await read([2, 0, 1, 3], 6)) ?? [])]).toEqual([0, 0, 2, 3, 3, 3]);
    expect((await read([], 6))?.byteLength).toBe(0);
    expect((await readUpTo(new Response(null), 6))?.byteLength).toBe(0);
  });

  test("returns null one byte above the limit, and leaves the rest unread", async () => {
    const { body, state } = createBody([5, 5, 1, 1000, 1000]);
    expect(await readUpTo({ body, headers: new Headers() }, 10)).toBeNull();
    expect(state).toEqual({ taken: 3, isCancelled: true });
  });

  test.each(["6", "4"])("rejects 5 bytes with the Content-Length %s", async (length) => {
    await expect(read([5], 100, { "content-length": length })).rejects.toThrow(
      `received 5 of ${length} bytes`,
    );
  });

  test("ignores the Content-Length of a body that was decoded", async () => {
    const headers = { "content-length": "3", "content-encoding": "gzip" };
    expect((await read([5], 100, headers))?.byteLength).toBe(5);
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
])("the length of a body with %j is %s", (headers, length) => {
  expect(contentLength(new Headers(headers as Record<string, string>))).toBe(length);
});

test("discard cancels a body, and accepts a missing or locked one", () => {
  const { state, response } = endless();
  discard(response);
  expect(state.cancelled).toBe(1);
  const locked = new Response("x");
  locked.body?.getReader();
  for (const other of [new Response(null), locked]) expect(() => discard(other)).not.toThrow();
});

test("an unusable response is reported with its host only", () => {
  const error = unusable(new URL("https://cdn.example/x?sig=secret"), "answered with nothing");
  expect(error.message).toBe("cdn.example answered with nothing; try again");
  expect(textOf(error)).not.toContain("secret");
});
