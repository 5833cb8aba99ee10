import { describe, expect, test } from "vitest";
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
  const get = (path: string, headers = {}) => {
    const url = path.startsWith("http") ? path : `https://m.example${path}`;
    return handle(new Request(url, { headers }));
  };
  return { lines, get };
}

test("the configuration is read once, not for every request", async () => {
  const read: PropertyKey[] = [];
  const env = new Proxy(
    {},
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
  const { get, lines } = createMirror({ UPSTREAM: "ftp://secret" });
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
    get RATE_LIMIT() {
      throw new TypeError("broken at https://cdn.example/x?sig=secret");
    },
  });
  const response = await get("/v2/");
  expect(response.status).toBe(500);
  const { errors } = (await response.json()) as { errors: object[] };
  expect(errors).toEqual([
    {
      code: "UNKNOWN",
      message: "the mirror failed unexpectedly; see its log",
      detail: { path: "/v2/" },
    },
  ]);
  expect(lines[0]?.reason).toBe("TypeError: broken at https://cdn.example/…");
});

describe("while the configuration is invalid", () => {
  const SECRET = "0123456789abcdef";
  const PATHS = { ACCESS_PATHS: `home=${SECRET}` };
  const USERS = { ACCESS_USERS: "alice=pass" };
  const alice = { authorization: `Basic ${btoa("alice:pass")}` };

  test.each([
    ["a mirror without a lock", {}, "/v2/", {}, 500],
    ["an opened lock", PATHS, `/${SECRET}/v2/`, {}, 500],
    ["a closed lock", PATHS, "/v2/", {}, 404],
    ["a user", USERS, "/v2/", alice, 500],
    ["a stranger", USERS, "/v2/", {}, 401],
    ["a stranger at another path", USERS, "/", {}, 404],
    ["a lock that is invalid itself", { ACCESS_PATHS: "home" }, "/v2/", {}, 404],
    ["another network", { ...PATHS, ACCESS_NETWORKS: "10.0.0.0/8" }, `/${SECRET}/v2/`, {}, 404],
    ["an opened lock over plain http", PATHS, `http://m.example/${SECRET}/v2/`, {}, 404],
    ["an opened lock on a loopback host", PATHS, `http://localhost:8787/${SECRET}/v2/`, {}, 500],
  ])("%s is answered as follows: %#", async (_, env, path, headers, status) => {
    const { get, lines } = createMirror({ ...env, TAG_TTL_SECONDS: "soon" });
    const response = await get(path, headers);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text.includes("TAG_TTL_SECONDS")).toBe(status === 500);
    expect(text).not.toContain(SECRET);
    expect(lines[0]?.message).toContain("the mirror is misconfigured: ");
  });
});

describe("every response", () => {
  const CSP = "sandbox; default-src 'none'";
  const HSTS = "max-age=31536000";

  test.each([
    ["https://m.example/v2/", 200, CSP, HSTS],
    ["https://m.example/v2/busybox/blobs/x", 400, CSP, HSTS],
    ["https://m.example/unknown", 404, null, HSTS],
    ["http://m.example/v2/", 200, CSP, null],
  ])("%s has the headers against browsers", async (url, status, csp, hsts) => {
    const response = await createMirror({}).get(url);
    expect(response.status).toBe(status);
    const names = ["content-security-policy", "strict-transport-security"];
    expect(names.map((name) => response.headers.get(name))).toEqual([csp, hsts]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  test("of the home page has a policy of its own", async () => {
    const { headers } = await createMirror({}).get("/");
    expect(headers.get("content-security-policy")).toContain("script-src");
    expect(headers.get("content-security-policy")).not.toContain("sandbox");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});
