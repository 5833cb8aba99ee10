import { describe, expect, it } from "vitest";
import {
  COUNTED_BLOB,
  imageOf,
  imageWithBlob,
  LAYER,
  OCI_MANIFEST,
  OCI_NEXT,
} from "../support/contents.ts";
import { either, type Interceptor, when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import type { Hub, HubOptions } from "../support/hub.ts";
import { type Mirror, type MirrorOptions, read, useMirrors } from "../support/mirror/in-process.ts";
import { ACCOUNT, ALICE, askAs, LOGIN, logIn, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const TAGS = "/v2/busybox/tags/list";

const GOOGLE: HubOptions = {
  registry: "https://mirror.gcr.io",
  storage: "https://storage.mirror.gcr.io",
  challenge: 'Bearer realm="https://mirror.gcr.io/v2/token",service="google"',
};
const HARBOR: HubOptions = {
  registry: "https://harbor.example.com",
  storage: "https://s3.example.com",
  challenge: 'Bearer realm="https://harbor.example.com/service/token",service="harbor"',
};
const HUB_AND_GOOGLE = "https://registry-1.docker.io, https://mirror.gcr.io";
const HUB_AND_HARBOR = "https://registry-1.docker.io, https://harbor.example.com/dockerhub";
const PRIVATE = { "team/app": ["sampan"] };

interface Pair {
  readonly mirror: Mirror;
  readonly first: Hub;
  readonly second: Hub;
}

/** A mirror of Docker Hub, and then of Google's mirror; only the second has `busybox:1`. */
function createPair({ env, ...options }: MirrorOptions = {}): Pair {
  const mirror = createMirror({
    others: [GOOGLE],
    ...options,
    env: { UPSTREAM: HUB_AND_GOOGLE, ...env },
  });
  const [first, second] = mirror.hubs;
  if (first === undefined || second === undefined) throw new Error("two registries are needed");
  second.push("library/busybox", "1", imageOf(OCI_MANIFEST));
  return { mirror, first, second };
}

/** The same, where both have the image. */
function createTwins(options: MirrorOptions = {}): Pair {
  const pair = createPair(options);
  pair.first.push("library/busybox", "1", imageOf(OCI_MANIFEST));
  return pair;
}

/** The hosts that were asked since the last call, each once for several requests in a row. */
function hostsAsked(mirror: Mirror): string[] {
  const hosts = mirror.fetches().map((line) => line.split(" ")[0] ?? "");
  return hosts.filter((host, index) => host !== hosts[index - 1]);
}

function cacheStatus({ headers }: { readonly headers: Headers }): string | null {
  return headers.get("cache-status");
}

/** Every answer of the registry has this status. */
const always = (code: number): Interceptor => when({ host: "registry" }, () => status(code));

const FAILURES: readonly (readonly [string, (first: Hub) => void])[] = [
  ["refuses connections", (first) => first.become("gone")],
  ["answers 429", (first) => first.become("limited")],
  ["has no pulls left", (first) => first.become("exhausted")],
  ["answers 401", (first) => first.intercept(when({ path: /busybox/ }, () => status(401)))],
  ["answers 403", (first) => first.intercept(when({ path: /busybox/ }, () => status(403)))],
  ["answers 500", (first) => first.intercept(always(500))],
  ["answers 503", (first) => first.intercept(always(503))],
  [
    "has another manifest under the digest",
    (first) => {
      const body = JSON.stringify({ schemaVersion: 2 });
      const wrong = () =>
        new Response(body, { headers: { "content-type": OCI_MANIFEST.mediaType } });
      first.intercept(when({ path: /manifests\/sha256/ }, wrong));
    },
  ],
];

describe("the second of two upstreams answers if the first", () => {
  it.each(FAILURES)("[U2] %s", async (_, fail) => {
    const { mirror, first } = createTwins();
    fail(first);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    expect((await mirror.get(BY_DIGEST)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect((await mirror.head(BLOB)).status).toBe(200);
    expect(JSON.parse((await mirror.get(TAGS)).text)).toEqual({ name: "busybox", tags: ["1"] });
  });

  it("[U2] does not have the image, for every route", async () => {
    const { mirror } = createPair();
    for (const [method, path] of [
      ["head", TAG],
      ["get", TAG],
      ["head", BY_DIGEST],
      ["get", BY_DIGEST],
      ["head", BLOB],
      ["get", BLOB],
      ["get", TAGS],
    ] as const) {
      mirror.restart("elsewhere");
      expect((await mirror[method](path)).status, `${method} ${path}`).toBe(200);
    }
  });

  it("[U2] [U2c] hangs, once its half of the time is over", async () => {
    const { mirror, first } = createTwins();
    first.intercept(() => "hang");
    const asked = mirror.send(TAG);
    await first.waitFor({});
    mirror.clock.advance(4.9);
    expect(hostsAsked(mirror)).toEqual(["registry-1.docker.io"]);
    mirror.clock.advance(0.1);
    expect((await read("GET", await asked)).text).toBe(OCI_MANIFEST.text);
    await mirror.settle();
  });

  it("[U2] is not asked if the first delivers", async () => {
    const { mirror, second } = createTwins();
    for (const path of [TAG, BY_DIGEST, BLOB, TAGS]) {
      expect((await mirror.get(path)).status).toBe(200);
    }
    expect(second.count()).toBe(0);
  });

  it("[U2] is not asked about a range beyond the end", async () => {
    const { mirror, second } = createTwins();
    const answer = await mirror.get(BLOB, { range: "bytes=9000-" });
    expect(answer.status).toBe(416);
    expect(second.count()).toBe(0);
  });
});

describe("if no upstream delivers", () => {
  const answering = (first: number, second: number) => {
    const { mirror, ...hubs } = createTwins();
    for (const [hub, code] of [
      [hubs.first, first],
      [hubs.second, second],
    ] as const) {
      hub.intercept(when({ path: /busybox/ }, () => status(code)));
    }
    return mirror;
  };

  it.each([
    [404, 404, 404, "MANIFEST_UNKNOWN"],
    [404, 500, 502, "UNAVAILABLE"],
    [404, 429, 429, "TOOMANYREQUESTS"],
    [404, 403, 403, "DENIED"],
    [429, 404, 429, "TOOMANYREQUESTS"],
    [429, 500, 429, "TOOMANYREQUESTS"],
    [500, 429, 502, "UNAVAILABLE"],
    [403, 429, 403, "DENIED"],
    [401, 404, 404, "NAME_UNKNOWN"],
  ])("[U2a] after %i and %i the answer is %i", async (first, second, code, error) => {
    const mirror = answering(first, second);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([code, error]);
    mirror.restart();
    const ofDigest = await mirror.get(BY_DIGEST);
    expect([ofDigest.status, ofDigest.error?.code]).toEqual([code, error]);
  });

  it("[U2a] [20] a tag that all of them deleted is remembered as missing", async () => {
    const { mirror, first, second } = createTwins();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    first.untag("library/busybox", "1");
    second.untag("library/busybox", "1");
    expect((await mirror.get(TAG)).status).toBe(404);
    expect(hostsAsked(mirror)).toEqual(["registry-1.docker.io", "mirror.gcr.io"]);
    expect((await mirror.get(TAG)).status).toBe(404);
    expect(mirror.fetches()).toEqual([]);
    first.become("gone");
    second.become("gone");
    mirror.clock.advance(60);
    // Its record is gone too.
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[U2a] [34] [36] the last manifest answers, after both were asked", async () => {
    const { mirror, first, second } = createTwins();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    first.become("limited");
    second.become("gone");
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(answer.headers.get("warning")).toContain("registry-1.docker.io reports");
    expect(cacheStatus(answer)).toBe("sampan; fwd=stale; detail=stale");
    expect(hostsAsked(mirror)).toEqual(["registry-1.docker.io", "mirror.gcr.io"]);
  });

  it("[U2a] [34] nothing stale answers while the second delivers", async () => {
    const { mirror, first, second } = createTwins();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    first.become("limited");
    second.push("library/busybox", "1", imageOf(OCI_NEXT));
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_NEXT.text);
    expect(answer.headers.has("warning")).toBe(false);
  });
});

describe("a tag from another upstream than the first", () => {
  it("[U2b] is marked, in memory, in the edge cache and in KV too", async () => {
    const { mirror, first } = createTwins();
    first.become("limited");
    expect(cacheStatus(await mirror.head(TAG))).toBe("sampan; fwd=miss; detail=fallback");
    expect(cacheStatus(await mirror.get(TAG))).toBe("sampan; fwd=miss; detail=fallback");
    expect(cacheStatus(await mirror.get(TAG))).toBe("sampan; hit; detail=fallback");
    for (const where of ["here", "elsewhere"] as const) {
      mirror.restart(where);
      expect(cacheStatus(await mirror.head(TAG))).toBe("sampan; hit; detail=fallback");
    }
  });

  it("[U2b] is checked again after its window, and then comes from the first", async () => {
    const { mirror, first } = createTwins();
    first.become("limited");
    await mirror.warm(TAG);
    first.become("serving");
    first.push("library/busybox", "1", imageOf(OCI_NEXT));
    mirror.clock.advance(59);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()).toEqual([]);
    mirror.clock.advance(1);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_NEXT.text);
    expect(cacheStatus(answer)).toBe("sampan; fwd=stale");
  });

  it("[U2b] is not marked while it is stale", async () => {
    const { mirror, first, second } = createTwins();
    first.become("gone");
    await mirror.warm(TAG);
    second.become("gone");
    mirror.clock.advance(60);
    expect(cacheStatus(await mirror.get(TAG))).toBe("sampan; fwd=stale; detail=stale");
  });
});

describe("the time of one client request", () => {
  it("[U2c] [G5] is divided: each of two hanging upstreams has one half", async () => {
    const { mirror, ...hubs } = createTwins();
    for (const hub of [hubs.first, hubs.second]) hub.intercept(() => "hang");
    const asked = mirror.send(TAG);
    await hubs.first.waitFor({});
    mirror.clock.advance(5);
    await hubs.second.waitFor({});
    mirror.clock.advance(5);
    const answer = await read("GET", await asked);
    expect(answer.status).toBe(504);
    expect(answer.error?.message).toContain("registry-1.docker.io did not answer within 5 s");
    await mirror.settle();
  });

  it("[U2c] that the first does not need is for the second", async () => {
    const { mirror, first, second } = createTwins();
    first.become("gone");
    second.intercept(() => "hang");
    const asked = mirror.send(TAG);
    await second.waitFor({});
    mirror.clock.advance(9.9);
    const early = await Promise.race([asked, mirror.send("/v2/")]);
    expect(await early.text()).toBe("{}");
    mirror.clock.advance(0.1);
    expect((await asked).status).toBe(502);
    await mirror.settle();
  });
});

describe("an upstream that has failed", () => {
  const HANG: Interceptor = () => "hang";

  async function failOnce({ mirror, first }: Pair, failure: "hang" | "gone" | "limited" | 500) {
    if (failure === "hang") first.intercept(HANG);
    else if (failure === 500) first.intercept(always(500));
    else first.become(failure);
    const asked = mirror.send("/v2/busybox/tags/list");
    await first.waitFor({});
    if (failure === "hang") mirror.clock.advance(5);
    expect((await asked).status).toBe(200);
    await mirror.settle();
    mirror.fetches();
    first.become("serving");
    first.intercept(null);
  }

  it.each(["hang", "gone", "limited", 500] as const)(
    "[U2d] is asked last for 30 seconds: %s",
    async (failure) => {
      const pair = createTwins();
      await failOnce(pair, failure);
      pair.mirror.clock.advance(29.9);
      await pair.mirror.get(TAG);
      expect(pair.first.count({ path: /manifests/ })).toBe(0);
      pair.mirror.clock.advance(60);
      await pair.mirror.get(TAG);
      expect(pair.first.count({ path: /manifests/ })).toBe(1);
    },
  );

  it("[U2d] is asked last, but asked", async () => {
    const pair = createTwins();
    await failOnce(pair, "gone");
    pair.second.intercept(when({ path: /busybox/ }, () => status(404)));
    expect((await pair.mirror.get(TAG)).status).toBe(200);
    expect(hostsAsked(pair.mirror)[0]).toBe("mirror.gcr.io");
  });

  it.each([401, 403, 404])("[U2d] is asked first as before after %i", async (code) => {
    const { mirror, first } = createTwins();
    first.intercept(when({ path: /manifests/ }, () => status(code)));
    expect((await mirror.get(TAG)).status).toBe(200);
    first.intercept(null);
    mirror.fetches();
    await mirror.get(BLOB);
    expect(hostsAsked(mirror)[0]).toBe("registry-1.docker.io");
  });

  it("[U2d] is not one that had too little time left to judge it", async () => {
    const { mirror, first, second } = createTwins();
    const missing = when({ path: /sha256/ }, () => status(404));
    first.intercept(
      either(
        when({ method: "HEAD" }, () => "hang"),
        missing,
      ),
    );
    const slow = when({ method: "HEAD" }, (next) => {
      mirror.clock.advance(4.9);
      return next();
    });
    // Of the last 100 ms the second has one half for the GET.
    const hanging = when({ path: /sha256/ }, () => {
      mirror.clock.advance(0.05);
      return "hang";
    });
    second.intercept(either(slow, hanging));
    const asked = mirror.send(TAG);
    await first.waitFor({ method: "HEAD" });
    mirror.clock.advance(5);
    expect((await asked).status).toBe(504);
    await mirror.settle();
    second.intercept(null);
    mirror.fetches();
    await mirror.get(BLOB);
    expect(hostsAsked(mirror)[0]).toBe("mirror.gcr.io");
  });
});

describe("a path in the URL of an upstream", () => {
  const createHarbor = (UPSTREAM: string, options: MirrorOptions = {}) => {
    const pair = createPair({
      ...options,
      others: [{ ...HARBOR, pageSize: 1 }],
      env: { UPSTREAM, ...options.env },
    });
    for (const tag of ["1", "2"]) {
      pair.second.push("dockerhub/library/busybox", tag, imageOf(OCI_MANIFEST));
    }
    return pair;
  };

  it.each([HUB_AND_HARBOR, "https://harbor.example.com/dockerhub/"])(
    "[U1] is part of the name there, in paths and scopes: %s",
    async (UPSTREAM) => {
      const { mirror, first } = createHarbor(UPSTREAM, { env: { NAMESPACE: "library" } });
      first.become("gone");
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
      const there = mirror.fetches().filter((line) => line.startsWith("harbor.example.com"));
      const name = "dockerhub/library/busybox";
      expect(there).toEqual([
        "harbor.example.com GET /v2/",
        `harbor.example.com GET /service/token?service=harbor&scope=repository:${name}:pull`,
        `harbor.example.com HEAD /v2/${name}/manifests/1`,
        `harbor.example.com GET /v2/${name}/manifests/${OCI_MANIFEST.digest}`,
        `harbor.example.com GET /v2/${name}/blobs/${LAYER.digest}`,
      ]);
    },
  );

  it("[U1] is not in a Link, nor in the name of a list", async () => {
    const { mirror } = createHarbor("https://harbor.example.com/dockerhub");
    const answer = await mirror.get("/v2/library/busybox/tags/list?n=1");
    expect(JSON.parse(answer.text)).toEqual({ name: "library/busybox", tags: ["1"] });
    const link = '</v2/library/busybox/tags/list?last=1&n=1>; rel="next"';
    expect(answer.headers.get("link")).toBe(link);
    const next = await mirror.get("/v2/library/busybox/tags/list?n=1&last=1");
    expect(JSON.parse(next.text).tags).toEqual(["2"]);
  });

  it("[U1] is not in a message", async () => {
    const { mirror } = createHarbor("https://harbor.example.com/dockerhub");
    const answer = await mirror.get("/v2/library/busybox/manifests/none");
    expect(answer.error?.message).toBe("library/busybox:none was not found upstream");
  });

  it("[U1] [4] counts for the length of a name", async () => {
    const { mirror } = createHarbor(HUB_AND_HARBOR);
    const name = "a".repeat(245);
    expect((await mirror.get(`/v2/x/${name}/tags/list`)).status).toBe(400);
    expect((await mirror.get(`/v2/x/${name.slice(2)}/tags/list`)).status).toBe(404);
  });

  it("[U1] [R8] separates the registries on one host", async () => {
    const others = [{ ...HARBOR, pageSize: 1 }];
    const env = {
      UPSTREAM: "https://harbor.example.com/a",
      REGISTRIES: { "ghcr.io": "https://harbor.example.com/b" },
    };
    const mirror = createMirror({ env, others });
    mirror.hubs[1]?.push("a/team/app", "1", imageOf(OCI_MANIFEST));
    mirror.hubs[1]?.push("b/team/app", "1", imageOf(OCI_NEXT));
    for (let count = 0; count < 2; count++) {
      expect((await mirror.get("/v2/team/app/manifests/1")).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get("/v2/ghcr.io/team/app/manifests/1")).text).toBe(OCI_NEXT.text);
    }
    // Each with its own token: none was refused.
    expect(mirror.hubs[1]?.count({ method: "HEAD" })).toBe(2);
    const digest = `/v2/ghcr.io/team/app/manifests/${OCI_MANIFEST.digest}`;
    expect((await mirror.get(digest)).status).toBe(404);
    mirror.hubs[1]?.push("a/team/app", null, imageWithBlob(COUNTED_BLOB));
    const blob = `team/app/blobs/${COUNTED_BLOB.digest}`;
    expect((await mirror.get(`/v2/${blob}`)).status).toBe(200);
    expect((await mirror.get(`/v2/ghcr.io/${blob}`)).status).toBe(404);
  });

  it("[U1] [R7] [A6] separates what is public in the registries on one host", async () => {
    const accounts = { robot: "pass" };
    const privateRepositories = { "a/team/app": ["robot"] };
    const account = { username: "robot", password: "pass" };
    const mirror = createMirror({
      env: {
        UPSTREAM: "https://harbor.example.com/a",
        REGISTRIES: { "ghcr.io": "https://harbor.example.com/b" },
        REGISTRY_ACCOUNTS: JSON.stringify({ "harbor.example.com": account }),
      },
      others: [{ ...HARBOR, accounts, privateRepositories }],
    });
    mirror.hubs[1]?.push("a/team/app", "1", imageOf(OCI_MANIFEST));
    mirror.hubs[1]?.push("b/team/app", "1", imageOf(OCI_NEXT));
    expect((await mirror.get("/v2/ghcr.io/team/app/manifests/1")).text).toBe(OCI_NEXT.text);
    expect((await mirror.get("/v2/team/app/manifests/1")).status).toBe(404);
  });
});

