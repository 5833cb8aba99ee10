import { describe, expect, test } from "vitest";
import { parseImage, parseTarget } from "../../../tools/doctor/arguments.ts";
import { type Check, failure, ok, warning } from "../../../tools/doctor/check.ts";
import { lock, privateImage } from "../../../tools/doctor/checks/access.ts";
import { cache, quota, upstream } from "../../../tools/doctor/checks/cache.ts";
import { clock, hostName, latency, tls } from "../../../tools/doctor/checks/connection.ts";
import { manifestHead } from "../../../tools/doctor/checks/manifests.ts";
import { ConnectionError } from "../../../tools/doctor/http/connection.ts";
import { createRedactor, LIMITS, runChecks } from "../../../tools/doctor/run.ts";
import type { Session } from "../../../tools/doctor/session.ts";

/** Thresholds, and mirrors with a public name, which no test on loopback has. */
function sessionFor(address: string, parts: object = {}): Session {
  const target = parseTarget(address);
  if (target === null) throw new Error(address);
  const image = parseImage("busybox:1.30");
  return { target, image, user: null, limits: LIMITS, ...parts } as unknown as Session;
}

/** The level at which a check reports, for a mirror with these parts. */
async function levelOf(check: Check, parts: object): Promise<string | undefined> {
  return (await check.run(sessionFor("https://mirror.example.com", parts)))?.level;
}

function replyWith(headers: Record<string, string>, more: object = {}) {
  return { status: 200, headers: new Headers(headers), bytes: new Uint8Array(), ...more };
}

const DAY_MS = 24 * 60 * 60 * 1000;
const NOON = Date.parse("2026-11-23T12:00:00.000Z");
const isOpen = { scheme: async () => ({ kind: "open" }), anonymousAuthorization: async () => null };

describe("host-name", () => {
  test.each([
    ["https://docker.example.com", "docker"],
    ["https://ghcr-mirror.example.com", "ghcr"],
    ["https://hub.example.com", "hub"],
    ["https://dockerproxy.you.workers.dev", "docker"],
  ])("warns of a brand in %s", async (address, brand) => {
    expect(await hostName.run(sessionFor(address))).toMatchObject({
      level: "warning",
      evidence: expect.stringContaining(`contains "${brand}"`),
      remedy: expect.stringContaining("phishing"),
    });
  });

  test("accepts other names, and mentions that workers.dev is blocked in places", async () => {
    const own = await hostName.run(sessionFor("https://mirror.example.com"));
    expect(own).toEqual(ok("mirror.example.com"));
    const shared = await hostName.run(sessionFor("https://sampan.you.workers.dev"));
    expect(shared).toMatchObject({ level: "ok", evidence: expect.stringContaining("block") });
  });
});

describe("tls", () => {
  const plain = { client: { connection: async () => ({ tls: null }) } };

  test("warns of plain HTTP, and fails if it exposes a secret or a login", async () => {
    const open = await tls.run(sessionFor("http://mirror.example.com", plain));
    expect(open).toMatchObject({ level: "warning" });
    expect(open?.remedy).toContain("use https://mirror.example.com");

    const secret = await tls.run(sessionFor("http://mirror.example.com/0123456789abcdef", plain));
    expect(secret?.level).toBe("failure");
    expect(await levelOf(tls, { ...plain, user: { name: "a", token: "b" } })).toBe("failure");
  });

  test.each([
    [7 * DAY_MS, "ok"],
    [7 * DAY_MS - 1, "warning"],
  ])("of a certificate with %d ms left is %s", async (leftMs, level) => {
    const validTo = new Date(NOON + leftMs);
    const certificate = { version: "TLSv1.3", protocol: "h2", ms: 1, issuer: "x", validTo };
    const client = { connection: async () => ({ tls: certificate }) };

    expect(await levelOf(tls, { client, now: () => NOON })).toBe(level);
  });
});

describe("clock", () => {
  test.each([
    [60, "ok"],
    [-60, "ok"],
    [61, "warning"],
    [-61, "warning"],
    [null, undefined],
  ])("with %s s between the mirror and this machine is %s", async (seconds, level) => {
    const date = seconds === null ? "" : new Date(NOON + seconds * 1000).toUTCString();
    const ping = async () => replyWith({ date }, { sentAt: NOON });

    expect(await levelOf(clock, { ping })).toBe(level);
  });

  test.each([
    [-90, "this machine's clock is 90 s ahead of the mirror's"],
    [90, "this machine's clock is 90 s behind the mirror's"],
  ])("with %d s says which one is ahead", async (seconds, evidence) => {
    const date = new Date(NOON + seconds * 1000).toUTCString();
    const ping = async () => replyWith({ date }, { sentAt: NOON });

    const finding = await clock.run(sessionFor("https://mirror.example.com", { ping }));

    expect(finding?.evidence).toBe(evidence);
    expect(finding?.remedy).toContain("timedatectl");
  });
});

