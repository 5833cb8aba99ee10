import { expect, test } from "vitest";
import type { Login } from "../../src/access/mirror-token.ts";
import {
  type ImageRoute,
  isPublic,
  rightsFor,
  type VisibilityServices,
} from "../../src/access/visibility.ts";
import { createNegativeCache } from "../../src/cache/negative.ts";
import type { Visibility } from "../../src/cache/visibility.ts";
import { readRegistries } from "../../src/config/registries.ts";
import type { Env } from "../../src/config/settings.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { Name } from "../../src/protocol/name.ts";
import { parseRoute } from "../../src/protocol/route.ts";
import {
  ACCOUNT,
  answer,
  BEARER,
  createUpstream,
  DIGEST,
  errorOf,
  inOrder,
  linesOf,
  NOW,
  type Respond,
  redirect,
  type UpstreamOptions,
} from "../upstream/network.ts";

const KEY = "v2/public/registry-1.docker.io/team/app";
const BASE = "https://registry-1.docker.io/v2/team/app";
const IMAGE = {
  registry: readRegistries({} as Env).primary,
  requestedName: "team/app",
  name: "team/app" as Name,
};
const LOGIN: Login = { registry: "docker.io", accountHash: "abc", upstreamToken: "own" };
const OWN_RIGHTS = {
  partition: "registry-1.docker.io~abc",
  upstreams: [{ account: null, clientToken: "own" }],
};
const moved = () => redirect("https://cdn.example/x?sig=secret");

function routeOf(path: string): ImageRoute {
  const route = parseRoute(`/v2/team/app/${path}`);
  if (route.kind === "base") throw new Error("not a request for an image");
  return route;
}

/** An open registry and a mirror with an account there, which has checked nothing yet. */
function createMirror(respond: Respond, options: UpstreamOptions = {}) {
  const created = createUpstream(respond, { account: ACCOUNT, ...options });
  const known = new Map<string, Visibility>();
  const services: VisibilityServices = {
    config: { access: { privateImages: "check" } },
    visibility: {
      peek: (key) => known.get(key) ?? null,
      read: async (key) => known.get(key) ?? null,
      isFresh: ({ checkedAt }) => checkedAt === NOW,
      write(key, isPublic) {
        known.set(key, { isPublic, checkedAt: NOW });
        return { isPublic, checkedAt: NOW };
      },
      isUsableWhenStale: ({ checkedAt }) => checkedAt >= NOW - 60_000,
      recordFailure: (key, { isPublic }) => void known.set(key, { isPublic, checkedAt: NOW }),
    },
    negative: createNegativeCache({
      ...{ platform: { now: () => NOW }, refusals: createMemory(1), freshSeconds: 60 },
    }),
  };
  const check = (path: string) => isPublic(services, created.upstream, IMAGE, routeOf(path));
  const grant = () =>
    rightsFor(services, [created.upstream], IMAGE, routeOf("manifests/1"), LOGIN, async () => {});
  return { ...created, services, known, check, grant };
}

test.each([
  ["manifests/1", `HEAD ${BASE}/manifests/1`, [answer(200)], true],
  ["manifests/1", `HEAD ${BASE}/manifests/1`, [moved(), answer(200)], false],
  ["tags/list", `GET ${BASE}/tags/list?n=1`, [answer(200)], true],
  ["tags/list", `GET ${BASE}/tags/list?n=1`, [answer(401)], false],
  [`referrers/${DIGEST}`, `HEAD ${BASE}/manifests/${DIGEST}`, [answer(200)], true],
  [`referrers/${DIGEST}`, `HEAD ${BASE}/manifests/${DIGEST}`, [answer(403)], false],
  [`blobs/${DIGEST}`, `GET ${BASE}/blobs/${DIGEST}`, [answer(206)], true],
  [`blobs/${DIGEST}`, `GET ${BASE}/blobs/${DIGEST}`, [moved(), answer(206)], true],
  [`blobs/${DIGEST}`, `GET ${BASE}/blobs/${DIGEST}`, [moved(), answer(416)], true],
  [`blobs/${DIGEST}`, `GET ${BASE}/blobs/${DIGEST}`, [answer(403)], false],
])(
  "whether an image is public is checked for %s by an anonymous %s: %#",
  async (path, line, answers, expected) => {
    const { check, requests } = createMirror(inOrder(...answers));
    expect(await Promise.all([check(path), check(path)])).toEqual([expected, expected]);
    expect(await check(path)).toBe(expected);
    const probes = linesOf(requests).filter((request) => request.includes("/v2/team/app/"));
    expect(probes).toEqual([line]);
    for (const { headers } of requests) expect(headers.has("authorization")).toBe(false);
  },
);

/** @returns a JWT whose claims allow this. */
function tokenWith(access: unknown): string {
  const claims = new TextEncoder().encode(JSON.stringify({ access }));
  return `e30.${claims.toBase64({ alphabet: "base64url" })}.c2ln`;
}

const GRANT = [{ type: "repository", name: "team/app", actions: ["pull"] }];

test.each([
  ["Docker Hub", true, GRANT, 401, true, 0],
  ["Docker Hub", true, [], 200, false, 0],
  ["Docker Hub, without claims,", true, undefined, 200, true, 1],
  ["another registry", false, GRANT, 401, false, 1],
  ["another registry", false, [], 200, true, 1],
])("the token of %s: %#", async (_, isDockerHub, access, status, expected, probes) => {
  const token = tokenWith(access);
  const respond: Respond = ({ url }) =>
    url.startsWith("https://auth.docker.io/") ? Response.json({ token }) : answer(status);
  const { check, requests } = createMirror(respond, { scheme: BEARER, isDockerHub });
  expect(await check("manifests/1")).toBe(expected);
  const sent = linesOf(requests).filter((line) => line === `HEAD ${BASE}/manifests/1`);
  expect(sent.length > 0 ? 1 : 0).toBe(probes);
});

test.each([500, 429])(
  "whether an image is public is unknown after status %i; an older result is used, if not too old",
  async (status) => {
    const { check, known, requests } = createMirror(() => answer(status));
    const error = await errorOf(check("manifests/1"));
    expect(error.isTransient).toBe(true);
    expect(error.message).toMatch(/^whether this image is public is not known now/);
    known.set(KEY, { isPublic: true, checkedAt: NOW - 60_001 });
    expect((await errorOf(check("manifests/2"))).isTransient).toBe(true);
    known.set(KEY, { isPublic: true, checkedAt: NOW - 60_000 });
    for (const tag of ["3", "4"]) expect(await check(`manifests/${tag}`)).toBe(true);
    // The first failure is recorded, so the last request checks nothing.
    expect(linesOf(requests).at(-1)).toBe(`HEAD ${BASE}/manifests/3`);
  },
);

test.each([
  [200, { partition: "registry-1.docker.io", upstreams: [{ account: ACCOUNT }] }],
  [401, OWN_RIGHTS],
  [500, OWN_RIGHTS],
])("a login has rights of its own unless the image is public: %i", async (status, rights) => {
  const { grant } = createMirror(() => answer(status));
  expect(await grant()).toMatchObject(rights);
});

test("the work of a login is not shared with another request", async () => {
  const { grant } = createMirror(() => answer(401));
  const { singleFlight } = await grant();
  let count = 0;
  const work = async () => ++count;
  const results = await Promise.all([singleFlight("key", work), singleFlight("key", work)]);
  expect(results.map(({ value }) => value)).toEqual([1, 2]);
});
