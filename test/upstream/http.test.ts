import { describe, expect, test } from "vitest";
import { contentLength, discard, readUpTo } from "../../src/upstream/http.ts";
import { createUsage } from "../../src/upstream/upstream.ts";
import { runMicrotasks } from "../platform/fake-platform.ts";
import { answer, createNetwork, endless, errorOf, inOrder, type Respond } from "./network.ts";

const URL_WITH_PORT = new URL("https://registry.example:8443/v2/?a=b#c");
const REQUEST = { url: URL_WITH_PORT, method: "GET", headers: { accept: "a/b" } } as const;

/** A host that never answers. As with the platform's fetch, its signal ends the wait. */
const hang: Respond = ({ init: { signal } }) =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });

const failToConnect: Respond = () => {
  throw new TypeError("Network connection lost: https://registry.example/?sig=secret");
};

/** Sends for one client request after another, each for another repository. */
function createSender(respond: Respond) {
  const network = createNetwork(respond);
  const { http, usage, clock } = network;
  let count = 0;
  const send = () => http.send(REQUEST, usage);
  const sendNext = (elapsedMs = 0) => {
    const repository = `team/app${count++}`;
    const startedAt = clock.ms - elapsedMs;
    return http.send(REQUEST, { ...createUsage(), startedAt, repository });
  };
  return { ...network, send, sendNext };
}

describe("send", () => {
  test("builds the request from scratch: no redirect, no cache, no encoding", async () => {
    const { send, requests } = createSender(() => answer(200));
    await send();
    const { url, headers, init } = requests[0] ?? {};
    expect([url, requests.length]).toEqual(["https://registry.example:8443/v2/?a=b#c", 1]);
    expect(Object.fromEntries(headers ?? [])).toEqual({
      accept: "a/b",
      "accept-encoding": "identity",
      "user-agent": "sampan",
    });
    expect(init).toMatchObject({ method: "GET", redirect: "manual", cache: "no-store" });
    expect(init).not.toHaveProperty("encodeResponseBody");
    expect(init).not.toHaveProperty("body");
  });

  test("leaves the bytes of a blob as they are stored", async () => {
    const { http, usage, requests } = createNetwork(() => answer(200));
    await http.send({ ...REQUEST, isRaw: true }, usage);
    expect(requests[0]?.init).toMatchObject({ encodeResponseBody: "manual" });
  });

  test("returns a response with any status, and counts its requests", async () => {
    const statuses = [200, 302, 404, 429, 503];
    const { send, usage, timers } = createSender(
      inOrder(...statuses.map((status) => answer(status))),
    );
    expect(usage).toMatchObject({ requests: 0, isUp: null });
    for (const [index, status] of statuses.entries()) {
      expect((await send()).status).toBe(status);
      expect(usage).toMatchObject({ requests: index + 1, isUp: status < 500 });
      expect(timers.size).toBe(0);
    }
  });

  test("tries a failed connection a second time, within the same timeout", async () => {
    const recovered = createSender(inOrder(failToConnect, answer(200)));
    expect((await recovered.send()).status).toBe(200);
    expect([recovered.requests.length, recovered.timers.size]).toEqual([2, 0]);
    const lost = createSender(inOrder(failToConnect, hang));
    const error = errorOf(lost.send());
    await runMicrotasks();
    expect([lost.requests.length, lost.timers.size]).toEqual([2, 1]);
    lost.expireTimers();
    expect((await error).status).toBe(504);
  });

  test.each([
    [failToConnect, "connection refused, reset or closed"],
    [
      () => Promise.reject(new Error("internal error; reference = l3onmrv9ulunlt3evul143n8")),
      "DNS lookup or TLS handshake failed",
    ],
    [() => Promise.reject(new Error("Too many subrequests.")), "too many subrequests"],
    [() => Promise.reject(new Error("https://registry.example/?sig=secret")), "connection failed"],
    [() => Promise.reject("secret"), "connection failed"],
    [() => Promise.reject(undefined), "connection failed"],
  ])(
    "fails with 502 without a connection, and does not repeat the cause: %#",
    async (respond, reason) => {
      const { send, requests, usage, timers } = createSender(respond);
      expect(await errorOf(send())).toMatchObject({
        code: "UNAVAILABLE",
        status: 502,
        isTransient: true,
        message: "registry.example:8443 cannot be reached; try again",
        reason,
      });
      expect([requests.length, usage.isUp, timers.size]).toEqual([2, false, 0]);
    },
  );

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
    await runMicrotasks();
    expect(state.cancelled).toBe(1);
  });
});

describe("one client request waits for one timeout in all", () => {
  test.each([
    [0, 10_000],
    [4_000, 6_000],
    [9_999, 1],
  ])("a request that begins %i ms after the first one waits for %i ms", async (elapsedMs, ms) => {
    const { send, usage, timers, clock, expireTimers } = createSender(hang);
    usage.startedAt = clock.ms - elapsedMs;
    const error = errorOf(send());
    expect([...timers].map((timer) => timer.ms)).toEqual([ms]);
    expireTimers();
    expect((await error).message).toContain("did not answer within 10 s");
  });

  test("nothing is sent after it", async () => {
    const { send, requests, clock } = createSender(() => answer(200));
    expect((await send()).status).toBe(200);
    clock.ms += 10_000;
    expect(await errorOf(send())).toMatchObject({ status: 504, isTransient: true });
    expect(requests.length).toBe(1);
  });
});