describe("the credentials of each upstream", () => {
  const HARBOR_ACCOUNT = {
    REGISTRY_ACCOUNTS: JSON.stringify({
      "harbor.example.com": { username: "robot", password: "SECRET-robot" },
    }),
  };
  const ACCOUNTS = { ...ACCOUNT, ...HARBOR_ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
  const hub = { accounts: { sampan: "hunter2" }, privateRepositories: PRIVATE };
  const harbor = { ...HARBOR, accounts: { robot: "SECRET-robot" } };

  function authorizationsAt(hub: Hub): string[] {
    const found = hub.requests.map(({ host, headers }) => {
      const value = headers.get("authorization") ?? "none";
      return value.startsWith("Basic ") ? `${host} ${atob(value.slice(6))}` : "";
    });
    return [...new Set(found)].filter((line) => line !== "");
  }

  it.each(FAILURES)("[U2e] [R6] stay there, if the first %s", async (_, fail) => {
    const env = { UPSTREAM: HUB_AND_HARBOR, ...ACCOUNTS };
    const { mirror, first, second } = createTwins({ env, hub, others: [harbor] });
    second.push("dockerhub/library/busybox", "1", imageOf(OCI_MANIFEST));
    first.push("library/alpine", "1", imageOf(OCI_MANIFEST));
    await mirror.get("/v2/alpine/manifests/1");
    fail(first);
    for (const path of [TAG, BY_DIGEST, BLOB, TAGS]) {
      expect((await mirror.get(path)).status).toBe(200);
    }
    expect(authorizationsAt(first)).toEqual(["auth sampan:hunter2"]);
    expect(authorizationsAt(second)).toEqual(["auth robot:SECRET-robot"]);
  });

  it("[U2e] [32] are still those of the second if the first rejects its account", async () => {
    const env = { UPSTREAM: HUB_AND_HARBOR, ...ACCOUNTS };
    const others = [harbor];
    const { mirror, second } = createPair({ env, hub: { accounts: { sampan: "new" } }, others });
    second.push("dockerhub/library/busybox", "1", imageOf(OCI_MANIFEST));
    expect((await mirror.get(TAG)).status).toBe(200);
    second.become("gone");
    expect((await mirror.get("/v2/busybox/manifests/2")).status).toBe(403);
  });

  it("[U2e] [A7e] a client's login is for the first only", async () => {
    const accounts = Object.fromEntries([ALICE]);
    const privateRepositories = { "alice/secret": ["alice"] };
    const env = { UPSTREAM: HUB_AND_GOOGLE, ...LOGIN };
    const pair = createPair({ env, hub: { accounts, privateRepositories } });
    const { mirror, first, second } = pair;
    first.push("alice/secret", "1", imageOf(OCI_MANIFEST));
    second.push("alice/elsewhere", "1", imageOf(OCI_NEXT));
    expect((await askAs(mirror, ALICE, "alice/secret", "manifests/1")).text).toBe(
      OCI_MANIFEST.text,
    );
    const elsewhere = await askAs(mirror, ALICE, "alice/elsewhere", "manifests/1");
    expect(elsewhere.text).toBe(OCI_NEXT.text);
    expect(authorizationsAt(second)).toEqual([]);
    const authorization = await logIn(mirror, ALICE, ["alice/secret"]);
    first.become("gone");
    mirror.clock.advance(60);
    mirror.restart("elsewhere");
    const path = "/v2/alice/secret/manifests/2";
    expect((await mirror.ask(path, { headers: { authorization } })).status).toBe(502);
    expect(authorizationsAt(second)).toEqual([]);
  });
});

describe("an upstream with an account", () => {
  const hub = {
    accounts: { sampan: "hunter2" },
    privateRepositories: PRIVATE,
    hasAccessClaims: true,
  };
  const APP = "/v2/team/app/manifests/1";

  it("[U2f] [A6] does not serve what is private there; the other serves its own", async () => {
    const { mirror, first, second } = createPair({ env: ACCOUNT, hub });
    first.push("team/app", "1", imageOf(OCI_MANIFEST));
    expect((await mirror.get(APP)).error?.code).toBe("NAME_UNKNOWN");
    second.push("team/app", "1", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    expect((await mirror.get(APP)).text).toBe(OCI_NEXT.text);
    const secret = `/v2/team/app/manifests/${OCI_MANIFEST.digest}`;
    expect((await mirror.get(secret)).status).toBe(404);
  });

  it("[U2f] [U2a] [20] that is not asked does not keep a tag that the other deleted", async () => {
    const { mirror, first, second } = createPair({ env: ACCOUNT, hub });
    first.push("team/app", "1", imageOf(OCI_MANIFEST));
    second.push("team/app", "1", imageOf(OCI_NEXT));
    await mirror.warm(APP);
    second.untag("team/app", "1");
    mirror.clock.advance(60);
    expect((await mirror.get(APP)).error?.code).toBe("MANIFEST_UNKNOWN");
    second.become("gone");
    mirror.clock.advance(60);
    expect((await mirror.get(APP)).status).toBe(502);
  });

  it("[U2f] [A6] is asked whether an image is public only when it is reached", async () => {
    const env = { UPSTREAM: "https://mirror.gcr.io, https://registry-1.docker.io", ...ACCOUNT };
    const { mirror, first, second } = createPair({ env, hub });
    first.push("team/app", "1", imageOf(OCI_MANIFEST));
    first.push("open/app", "1", imageOf(OCI_MANIFEST));
    second.push("open/app", "1", imageOf(OCI_MANIFEST));
    expect((await mirror.get("/v2/open/app/manifests/1")).status).toBe(200);
    expect(first.count()).toBe(0);
    expect((await mirror.get(APP)).status).toBe(404);
    expect(first.count({ path: /manifests/ })).toBe(0);
    expect(first.count({ host: "auth" })).toBe(1);
  });

  it("[U2f] [A6b] is passed over while its check fails", async () => {
    const { mirror, first, second } = createPair({ env: ACCOUNT, hub });
    first.push("team/app", "1", imageOf(OCI_MANIFEST));
    second.push("team/app", "1", imageOf(OCI_NEXT));
    first.become("limited");
    expect((await mirror.get(APP)).text).toBe(OCI_NEXT.text);
    second.become("gone");
    mirror.restart("elsewhere");
    expect((await mirror.get(`${APP}0`)).error?.code).toBe("UNAVAILABLE");
  });

  it("[U2f] [A5a] [A5] the rate limit of a client is not passed over", async () => {
    let left = 1;
    const rateLimit = { limit: async () => ({ success: left-- > 0 }) };
    const { mirror, second } = createPair({ env: ACCOUNT, hub, rateLimit });
    second.push("team/app", "1", imageOf(OCI_NEXT));
    const client = { "cf-connecting-ip": "203.0.113.7" };
    expect((await mirror.get(TAG, client)).status).toBe(200);
    for (const path of [`manifests/${OCI_NEXT.digest}`, `blobs/${LAYER.digest}`]) {
      expect((await mirror.get(`/v2/team/app/${path}`, client)).status).toBe(429);
    }
    expect(second.count({ path: /team/ })).toBe(0);
  });

  it("[U2f] [A6d] private images of all accounts are in one part of the caches", async () => {
    const harbor = { ...HARBOR, accounts: { robot: "pass" } };
    const robot = (username: string) => ({
      REGISTRY_ACCOUNTS: JSON.stringify({ "harbor.example.com": { username, password: "pass" } }),
    });
    const served = {
      ...ACCOUNT,
      UPSTREAM: HUB_AND_HARBOR,
      PRIVATE_IMAGES: "allow",
      ACCESS_PATHS: `office=${SECRET}`,
    };
    const { mirror, first, second } = createPair({
      env: { ...served, ...robot("robot") },
      hub,
      others: [{ ...harbor, privateRepositories: { "dockerhub/team/app": ["robot"] } }],
      keepsBlobs: true,
    });
    const image = { ...imageOf(OCI_MANIFEST), blobs: imageWithBlob(COUNTED_BLOB).blobs };
    second.push("dockerhub/team/app", "1", image);
    const blob = `/${SECRET}/v2/team/app/blobs/${COUNTED_BLOB.digest}`;
    expect((await mirror.get(`/${SECRET}${APP}`)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(blob)).status).toBe(200);
    expect(await mirror.bucket.keys()).toEqual([]);
    first.become("gone");
    second.become("gone");
    expect((await mirror.get(`/${SECRET}${APP}`)).status).toBe(200);
    for (const env of [robot("other"), { PRIVATE_IMAGES: "public-only-account" }]) {
      mirror.reconfigure({ ...served, ...robot("robot"), ...env });
      mirror.restart();
      mirror.reconfigure({ ...served, ...robot("robot"), ...env });
      expect((await mirror.get(`/${SECRET}${APP}`)).status).toBe(502);
    }
  });
});

describe("the caches of several upstreams", () => {
  it("[U2g] are those of the first: a second one keeps them", async () => {
    const { mirror, first, second } = createTwins({
      env: { UPSTREAM: "https://registry-1.docker.io" },
    });
    await mirror.get(TAG);
    await mirror.get(TAG);
    mirror.reconfigure({ UPSTREAM: HUB_AND_GOOGLE });
    first.become("gone");
    second.become("gone");
    const answer = await mirror.get(TAG);
    expect([answer.text, cacheStatus(answer)]).toEqual([OCI_MANIFEST.text, "sampan; hit"]);
  });

  it("[U2g] have content by digest, whichever upstream it came from", async () => {
    const { mirror, first, second } = createTwins();
    first.intercept(when({ method: "HEAD" }, () => status(429)));
    second.intercept(when({ path: /sha256/ }, () => status(404)));
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(cacheStatus(answer)).toBe("sampan; fwd=miss; detail=fallback");
    expect(cacheStatus(await mirror.get(BY_DIGEST))).toBe("sampan; hit");
  });

  it("[U2g] [B1] have layers that the second sent", async () => {
    const { mirror, first, second } = createPair({ keepsBlobs: true });
    second.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
    const path = `/v2/busybox/blobs/${COUNTED_BLOB.digest}`;
    first.become("limited");
    expect((await mirror.get(path)).bytes.length).toBe(COUNTED_BLOB.bytes.length);
    expect(await mirror.bucket.keys()).toEqual([
      `blobs/registry-1.docker.io/${COUNTED_BLOB.digest}`,
    ]);
    second.become("gone");
    expect(cacheStatus(await mirror.get(path))).toBe("sampan; hit");
  });
});

describe("the log", () => {
  const upstreams = ({ log }: Mirror) =>
    log.filter(({ event }) => event === "request").map(({ fields }) => fields.upstream);

  it("[U3] names the upstream that answered, or whose failure is the answer", async () => {
    const { mirror, first, second } = createPair({
      env: { UPSTREAM: HUB_AND_HARBOR },
      others: [HARBOR],
    });
    second.push("dockerhub/library/busybox", "1", imageOf(OCI_MANIFEST));
    await mirror.get(TAG);
    await mirror.get(TAG);
    first.push("library/alpine", "1", imageOf(OCI_MANIFEST));
    await mirror.get("/v2/alpine/manifests/1");
    first.become("limited");
    await mirror.get("/v2/alpine/manifests/2");
    await mirror.get("/v2/");
    expect(upstreams(mirror)).toEqual([
      "harbor.example.com/dockerhub",
      null,
      "registry-1.docker.io",
      "registry-1.docker.io",
      null,
    ]);
  });
});
