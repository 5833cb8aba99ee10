import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Interceptor, truncate } from "../support/hub/faults.ts";
import { buildImage } from "../support/image.ts";
import { readOwn } from "../support/repository.ts";
import { type Stack, type StackOptions, startStack } from "../support/stack.ts";
import { examineWith } from "../tools/doctor/support/examine.ts";
import type { Client } from "./client.ts";
import { describeClients } from "./clients.ts";
import { containerd } from "./containerd.ts";
import { docker } from "./docker.ts";
import { PLATFORM } from "./images.ts";
import { forky, here } from "./machine.ts";

/*
 * Failures: what each client prints, what the mirror logs and what the doctor finds. In a text,
 * `…` is what differs from one mirror to another. docs/troubleshooting.md has every one of them.
 */

const CLIENTS = {
  docker20: docker(here, "graph"),
  docker28: docker(forky, "graph"),
  docker28containerd: docker(forky, "containerd"),
  containerd: containerd(forky, "transfer service"),
} satisfies Record<string, Client>;
type ClientName = keyof typeof CLIENTS;

interface Failure {
  readonly title: string;
  readonly mirror: MirrorName;
  /** The image that is pulled. */
  readonly repository: string;
  /** 1 by default. */
  readonly tag?: string;
  arrange?(stack: Stack): unknown;
  readonly prints: Readonly<Record<ClientName, string>>;
  /** Fields of the last line about it. */
  readonly logs: Readonly<Record<string, unknown>>;
  readonly finds: Readonly<Record<string, string>>;
}

const LAYER_BYTES = 1_000_000;
const SECRET = "0123456789abcdef0123456789abcdef";
const HUB = { accounts: { sampan: "right" } };
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", PRIVATE_IMAGES: "public-only-account" };

/** The mirrors that fail; each is started for its failures only. */
const MIRRORS = {
  open: {
    hub: HUB,
    vars: {
      ...ACCOUNT,
      UPSTREAM_PASSWORD: "right",
      IMAGES_DENY: "library/denied",
      BLOB_MAX_BYTES: 0,
    },
  },
  "wrong account": { hub: HUB, vars: { ...ACCOUNT, UPSTREAM_PASSWORD: "wrong" } },
  "path secret": { vars: { ACCESS_PATHS: `home=${SECRET}` } },
  users: { vars: { ACCESS_USERS: `alice=${SECRET}` } },
  "rate limit": { rateLimit: 1 },
} satisfies Record<string, StackOptions>;
type MirrorName = keyof typeof MIRRORS;

/** Of the rate limit. */
const WINDOW_MS = 60_000;

