import { describe, expect, test, vi } from "vitest";
import { createBreaker } from "../../src/upstream/breaker.ts";
import { createHttp } from "../../src/upstream/http.ts";
import { answer, breathe, createNetwork, failureFrom, inTurn } from "./network.ts";

const ASKED = new URL("https://registry.example:8443/v2/?a=b#c");
const REQUEST = { url: ASKED, method: "GET", headers: { accept: "a/b" } } as const;
const never = () => new Promise<never>(() => {});
const broken = () => {
  throw new TypeError("Network connection lost: https://registry.example/?sig=secret");
};

test("a fetch that does not heed its signal is given up all the same, and its answer let go", async () => {
  const { http, timers, late, cancel } = createDeaf();
  const sending = failureFrom(http.send(REQUEST));
  await breathe();
  timers[0]?.fire();
  expect(await sending).toMatchObject({ code: "UNAVAILABLE", status: 504 });
  late();
  await breathe();
  expect(cancel).toHaveBeenCalledOnce();
});

/** A network that answers when it likes. */
function createDeaf() {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const cancel = vi.fn();
  const timers: { readonly fire: () => void }[] = [];
  const http = createHttp({
    fetch: () => promise,
    now: () => 0,
    startTimer: (_, fire) => {
      timers.push({ fire });
      return () => {};
    },
    timeoutMs: 10_000,
    breaker: createBreaker(),
    trace: { upstreamRequests: 0, rateLimit: null, isUp: null },
  });
  const late = () => resolve(new Response(new ReadableStream({ cancel })));
  return { http, timers, late, cancel };
}

describe("what is sent", () => {
  test("is built from scratch: no redirect, no cache, no encoding", async () => {
    const { http, seen } = createNetwork(() => answer(200));
    await http.send(REQUEST);
    expect(seen.length).toBe(1);
    expect(seen[0]?.url).toBe(ASKED.href);
    expect(Object.fromEntries(seen[0]?.headers ?? [])).toEqual({
      accept: "a/b",
      "accept-encoding": "identity",
      "user-agent": "sampan",
    });
    expect(seen[0]?.init).toMatchObject({ method: "GET", redirect: "manual", cache: "no-store" });
    expect(seen[0]?.init).not.toHaveProperty("encodeResponseBody");
    expect(seen[0]?.init).not.toHaveProperty("body");
  });

  test("asks for bytes as stored where they are a blob", async () => {
    const { http, seen } = createNetwork(() => answer(200));
    await http.send({ ...REQUEST, isRaw: true });
    expect(seen[0]?.init).toMatchObject({ encodeResponseBody: "manual" });
  });
});

describe("an answer", () => {
  test.each([200, 302, 401, 404, 429, 500, 503])("%i is the caller's to judge", async (status) => {
    const { http, seen, timers } = createNetwork(() => answer(status));
    expect((await http.send(REQUEST)).status).toBe(status);
    expect([seen.length, timers.length]).toEqual([1, 0]);
  });

  test("is counted", async () => {
    const { http, trace } = createNetwork(() => answer(200));
    await http.send(REQUEST);
    await http.send(REQUEST);
    expect(trace).toEqual({ upstreamRequests: 2, rateLimit: null, isUp: true });
  });

  test("is none if the upstream itself fails, and is one again with the next", async () => {
    const { http, trace } = createNetwork(inTurn(broken, broken, answer(503), answer(404)));
    expect(trace.isUp).toBeNull();
    await expect(http.send(REQUEST)).rejects.toThrow("cannot be reached");
    expect(trace.isUp).toBe(false);
    await http.send(REQUEST);
    expect(trace.isUp).toBe(false);
    await http.send(REQUEST);
    expect(trace.isUp).toBe(true);
  });
});

describe("a connection that breaks before the first byte", () => {
  test("is tried once more, within the same deadline", async () => {
    const { http, seen, trace, timers } = createNetwork(inTurn(broken, answer(200)));
    const response = http.send(REQUEST);
    await breathe();
    expect((await response).status).toBe(200);
    expect([seen.length, trace.upstreamRequests, timers.length]).toEqual([2, 2, 0]);
  });

  test("twice is 502, and the cause's own words stay behind", async () => {
    const { http, seen, timers } = createNetwork(broken);
    const error = await failureFrom(http.send(REQUEST));
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      status: 502,
      isPassing: true,
      message: "registry.example:8443 cannot be reached; try again",
      reason: "TypeError",
    });
    expect([seen.length, timers.length]).toEqual([2, 0]);
  });
});

describe("the deadline", () => {
  test("is for the first byte: 504 when it has passed, and no second try", async () => {
    const { http, seen, timers } = createNetwork(never);
    const failure = failureFrom(http.send(REQUEST));
    await breathe();
    expect(timers.map(({ ms }) => ms)).toEqual([10_000]);
    timers[0]?.fire();
    expect(await failure).toMatchObject({
      code: "UNAVAILABLE",
      status: 504,
      isPassing: true,
      message: "registry.example:8443 did not answer within 10 s; try again",
    });
    expect([seen.length, timers.length]).toEqual([1, 0]);
    expect(seen[0]?.init.signal?.aborted).toBe(true);
  });

  test("is one for both tries", async () => {
    const { http, timers } = createNetwork(inTurn(broken, never));
    const failure = failureFrom(http.send(REQUEST));
    await breathe();
    expect(timers.length).toBe(1);
    timers[0]?.fire();
    expect(await failure).toMatchObject({ status: 504 });
  });

  test("has no power over a body that comes in time", async () => {
    const { http, seen, timers } = createNetwork(() => answer(200, {}, "body"));
    const response = await http.send(REQUEST);
    expect(timers.length).toBe(0);
    expect(seen[0]?.init.signal?.aborted).toBe(false);
    expect(await response.text()).toBe("body");
  });
});

describe("a host that hangs", () => {
  async function hang(times: number) {
    let next: () => Response | Promise<Response> = never;
    const network = createNetwork(() => next());
    for (let tries = 0; tries < times; tries++) {
      const failure = failureFrom(network.http.send(REQUEST));
      await breathe();
      network.timers[0]?.fire();
      await failure;
    }
    const set = (other: typeof next) => {
      next = other;
    };
    return { ...network, set };
  }

  test("is not asked for a while after the fifth time: 503 at once", async () => {
    const { http, seen, trace } = await hang(5);
    const error = await failureFrom(http.send(REQUEST));
    expect(error).toMatchObject({ status: 503, retryAfterSeconds: 2, isPassing: true });
    expect([seen.length, trace.upstreamRequests]).toEqual([5, 5]);
  });

  test("is asked again after two seconds, and forgiven if it answers", async () => {
    const { http, clock, set } = await hang(5);
    clock.ms += 2000;
    set(() => answer(200));
    expect((await http.send(REQUEST)).status).toBe(200);
    expect((await http.send(REQUEST)).status).toBe(200);
  });

  test("does not keep another host from being asked", async () => {
    const { http, set } = await hang(5);
    set(() => answer(200));
    const url = new URL("https://auth.example/token");
    expect((await http.send({ ...REQUEST, url })).status).toBe(200);
  });

  test("and then fails at once needs no rest: asking it costs nothing", async () => {
    const { http, clock, set } = await hang(5);
    clock.ms += 2000;
    set(broken);
    expect(await failureFrom(http.send(REQUEST))).toMatchObject({ status: 502 });
    expect(await failureFrom(http.send(REQUEST))).toMatchObject({ status: 502 });
  });
});
