import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import { LOGIN, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const INNER = "https://inner.example.com";
const TAG = "/v2/busybox/manifests/1.36";
const USER = { UPSTREAM_USERNAME: "site", UPSTREAM_PASSWORD: "d1f0c52a9e7b4836" };
const HUB_ACCOUNT = { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pass" };
const UNCHECKED = { PRIVATE_IMAGES: "public-only-account" };

/** A mirror whose upstream is another one, which mirrors Docker Hub. */
function createChain(innerEnv: Vars, outerEnv: Vars): { inner: Mirror; outer: Mirror } {
  const inner = createMirror({
    env: innerEnv,
    hub: {
      accounts: { alice: "pass" },
      privateRepositories: { "alice/secret": ["alice"] },
      hasAccessClaims: true,
      pageSize: 1,
    },
  });
  const image = imageOf(OCI_INDEX, OCI_MANIFEST);
  for (const tag of ["1.36", "1.37"]) inner.hub.push("library/busybox", tag, image);
  inner.hub.push("alice/secret", "1", imageOf(OCI_MANIFEST));
  const outer = createMirror({
    env: { UPSTREAM: INNER, NAMESPACE: "library", ...outerEnv },
    network: () => (input, init) => inner.send(String(input), init),
  });
  return { inner, outer };
}

/** Every request to the inner mirror, with the kind of its credential. */
function sentBy(mirror: Mirror): string[] {
  const kinds = mirror.sent.map(
    ({ init }) => new Headers(init.headers).get("authorization")?.split(" ")[0] ?? "none",
  );
  return mirror.fetches().map((fetched, index) => `${fetched} ${kinds[index]}`);
}

const IMAGES = [
  `inner.example.com HEAD /v2/library/busybox/manifests/1.36`,
  `inner.example.com GET /v2/library/busybox/manifests/${OCI_INDEX.digest}`,
  `inner.example.com GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
  `inner.example.com GET /v2/library/busybox/blobs/${LAYER.digest}`,
];

async function pull(outer: Mirror): Promise<void> {
  expect((await outer.get(TAG)).text).toBe(OCI_INDEX.text);
  const manifest = await outer.get(`/v2/busybox/manifests/${OCI_MANIFEST.digest}`);
  expect(manifest.text).toBe(OCI_MANIFEST.text);
  expect((await outer.get(`/v2/busybox/blobs/${LAYER.digest}`)).text).toBe(LAYER.text);
}

describe("a mirror of another mirror", () => {
  it("[12] [21] [38] [42] that is open needs no account, and is not asked twice", async () => {
    const { inner, outer } = createChain({}, {});
    await pull(outer);
    expect(sentBy(outer)).toEqual([
      "inner.example.com GET /v2/ none",
      ...IMAGES.map((one) => `${one} none`),
    ]);
    const first = await outer.get("/v2/busybox/tags/list?n=1");
    const next = /^<(\/v2\/busybox\/tags\/list\?[^>]+)>/.exec(first.headers.get("link") ?? "")?.[1];
    const second = await outer.get(next ?? "");
    expect([first, second].map(({ text }) => JSON.parse(text).tags)).toEqual([["1.36"], ["1.37"]]);
    const referrers = await outer.get(`/v2/busybox/referrers/${OCI_MANIFEST.digest}`);
    expect(JSON.parse(referrers.text).manifests).toEqual([]);
    sentBy(outer);
    await pull(outer);
    expect(sentBy(outer)).toEqual([]);
    expect(inner.hub.pulls()).toBe(2);
  });

  it("[A2] [29] [32] with users has one of them as its account, by HTTP Basic", async () => {
    const users = { ACCESS_USERS: `site=${USER.UPSTREAM_PASSWORD}` };
    const { outer } = createChain(users, { ...USER, ...UNCHECKED });
    await pull(outer);
    expect(sentBy(outer)).toEqual([
      "inner.example.com GET /v2/ none",
      ...IMAGES.map((one) => `${one} Basic`),
    ]);
    const wrong = createChain(users, { ...USER, ...UNCHECKED, UPSTREAM_PASSWORD: "another" });
    const answer = await wrong.outer.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
  });

  it("[A2] [A6] with users has no public images, so that each is 404 while they are checked", async () => {
    const users = { ACCESS_USERS: `site=${USER.UPSTREAM_PASSWORD}` };
    const { outer } = createChain(users, USER);
    const answer = await outer.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it("[A2a] [29] with path secrets and users has one of the users as its account", async () => {
    const env = { ACCESS_USERS: `site=${USER.UPSTREAM_PASSWORD}`, ACCESS_PATHS: `home=${SECRET}` };
    const { outer } = createChain(env, { ...USER, ...UNCHECKED });
    await pull(outer);
  });

  it("[A1] [A1c] [U1] with path secrets alone has one of them in its URL", async () => {
    const locked = { ACCESS_PATHS: `home=${SECRET}` };
    expect((await createChain(locked, {}).outer.get(TAG)).status).toBe(404);
    const { outer } = createChain(locked, { UPSTREAM: `${INNER}/${SECRET}` });
    await pull(outer);
    expect(sentBy(outer)).toEqual([
      "inner.example.com GET /v2/ none",
      ...IMAGES.map((one) => `${one.replace("/v2/", `/v2/${SECRET}/`)} none`),
    ]);
  });

  it("[A7] [A7c] with logins serves public images, without an account", async () => {
    const { outer } = createChain(LOGIN, {});
    await pull(outer);
    const tokens = sentBy(outer).filter((one) => one.includes("/token"));
    expect(tokens).toEqual([
      "inner.example.com GET /token?service=inner.example.com&scope=repository:library/busybox:pull none",
    ]);
    expect((await outer.get("/v2/alice/secret/manifests/1")).status).toBe(404);
  });

  it("[A7] [A7e] [A6d] with logins serves the private images of its account, behind a lock of its own", async () => {
    const lock = { PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
    const { outer } = createChain(LOGIN, { ...HUB_ACCOUNT, ...lock });
    const secret = await outer.get(`/${SECRET}/v2/alice/secret/manifests/1`);
    expect(secret.text).toBe(OCI_MANIFEST.text);
    const kinds = sentBy(outer).map((one) => one.split(" ").at(-1));
    expect(kinds).toEqual(["none", "Basic", "Bearer", "Bearer"]);
  });

  it("[34] [36] answers from its cache while the other one fails", async () => {
    const { inner, outer } = createChain({ STALE_TTL_SECONDS: 0, TAG_TTL_SECONDS: 0 }, {});
    await pull(outer);
    for (const code of [429, 503]) {
      outer.clock.advance(120);
      inner.hub.intercept(() => status(code));
      const answer = await outer.get(TAG);
      expect([answer.status, answer.text]).toEqual([200, OCI_INDEX.text]);
      expect(answer.headers.get("warning")).toMatch(/^299 - "/);
    }
  });
});