const FAILURES: readonly Failure[] = [
  {
    title: "the upstream's pull quota is used up",
    mirror: "open",
    repository: "library/quota",
    arrange: ({ hub }) => hub.become("exhausted"),
    prints: {
      docker20: "toomanyrequests: …: the pull quota is used up;",
      docker28: "toomanyrequests: …: the pull quota is used up;",
      docker28containerd: "unexpected status from GET request to …: 429 Too Many Requests",
      containerd: "unexpected status from GET request to …: 429 Too Many Requests",
    },
    logs: { status: 429, error: "TOOMANYREQUESTS", message: "…the pull quota is used up…" },
    finds: { manifest: "failure: 429, TOOMANYREQUESTS: …the pull quota is used up…" },
  },
  {
    title: "the upstream limits requests",
    mirror: "open",
    repository: "library/limited",
    arrange: ({ hub }) => hub.become("limited"),
    prints: {
      docker20: "toomanyrequests: …: too many requests",
      docker28: "toomanyrequests: …: too many requests",
      docker28containerd: "unexpected status from HEAD request to …: 429 Too Many Requests",
      containerd: "unexpected status from HEAD request to …: 429 Too Many Requests",
    },
    logs: { status: 429, error: "TOOMANYREQUESTS", message: "…too many requests…" },
    finds: { "manifest-head": "failure: 429, TOOMANYREQUESTS: …too many requests…wait some…" },
  },
  {
    title: "the client exceeds the mirror's rate limit",
    mirror: "rate limit",
    repository: "library/busybox",
    arrange: async ({ mirror }) => {
      // A window begins with each minute, as in workerd's limiter; none must begin during the test.
      const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS);
      if (leftMs < WINDOW_MS / 3) await pause(leftMs);
      const path = `${mirror.origin}/v2/busybox/manifests/1`;
      for (let count = 0; count < 3; count += 1) await fetch(path, { method: "HEAD" });
    },
    prints: {
      docker20: "toomanyrequests: rate limit exceeded: wait before the next request",
      docker28: "toomanyrequests: rate limit exceeded: wait before the next request",
      docker28containerd: "unexpected status from HEAD request to …: 429 Too Many Requests",
      containerd: "unexpected status from HEAD request to …: 429 Too Many Requests",
    },
    logs: { status: 429, error: "TOOMANYREQUESTS", message: "rate limit exceeded…" },
    finds: { "manifest-head": "failure: 429, TOOMANYREQUESTS: rate limit exceeded…own limit…" },
  },
  {
    title: "the upstream cannot be reached",
    mirror: "open",
    repository: "library/unreachable",
    arrange: ({ served }) => served.goAway(),
    prints: {
      docker20: "received unexpected HTTP status: 502 Bad Gateway",
      docker28: "received unexpected HTTP status: 502 Bad Gateway",
      docker28containerd: "unexpected status from HEAD request to …: 502 Bad Gateway",
      containerd: "unexpected status from HEAD request to …: 502 Bad Gateway",
    },
    logs: {
      ...{ status: 502, error: "UNAVAILABLE", message: "…cannot be reached; try again" },
      reason: "connection refused, reset or closed",
    },
    finds: { "manifest-head": "failure: 502, UNAVAILABLE: …cannot be reached…" },
  },
  {
    title: "the upstream rejects the mirror's account",
    mirror: "wrong account",
    repository: "library/busybox",
    prints: {
      docker20: "pull access denied for …: denied: …rejects the mirror's account",
      docker28: "pull access denied for …: denied: …rejects the mirror's account",
      docker28containerd: "unexpected status from HEAD request to …: 403 Forbidden",
      containerd: "unexpected status from HEAD request to …: 403 Forbidden",
    },
    logs: { status: 403, error: "DENIED", reason: "account rejected" },
    finds: { "manifest-head": "failure: 403, DENIED: …rejects the mirror's account…" },
  },
  {
    title: "the image does not exist",
    mirror: "open",
    repository: "library/missing",
    prints: {
      docker20: "not found: name unknown: …does not exist or is private",
      docker28: "not found: name unknown: …does not exist or is private",
      docker28containerd: "failed to resolve reference …: not found",
      containerd: "failed to resolve image: …: not found",
    },
    logs: { status: 404, error: "NAME_UNKNOWN", message: "…does not exist or is private" },
    finds: { "manifest-head": "failure: 404, NAME_UNKNOWN: …does not exist or is private…" },
  },
  {
    title: "the tag does not exist",
    mirror: "open",
    repository: "library/busybox",
    tag: "none",
    prints: {
      docker20: "not found: manifest unknown: …was not found upstream",
      docker28: "not found: manifest unknown: …was not found upstream",
      docker28containerd: "failed to resolve reference …: not found",
      containerd: "failed to resolve image: …: not found",
    },
    logs: { status: 404, error: "MANIFEST_UNKNOWN", message: "…was not found upstream" },
    finds: { "manifest-head": "failure: 404, MANIFEST_UNKNOWN: …the upstream has no such tag…" },
  },
  {
    title: "the path secret is missing",
    mirror: "path secret",
    repository: "library/busybox",
    prints: {
      docker20: `error parsing HTTP 404 response body: invalid character 'N' looking for beginning of value: "Not found.\\n"`,
      docker28: "Error response from daemon: unknown: Not found.",
      docker28containerd: "failed to resolve reference …: not found",
      containerd: "failed to resolve image: …: not found",
    },
    logs: { status: 404, path: null },
    finds: { ping: "failure: 404: if this is a mirror, it is locked…add its path secret…" },
  },
  {
    title: "the client has no login",
    mirror: "users",
    repository: "library/busybox",
    prints: {
      docker20: "no basic auth credentials",
      docker28: "no basic auth credentials",
      docker28containerd: "authorization failed: no basic auth credentials",
      // Its login is for another account.
      containerd: "unexpected status from HEAD request to …: 401 Unauthorized",
    },
    logs: { status: 401, error: "UNAUTHORIZED", path: null },
    finds: { ping: "failure: 401 with a Basic challenge: …add one: --user name:token…" },
  },
  {
    title: "the image is denied by a rule",
    mirror: "open",
    repository: "library/denied",
    prints: {
      docker20: "pull access denied for …: denied: …is not allowed on this mirror: the rule",
      docker28: "pull access denied for …: denied: …is not allowed on this mirror: the rule",
      docker28containerd: "unexpected status from HEAD request to …: 403 Forbidden",
      containerd: "unexpected status from HEAD request to …: 403 Forbidden",
    },
    logs: { status: 403, error: "DENIED", message: '…the rule "library/denied" of IMAGES_DENY…' },
    finds: { "manifest-head": "failure: 403, DENIED: …IMAGES_DENY…change that rule…" },
  },
];

const RETRYING = "Download failed, retrying (1/5): unexpected EOF";
const INTERRUPTED = '"event":"blob interrupted"…library/cut@…"reason":"the upstream broke off"';
const FINDS_CUT = {
  blobs: "failure: the connection was closed, or stalled, after …the upstream broke off…",
};