describe("latency", () => {
  const MIB = 1024 * 1024;
  const KIB_128 = 128 * 1024;
  test.each<[pingMs: number, headMs: number, layer: [bytes: number, ms: number] | null, string]>([
    [1500, 1500, null, "ok"],
    [1501, 20, null, "warning"],
    [20, 1501, null, "warning"],
    [20, 20, [MIB, 4000], "ok"],
    [20, 20, [MIB, 4001], "warning"],
    [20, 20, [KIB_128, 4000], "warning"],
    [20, 20, [KIB_128 - 1, 4000], "ok"],
  ])(
    "of %d ms for /v2/, %d ms for HEAD and a layer of %j is %s",
    async (pingMs, headMs, layer, level) => {
      const [bytes = 0, totalMs = 0] = layer ?? [];
      const parts = {
        tag: async () => replyWith({}),
        request: async (path: string) => ({ firstByteMs: path === "/v2/" ? pingMs : headMs }),
        layer: async () => (layer === null ? null : { bytes: new Uint8Array(bytes), totalMs }),
      };

      expect(await levelOf(latency, parts)).toBe(level);
    },
  );

  test("is reported with the throughput", async () => {
    const parts = {
      tag: async () => replyWith({}),
      request: async () => ({ firstByteMs: 20 }),
      layer: async () => ({ bytes: new Uint8Array(MIB), totalMs: 10_000 }),
    };

    const finding = await latency.run(sessionFor("https://mirror.example.com", parts));

    expect(finding?.evidence).toBe("/v2/ 20 ms, HEAD 20 ms, a layer at 102.4 KiB/s");
    expect(finding?.remedy).toContain("slow from here");
  });
});

describe("upstream", () => {
  test("is the first, or another one", async () => {
    const evidenceOf = async (status: string) => {
      const tag = async () => replyWith({ "cache-status": status });
      const head = async () => replyWith({}, { status: 404 });
      return upstream.run(sessionFor("https://mirror.example.com", { tag, head }));
    };
    expect(await evidenceOf("sampan; hit")).toEqual(
      ok("404 for an unknown tag; the answer is current"),
    );
    expect(await evidenceOf("sampan; hit; detail=fallback")).toEqual(
      ok(
        "404 for an unknown tag; the answer is current, but not from the first upstream; npm run logs names it",
      ),
    );
  });
});

describe("lock", () => {
  test("warns of an open mirror, except on loopback", async () => {
    const open = await lock.run(sessionFor("https://mirror.example.com", isOpen));
    expect(open).toMatchObject({
      level: "warning",
      evidence: expect.stringMatching(/^open: anyone/),
    });
    expect(open?.remedy).toContain("ACCESS_PATHS");

    const local = await lock.run(sessionFor("http://localhost:8787", isOpen));
    expect(local).toEqual(ok("open, on loopback"));
  });

  test.each([
    ["Bearer x", "public images are open to anyone (LOGIN)"],
    [null, "no token without a login"],
  ])("of a mirror whose anonymous token is %s reports this", async (token, evidence) => {
    const parts = {
      scheme: async () => ({ kind: "bearer" }),
      anonymousAuthorization: async () => token,
    };

    expect(await lock.run(sessionFor("https://mirror.example.com", parts))).toEqual(ok(evidence));
  });

  test.each([
    [401, 401, "ok"],
    [200, 401, "failure"],
    [401, 200, "failure"],
  ])(
    "with users: %d without a login and %d with a wrong one is %s",
    async (without, wrong, level) => {
      const parts = {
        scheme: async () => ({ kind: "basic" }),
        user: { name: "bob", token: "x" },
        requestBare: async (_: string, options?: object) => ({
          status: options === undefined ? without : wrong,
        }),
      };

      expect(await levelOf(lock, parts)).toBe(level);
    },
  );
});

describe("private", () => {
  const answering = (status: number) => ({
    ...isOpen,
    request: async () => ({ status }),
    privateImage: parseImage("me/mine"),
  });
  const login = {
    scheme: async () => ({ kind: "bearer" }),
    anonymousAuthorization: async () => null,
  };

  test.each([
    [
      "an open mirror that serves it",
      answering(200),
      "failure",
      /^me\/mine is served to everyone$/,
    ],
    [
      "a mirror with a login that serves it",
      { ...answering(200), ...login },
      "warning",
      /with access/,
    ],
    ["a mirror that does not serve it", answering(404), "ok", /^404 for me\/mine$/],
    ["a mirror whose upstream fails", answering(502), "warning", /^502 for me\/mine, not 404$/],
  ])("of %s", async (_, parts, level, evidence) => {
    const finding = await privateImage.run(sessionFor("https://mirror.example.com", parts));

    expect(finding?.level).toBe(level);
    expect(finding?.evidence).toMatch(evidence);
  });
});