test.each([
  [0, 503],
  [20, 503],
  [5_000, 503],
  [5_001, 200],
])(
  "five requests that time out after %i ms for other requests lead to %i",
  async (elapsedMs, status) => {
    const timedOut = Array<Respond>(5).fill(hang);
    const { sendNext, expireTimers } = createSender(inOrder(...timedOut, answer(200)));
    for (let count = 0; count < 5; count++) {
      const error = errorOf(sendNext(elapsedMs));
      expireTimers();
      expect((await error).status).toBe(504);
    }
    expect((await sendNext().catch((error) => error)).status).toBe(status);
  },
);

describe("a host that timed out five times", () => {
  async function createOpenCircuit(next: Respond) {
    const sender = createSender(inOrder(hang, hang, hang, hang, hang, next));
    for (let count = 0; count < 5; count++) {
      const error = errorOf(sender.sendNext());
      sender.expireTimers();
      await error;
    }
    return sender;
  }

  test("is refused with 503 at once; another host is not", async () => {
    const { http, send, requests, usage } = await createOpenCircuit(() => answer(200));
    expect(await errorOf(send())).toMatchObject({
      status: 503,
      retryAfterSeconds: 2,
      isTransient: true,
      message: "registry.example:8443 timed out repeatedly; try again",
    });
    expect(requests.length).toBe(5);
    const url = new URL("https://auth.example/token");
    expect((await http.send({ ...REQUEST, url }, usage)).status).toBe(200);
  });

  test.each([
    [() => answer(200), 200],
    [failToConnect, 502],
  ])("is used again once it replies or fails at once: %#", async (respond, status) => {
    const { sendNext, clock } = await createOpenCircuit(respond);
    clock.ms += 2_000;
    for (let count = 0; count < 2; count++) {
      expect((await sendNext().catch((error) => error)).status).toBe(status);
    }
  });
});

describe("read", () => {
  const read = (network: ReturnType<typeof createNetwork>, response: Response) =>
    network.http.read(response, URL_WITH_PORT, network.usage, 3);

  test("returns the bytes, or null for a body that is too long", async () => {
    const network = createNetwork(hang);
    const bytes = await read(network, new Response("abc"));
    expect(new TextDecoder().decode(bytes ?? undefined)).toBe("abc");
    expect(await read(network, new Response("abcd"))).toBeNull();
    const { state, response } = endless(200, { "content-length": "4" });
    expect([await read(network, response), state.cancelled]).toEqual([null, 1]);
    expect(network.timers.size).toBe(0);
  });

  test("fails with 502 for a body that is interrupted, truncated or too long", async () => {
    const network = createNetwork(hang);
    const cut = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
    const announce = (length: string, body: string) =>
      answer(200, { "content-length": length }, body);
    const wrong = [announce("3", "ab"), announce("2", "abc")];
    for (const response of [new Response(cut), ...wrong]) {
      const expected = { code: "UNAVAILABLE", status: 502, isTransient: true };
      expect(await errorOf(read(network, response))).toMatchObject(expected);
    }
  });

  test.each([
    [0, 10_000],
    [4_000, 6_000],
  ])("fails with 504, at %i ms after %i ms", async (elapsedMs, ms) => {
    const network = createNetwork(hang);
    network.usage.startedAt = network.clock.ms - elapsedMs;
    const { state, response } = endless();
    const error = errorOf(read(network, response));
    expect([...network.timers].map((timer) => timer.ms)).toEqual([ms]);
    network.expireTimers();
    const message = "registry.example:8443 did not answer within 10 s; try again";
    expect(await error).toMatchObject({ status: 504, isTransient: true, message });
    await runMicrotasks();
    expect([state.cancelled, network.timers.size]).toEqual([1, 0]);
  });
});

test("readUpTo joins the chunks of a body, and leaves unread what is above the limit", async () => {
  const open = () => {
    const state = { taken: 0, isCancelled: false };
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const size = [2, 0, 1, 3][state.taken];
      if (size === undefined) return controller.close();
      controller.enqueue(new Uint8Array(size).fill(state.taken++));
    };
    const cancel = () => {
      state.isCancelled = true;
    };
    const body = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 });
    return { state, body, headers: new Headers() };
  };
  expect([...((await readUpTo(open(), 6)) ?? [])]).toEqual([0, 0, 2, 3, 3, 3]);
  const long = open();
  expect(await readUpTo(long, 2)).toBeNull();
  expect(long.state).toEqual({ taken: 3, isCancelled: true });
  expect((await readUpTo(new Response(null), 6))?.byteLength).toBe(0);
});

test.each([
  ["0", undefined, 0],
  ["12", undefined, 12],
  ["12", "identity", 12],
  ["12", "gzip", null],
  ["", undefined, null],
  ["-1", undefined, null],
  ["1.5", undefined, null],
  ["0x10", undefined, null],
  ["12, 12", undefined, null],
  ["9999999999999999", undefined, null],
])("the Content-Length %j with the encoding %s is %s", (length, encoding, expected) => {
  const headers = { "content-length": length, ...(encoding && { "content-encoding": encoding }) };
  expect(contentLength(new Headers(headers))).toBe(expected);
});

test("discard cancels a body, and accepts a missing or locked one", () => {
  const { state, response } = endless();
  discard(response);
  expect(state.cancelled).toBe(1);
  const locked = new Response("x");
  locked.body?.getReader();
  for (const other of [new Response(null), locked]) expect(() => discard(other)).not.toThrow();
});
