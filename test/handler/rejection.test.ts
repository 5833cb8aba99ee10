import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { type Interceptor, when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  ALICE,
  askAs,
  SERVED,
  useLoginMirrors,
  usePrivateMirrors,
} from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const createPrivate = usePrivateMirrors();
const createWithLogins = useLoginMirrors();
const DAY_SECONDS = 24 * 60 * 60;
const BY_DIGEST = `/v2/alpine/manifests/${OCI_MANIFEST.digest}`;
/** The default of STALE_TTL_SECONDS. */
const STALE_SECONDS = 30 * DAY_SECONDS;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  for (const name of ["library/alpine", "grafana/grafana"]) {
    mirror.hub.push(name, "latest", imageOf(OCI_MANIFEST));
  }
  return mirror;
}

const byRegistry = when({ host: "registry" }, () => status(401));
const byTokenService = when({ host: "auth" }, () => status(401));

/** Lets an hour of rejections begin, past the lifetime of every token. */
function reject(mirror: Mirror, rejection: Interceptor): void {
  mirror.hub.revokeTokens();
  mirror.hub.intercept(rejection);
}

describe("a mirror that the upstream rejects without proof of a missing image,", () => {
  const refusals: [string, Interceptor][] = [
    ["by the registry", byRegistry],
    ["by the token service", byTokenService],
  ];

  it.each(refusals)("[30a] answers an official tag from the cache: %s", async (_, rejection) => {
    const mirror = createStocked();
    await mirror.warm("/v2/alpine/manifests/latest");
    reject(mirror, rejection);
    for (const seconds of [61, 1_800, 1_800, DAY_SECONDS]) {
      mirror.clock.advance(seconds);
      const head = await mirror.head("/v2/alpine/manifests/latest");
      expect([head.status, head.headers.get("docker-content-digest")]).toEqual([
        200,
        OCI_MANIFEST.digest,
      ]);
      expect(head.headers.get("warning")).toMatch(/^299 - ".*alpine/);
      expect(head.headers.get("cache-status")).toMatch(/detail=stale/);
      const tag = await mirror.get("/v2/library/alpine/manifests/latest?ns=docker.io");
      expect([tag.status, tag.text]).toEqual([200, OCI_MANIFEST.text]);
      expect(tag.headers.get("warning")).toMatch(/^299 - /);
      expect((await mirror.get(BY_DIGEST)).text).toBe(OCI_MANIFEST.text);
    }
  });

  it.each(refusals)(
    "[30a] [36] answers an official tag for STALE_TTL_SECONDS: %s",
    async (_, rejection) => {
      const mirror = createStocked();
      await mirror.warm("/v2/alpine/manifests/latest");
      reject(mirror, rejection);
      mirror.clock.advance(STALE_SECONDS - 1);
      expect((await mirror.get("/v2/alpine/manifests/latest")).status).toBe(200);
      mirror.clock.advance(31);
      const answer = await mirror.get("/v2/alpine/manifests/latest");
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    },
  );

  it.each(refusals)(
    "[30a] answers any other tag for an hour after its check: %s",
    async (_, rejection) => {
      const mirror = createStocked();
      await mirror.warm("/v2/grafana/grafana/manifests/latest");
      reject(mirror, rejection);
      for (const seconds of [61, 3_538]) {
        mirror.clock.advance(seconds);
        const answer = await mirror.get("/v2/grafana/grafana/manifests/latest");
        expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
        expect(answer.headers.get("warning")).toMatch(/^299 - /);
      }
      // For 30 seconds after a failed check, no new one decides.
      mirror.clock.advance(31);
      const answer = await mirror.get("/v2/grafana/grafana/manifests/latest");
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
      expect(answer.headers.get("warning")).toBeNull();
    },
  );

  it("[30a] checks again, and answers without a warning once it is accepted", async () => {
    const mirror = createStocked();
    await mirror.warm("/v2/alpine/manifests/latest");
    reject(mirror, byRegistry);
    mirror.clock.advance(61);
    await mirror.get("/v2/alpine/manifests/latest");
    mirror.hub.intercept(null);
    mirror.clock.advance(31);
    const answer = await mirror.get("/v2/alpine/manifests/latest");
    expect([answer.status, answer.headers.get("warning")]).toEqual([200, null]);
  });

  it.each(refusals)("[30a] [38a] answers an official list of tags: %s", async (_, rejection) => {
    const mirror = createStocked();
    await mirror.warm("/v2/alpine/tags/list");
    reject(mirror, rejection);
    mirror.clock.advance(2 * 60 * 60);
    const answer = await mirror.get("/v2/alpine/tags/list");
    expect([answer.status, answer.text]).toEqual([200, '{"name":"alpine","tags":["latest"]}']);
    expect(answer.headers.get("warning")).toMatch(/^299 - /);
  });

  it("[30a] answers any other list of tags for an hour after its request", async () => {
    const mirror = createStocked();
    await mirror.warm("/v2/grafana/grafana/tags/list");
    reject(mirror, byRegistry);
    mirror.clock.advance(3_599);
    expect((await mirror.get("/v2/grafana/grafana/tags/list")).status).toBe(200);
    mirror.clock.advance(1);
    const answer = await mirror.get("/v2/grafana/grafana/tags/list");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it.each(refusals)("[30a] [30] is NAME_UNKNOWN if nothing is cached: %s", async (_, rejection) => {
    const mirror = createStocked();
    mirror.hub.intercept(rejection);
    const answer = await mirror.get("/v2/alpine/manifests/latest");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it("[30a] [A7e] answers nothing stale to a login that the upstream refuses", async () => {
    const mirror = createWithLogins();
    const first = await askAs(mirror, ALICE, "alice/secret", "manifests/1");
    expect(first.status).toBe(200);
    mirror.clock.advance(400);
    mirror.hub.intercept(byRegistry);
    const second = await askAs(mirror, ALICE, "alice/secret", "manifests/1");
    expect([second.status, second.headers.get("warning")]).toEqual([404, null]);
  });
});

describe("a mirror whose account is rejected", () => {
  const PUBLIC_ONLY = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
  const rejected = when({ host: "auth" }, () => status(401));
  /** The account is rejected; anonymous clients are not. */
  const onlyAccount: Interceptor = ({ host, headers }) =>
    host === "auth" && headers.has("authorization") ? status(401) : undefined;

  it.each([401, 403])("[32a] answers an official tag from the cache: %i", async (code) => {
    const { mirror } = createPrivate();
    await mirror.warm("/v2/busybox/manifests/1");
    reject(
      mirror,
      when({ host: "auth" }, () => status(code)),
    );
    mirror.clock.advance(2 * 60 * 60);
    const answer = await mirror.get("/v2/busybox/manifests/1");
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(answer.headers.get("warning")).toContain("rejects the mirror's account");
  });

  it.each([
    ["that is checked to be public", ACCOUNT, onlyAccount],
    ["of an account that reads public images only", PUBLIC_ONLY, rejected],
  ] as const)("[32a] [36] answers an image %s for STALE_TTL_SECONDS", async (_, env, rejection) => {
    const { mirror } = createPrivate(env);
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    reject(mirror, rejection);
    mirror.clock.advance(STALE_SECONDS - 1);
    const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    mirror.clock.advance(31);
    const late = await mirror.get("/v2/grafana/grafana/manifests/1");
    expect([late.status, late.error?.code]).toEqual([403, "DENIED"]);
  });

  it("[32a] answers an image that may be private for an hour only", async () => {
    const { mirror } = createPrivate(SERVED);
    const path = `/${SERVED.ACCESS_PATHS.slice("office=".length)}/v2/sampan/secret/manifests/1`;
    await mirror.warm(path);
    reject(mirror, rejected);
    mirror.clock.advance(3_599);
    expect((await mirror.get(path)).status).toBe(200);
    mirror.clock.advance(31);
    const answer = await mirror.get(path);
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
  });

  it("[32a] [32] is DENIED with the remedy if nothing is cached", async () => {
    const { mirror } = createPrivate();
    mirror.hub.intercept(rejected);
    const answer = await mirror.get("/v2/busybox/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
    expect(answer.error?.message).toContain(
      "auth.docker.io rejects the mirror's account: its owner must check UPSTREAM_USERNAME",
    );
  });
});