describe("quota", () => {
  test.each([
    [100, 100, "warning"],
    [101, 101, "ok"],
    [200, 21, "ok"],
    [200, 20, "warning"],
    [200, 0, "warning"],
  ])("of %d with %d left is %s", async (limit, remaining, level) => {
    const headers = {
      "ratelimit-limit": `${limit};w=21600`,
      "ratelimit-remaining": `${remaining}`,
    };

    expect(await levelOf(quota, { tag: async () => replyWith(headers) })).toBe(level);
  });

  test("is looked for in three rarely cached answers, and may not be reported", async () => {
    let requests = 0;
    const head = async () => {
      requests += 1;
      return replyWith({});
    };

    expect(await levelOf(quota, { tag: async () => replyWith({}), head })).toBe("ok");
    expect(requests).toBe(3);
  });
});

describe("cache", () => {
  test.each([
    [1, "ok"],
    [3, "ok"],
    [4, "warning"],
  ])("with a hit from request %d on is %s", async (firstHit, level) => {
    const pauses: number[] = [];
    const asked: Record<string, number> = {};
    const parts = {
      manifest: async () => ({ digest: "sha256:ab" }),
      head: async (reference: string) => {
        const count = (asked[reference] ?? 0) + 1;
        asked[reference] = count;
        const status = count >= firstHit ? "sampan; hit" : "sampan; fwd=miss";
        return replyWith({ "cache-status": status }, { firstByteMs: 1 });
      },
      pause: async (ms: number) => void pauses.push(ms),
    };

    expect(await levelOf(cache, parts)).toBe(level);
    const pausesPerPath = Math.min(firstHit, 3) - 1;
    expect(pauses).toEqual(new Array(2 * pausesPerPath).fill(700));
  });
});

describe("manifest-head", () => {
  test.each([
    [{}, "ok"],
    [{ "content-length": "" }, "failure"],
    [{ "docker-content-digest": `sha256:${"0".repeat(63)}` }, "failure"],
  ])("with %j is %s", async (headers, level) => {
    const complete = {
      "content-length": "1",
      "content-type": "application/vnd.oci.image.index.v1+json",
      "docker-content-digest": `sha256:${"0".repeat(64)}`,
    };
    const tag = async () => replyWith({ ...complete, ...headers });

    expect(await levelOf(manifestHead, { tag })).toBe(level);
  });
});

describe("a run", () => {
  const check = (name: string, run: Check["run"], isGate = false): Check => ({ name, isGate, run });
  const session = sessionFor("https://mirror.example.com");

  test("reports in order, and leaves out checks that do not apply", async () => {
    const checks = [
      check("a", async () => ok("fine")),
      check("b", async () => null),
      check("c", async () => warning("seen", "do this")),
    ];

    expect(await runChecks(checks, session)).toEqual({
      results: [
        { check: "a", level: "ok", evidence: "fine", remedy: null },
        { check: "c", level: "warning", evidence: "seen", remedy: "do this" },
      ],
      notChecked: [],
    });
  });

  test("ends after a failed gate, not after a warning", async () => {
    const checks = [
      check("a", async () => warning("seen", "do this"), true),
      check("b", async () => failure("broken", "do this"), true),
      check("c", async () => ok("fine")),
    ];

    const { results, notChecked } = await runChecks(checks, session);

    expect(results.map(({ check }) => check)).toEqual(["a", "b"]);
    expect(notChecked).toEqual(["c"]);
  });

  test("reports an error once, however many checks meet it", async () => {
    const error = new ConnectionError("tcp", Object.assign(new Error("x"), { code: "ETIMEDOUT" }));
    const fail = async () => Promise.reject(error);

    const { results, notChecked } = await runChecks([check("a", fail), check("b", fail)], session);

    expect(results).toMatchObject([{ check: "a", level: "failure" }]);
    expect(notChecked).toEqual(["b"]);
  });

  test("survives an error of the doctor itself", async () => {
    const checks = [
      check("a", async () => Promise.reject(new TypeError("oops"))),
      check("b", async () => ok("fine")),
    ];

    expect((await runChecks(checks, session)).results).toMatchObject([
      { check: "a", level: "failure", evidence: "the doctor itself failed: TypeError: oops" },
      { check: "b", level: "ok" },
    ]);
  });
});

test("secrets are hidden in plain text, in URLs and in HTTP Basic", () => {
  const hide = createRedactor(["to ken+/", "bob:to ken+/"]);

  expect(hide("a to ken+/ b to ken+/")).toBe("a … b …");
  expect(hide("https://m.example/to%20ken%2B%2F/v2/")).toBe("https://m.example/…/v2/");
  expect(hide("Basic Ym9iOnRvIGtlbisv")).toBe("Basic …");
  expect(hide("bob:to ken+/")).toBe("…");
  expect(createRedactor([""])("text")).toBe("text");
});
