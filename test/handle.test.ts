import { expect, test } from "vitest";
import type { Env } from "../src/config/settings.ts";
import { createHandler } from "../src/handle.ts";
import { createIsolate } from "../src/isolate.ts";
import type { LogFields } from "../src/platform/log.ts";

/** A mirror that logs into a list and cannot reach anything. */
function createMirror(env: object) {
  const lines: LogFields[] = [];
  const platform = {
    fetch: () => Promise.reject(new Error("no network")),
    now: () => 0,
    random: () => 0,
    startTimer: () => () => {},
    waitUntil: () => {},
    openCache: () => Promise.reject(new Error("no cache")),
    log: (_: string, fields: LogFields) => void lines.push(fields),
  };
  const handle = createHandler(env as Env, platform, createIsolate());
  return { lines, get: (path: string) => handle(new Request(`https://m.example${path}`)) };
}

test("the configuration is read once, not for every request", async () => {
  const read: PropertyKey[] = [];
  const env = new Proxy(
    { CACHE: {} },
    {
      get(target, key) {
        read.push(key);
        return Reflect.get(target, key);
      },
    },
  );
  const { get } = createMirror(env);
  expect((await get("/v2/")).status).toBe(200);
  expect(read).toContain("UPSTREAM");
  read.length = 0;
  expect((await get("/v2/")).status).toBe(200);
  expect(read).toEqual(["METRICS"]);
});

test("an invalid configuration answers every request with an error, and is logged", async () => {
  const { get, lines } = createMirror({ CACHE: {}, UPSTREAM: "ftp://secret" });
  for (let count = 0; count < 2; count++) {
    const response = await get("/v2/");
    expect(response.status).toBe(500);
    expect(await response.text()).toContain("UPSTREAM must be");
  }
  expect(lines.map(({ status, error }) => [status, error])).toEqual([
    [500, "UNKNOWN"],
    [500, "UNKNOWN"],
  ]);
  expect(JSON.stringify(lines)).not.toContain("secret");
});

test("an unexpected failure is a 500 whose cause is only in the log, without secrets", async () => {
  const { get, lines } = createMirror({
    CACHE: {},
    get RATE_LIMIT() {
      throw new TypeError("broken at https://cdn.example/x?sig=secret");
    },
  });
  const response = await get("/v2/");
  expect(response.status).toBe(500);
  const { errors } = (await response.json()) as { errors: object[] };
  expect(errors).toEqual([
    { code: "UNKNOWN", message: "the mirror failed unexpectedly; see its log", detail: {} },
  ]);
  expect(lines[0]?.reason).toBe("TypeError: broken at https://cdn.example/…");
});