describeClients("what the clients print, the mirror logs and the doctor finds if", () => {
  let directory: string;
  let stack: Stack | null = null;
  let running: MirrorName | null = null;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sampan-failures-"));
  });
  afterEach(async () => {
    await stack?.served.comeBack().catch(() => {});
    stack?.hub.reset();
  });
  afterAll(async () => {
    await stack?.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  async function use(mirror: MirrorName): Promise<Stack> {
    if (stack !== null && running === mirror) return stack;
    await stack?.close();
    stack = await startStack(MIRRORS[mirror]);
    running = mirror;
    for (const name of ["busybox", "quota", "denied", "cut"]) {
      const files = { name };
      const image = await buildImage({ platforms: [PLATFORM], layerBytes: LAYER_BYTES, files });
      stack.hub.push(`library/${name}`, "1", image);
    }
    return stack;
  }

  /** Pulls by name, into an empty store. @returns what the client prints, and its daemon's log. */
  async function pull(client: Client, { mirror }: Stack, repository: string, tag = "1") {
    const home = await mkdtemp(join(directory, "home-"));
    await mkdir(join(home, ".docker"));
    await writeFile(join(home, ".docker/config.json"), "{}");
    const host = `localhost:${new URL(mirror.origin).port}`;
    const session = await client.open({ home, host, route: "by name" });
    const printed = await session
      .pull(repository, tag)
      .then(() => "", String)
      .finally(session.close);
    return { printed, daemon: await readFile(join(home, "daemon.log"), "utf8") };
  }

  const order = Object.keys(MIRRORS);
  const sorted = FAILURES.toSorted((a, b) => order.indexOf(a.mirror) - order.indexOf(b.mirror));
  describe.each(sorted)(
    "$title:",
    ({ mirror, repository, tag = "1", arrange, prints, logs, finds }) => {
      test.each(Object.keys(CLIENTS) as ClientName[])("%s", async (name) => {
        const started = await use(mirror);
        await arrange?.(started);
        const { printed } = await pull(CLIENTS[name], started, repository, tag);
        expect(printed).toMatch(pattern(prints[name]));
        expect(failuresIn(started.mirror.log()).at(-1)).toMatchObject(matching(logs));
      });

      test("the doctor", async () => {
        const started = await use(mirror);
        await arrange?.(started);
        const { notOk } = await examineWith([
          started.mirror.origin,
          "--image",
          `${repository}:${tag}`,
        ]);
        expect(notOk).toMatchObject(matching(finds));
      });
    },
  );

  describe("the upstream cuts a layer in the middle:", () => {
    // Docker and containerd resume, so only a pull that is cut every time fails.
    test.each([
      ["docker20", RETRYING],
      ["docker28", RETRYING],
      ["docker28containerd", ""],
      ["containerd", ""],
    ] as const)("%s resumes", async (name, daemonLogs) => {
      const started = await use("open");
      const before = started.mirror.log().length;
      started.hub.intercept(cutLayers(1));
      const { printed, daemon } = await pull(CLIENTS[name], started, "library/cut");
      expect(printed).toBe("");
      expect(daemon).toContain(daemonLogs);
      expect(started.mirror.log().slice(before)).toMatch(pattern(INTERRUPTED));
    });

    test("the doctor", async () => {
      const started = await use("open");
      started.hub.intercept(cutLayers(Number.POSITIVE_INFINITY));
      const { notOk } = await examineWith([started.mirror.origin, "--image", "library/cut:1"]);
      expect(notOk).toMatchObject(matching(FINDS_CUT));
    });
  });
});

test("docs/troubleshooting.md has every message of this file", () => {
  const document = readOwn("docs/troubleshooting.md");
  const printed = FAILURES.flatMap(({ prints }) => Object.values(prints));
  const parts = [...printed, RETRYING].flatMap((text) => text.split("…"));
  expect(parts.filter((part) => !document.includes(part.trim()))).toEqual([]);
});

/** Cuts so many downloads of a layer, but none of a configuration. */
function cutLayers(times: number): Interceptor {
  let left = times;
  return async ({ host }, next) => {
    if (host !== "storage") return undefined;
    const response = await next();
    if (Number(response.headers.get("content-length")) < LAYER_BYTES || left === 0) return response;
    left -= 1;
    return truncate(response, LAYER_BYTES / 2);
  };
}

/** @returns a text whose `…` stands for anything, as a pattern. */
function pattern(text: string): RegExp {
  return new RegExp(text.split("…").map(RegExp.escape).join("[^]*"));
}

/** @returns an expectation in which every text is a pattern. */
function matching(fields: Readonly<Record<string, unknown>>) {
  const expected = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "string" ? expect.stringMatching(pattern(value)) : value,
  ]);
  return Object.fromEntries(expected);
}

/** The mirror's lines about failed requests. */
function failuresIn(log: string): unknown[] {
  const lines = log.split("\n").filter((line) => line.startsWith('{"event":"request"'));
  return lines.map((line) => JSON.parse(line)).filter(({ status }) => status >= 400);
}
