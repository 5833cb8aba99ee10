import { describe, expect, it } from "vitest";
import { looks, SECRET } from "./support/access.ts";
import { imageOf, LAYER, OCI_MANIFEST } from "./support/images.ts";
import { status, when } from "./support/upstream.ts";
import { type Mirror, useMirrors, type Vars } from "./support.ts";

const createMirror = useMirrors();
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
const SERVED = { ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
const ROUTES = [
  "manifests/1",
  `manifests/${OCI_MANIFEST.digest}`,
  `blobs/${LAYER.digest}`,
  "tags/list",
  `referrers/${OCI_MANIFEST.digest}`,
];
const PROBES: readonly RequestInit[] = [
  {},
  { method: "HEAD" },
  { headers: { range: "bytes=0-3" } },
  { headers: { "if-none-match": "*" } },
  { headers: { "if-none-match": `"${OCI_MANIFEST.digest}"` } },
];
const WEEK = 7 * 24 * 60 * 60;

function createStocked(env: Vars = ACCOUNT, hasAccessClaims = true) {
  const secrets: Record<string, string[]> = {
    "sampan/secret": ["sampan"],
    "library/own": ["sampan"],
  };
  const mirror = createMirror({
    env,
    hub: { accounts: { sampan: "hunter2" }, privateRepositories: secrets, hasAccessClaims },
  });
  for (const name of ["library/busybox", "grafana/grafana", "sampan/secret"]) {
    mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
  }
  return { mirror, secrets };
}

/** @returns what an answer looks like, whatever the repository is called. */
async function shapeOf(mirror: Mirror, name: string, route: string, init: RequestInit) {
  const seen = await looks(mirror, `/v2/${name}/${route}`, init);
  return JSON.parse(
    JSON.stringify(seen)
      .replaceAll(name, "x/name")
      .replace(/"content-length":"\d+"/, "" + '"content-length":"n"'),
  );
}

async function warmEverything(mirror: Mirror, base: string): Promise<void> {
  for (const route of ROUTES) {
    const path = `${base}sampan/secret/${route}`;
    expect((await mirror.get(path)).status).toBe(200);
    expect((await mirror.head(path)).status).toBe(200);
  }
}

describe.each([
  ["tokens that tell what they grant", true],
  ["tokens that do not", false],
])("the mirror's own account, with %s", (_, hasClaims) => {
  it.each(ROUTES)("[A6] serves nothing private: %s", async (route) => {
    const { mirror } = createStocked(ACCOUNT, hasClaims);
    const answer = await mirror.get(`/v2/sampan/secret/${route}`);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(answer.error?.message).toMatch(/^sampan\/secret\S* does not exist or is private$/);
    expect(mirror.log.at(-1)?.fields.reason).toContain("PRIVATE_IMAGES");
  });

  it.each(ROUTES)("[A6] answers for a private image as for none: %s", async (route) => {
    const { mirror } = createStocked(ACCOUNT, hasClaims);
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    for (const init of PROBES) {
      const hidden = await shapeOf(mirror, "sampan/secret", route, init);
      const hiddenCalls = mirror.calls().map((call) => call.replace("sampan/secret", "x/name"));
      const absent = await shapeOf(mirror, "absent/none01", route, init);
      const absentCalls = mirror.calls().map((call) => call.replace("absent/none01", "x/name"));
      expect(hidden).toEqual(absent);
      expect(hiddenCalls).toEqual(absentCalls);
      expect(hidden.status).toBe(404);
    }
  });

  it("[A6] serves what is public", async () => {
    const { mirror } = createStocked(ACCOUNT, hasClaims);
    for (const route of ROUTES) {
      expect((await mirror.get(`/v2/grafana/grafana/${route}`)).status).toBe(200);
    }
  });
});

describe("an image that was served before", () => {
  it.each(["here", "elsewhere"] as const)(
    "[A6] as private is not there once private images are checked, warm %s",
    async (place) => {
      const { mirror } = createStocked(SERVED);
      await warmEverything(mirror, `/${SECRET}/v2/`);
      if (place === "elsewhere") mirror.restart("elsewhere");
      for (const env of [ACCOUNT, {}, { ...ACCOUNT, ACCESS_PATHS: SERVED.ACCESS_PATHS }]) {
        mirror.reconfigure(env);
        const base = "ACCESS_PATHS" in env ? `/${SECRET}/v2/` : "/v2/";
        for (const route of ROUTES) {
          for (const init of PROBES) {
            expect((await mirror.ask(`${base}sampan/secret/${route}`, init)).status).toBe(404);
          }
        }
      }
    },
  );

  it("[A6.5] as public is private a week later at most, however warm", async () => {
    const { mirror, secrets } = createStocked();
    mirror.hub.push("grafana/late", "1", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/grafana/late/manifests/1");
    await mirror.warm(`/v2/grafana/late/blobs/${LAYER.digest}`);
    secrets["grafana/late"] = ["sampan"];
    mirror.clock.advance(WEEK);
    for (const route of ROUTES) {
      for (const init of PROBES) {
        expect((await mirror.ask(`/v2/grafana/late/${route}`, init)).status).toBe(404);
      }
    }
    mirror.restart("elsewhere");
    expect((await mirror.get("/v2/grafana/late/manifests/1")).status).toBe(404);
  });
});

describe("whether an image is public", () => {
  it("[A6.1] is not asked of official ones", async () => {
    const { mirror } = createStocked();
    await mirror.get("/v2/busybox/manifests/1");
    expect(mirror.calls()).toEqual([
      "registry GET /v2/",
      "auth GET /token",
      "registry HEAD /v2/library/busybox/manifests/1",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
    expect((await mirror.kv.keys()).filter((key) => key.includes("/public/"))).toEqual([]);
  });

  it("[A6.5] costs one anonymous token, once a week, in every isolate", async () => {
    const { mirror } = createStocked();
    await mirror.get("/v2/grafana/grafana/manifests/1");
    const calls = mirror.calls();
    expect(calls.filter((call) => call === "auth GET /token")).toHaveLength(2);
    expect(calls.filter((call) => call.startsWith("registry HEAD"))).toHaveLength(1);
    expect(mirror.hub.pulls()).toBe(1);
    mirror.restart("elsewhere");
    await mirror.get(`/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(WEEK);
    await mirror.get(`/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`);
    expect(mirror.calls()).toEqual(["auth GET /token"]);
  });

  it("[A6.5] costs one HEAD, which is no pull, where the token does not tell", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    await mirror.get("/v2/grafana/grafana/manifests/1");
    const heads = mirror.calls().filter((call) => call.startsWith("registry HEAD"));
    expect(heads).toHaveLength(2);
    expect(mirror.hub.pulls()).toBe(1);
  });

  it("[A6] is asked again a minute after a no: it may have been made public", async () => {
    const { mirror, secrets } = createStocked();
    await mirror.warm("/v2/sampan/secret/manifests/1");
    delete secrets["sampan/secret"];
    expect((await mirror.get("/v2/sampan/secret/manifests/1")).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(360);
    expect((await mirror.get("/v2/sampan/secret/manifests/1")).status).toBe(200);
  });

  it.each([500, 503, 429])(
    "[A6.2] not told for a %i, is a refusal that says what to set",
    async (code) => {
      const { mirror } = createStocked();
      await mirror.warm("/v2/busybox/manifests/1");
      mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
      const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
      expect(answer.status).toBe(code === 429 ? 429 : 502);
      expect(answer.error?.message).toContain('PRIVATE_IMAGES to "public-only-account"');
      expect(mirror.hub.count({ path: /grafana/ })).toBe(0);
    },
  );

  it("[A6.5] once told, stands in when the upstream cannot tell", async () => {
    const { mirror } = createStocked();
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.clock.advance(WEEK);
    mirror.hub.become("gone");
    const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("warning")).not.toBeNull();
  });
});

describe("PRIVATE_IMAGES", () => {
  it("[A6.3] public-only-account checks nothing", async () => {
    const { mirror } = createStocked({ ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" });
    expect((await mirror.get("/v2/grafana/grafana/manifests/1")).status).toBe(200);
    expect(mirror.calls().filter((call) => call === "auth GET /token")).toHaveLength(1);
  });

  it("[A6.4] allow serves private images to those whom the lock lets in", async () => {
    const { mirror } = createStocked(SERVED);
    await warmEverything(mirror, `/${SECRET}/v2/`);
    expect((await mirror.ask("/v2/sampan/secret/manifests/1")).text).toBe("Not found.\n");
  });

  it.each([
    [{ PRIVATE_IMAGES: "allow" }, /PRIVATE_IMAGES .*ACCESS_PATHS or ACCESS_USERS/],
    [{ ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_NETWORKS: "10.0.0.0/8" }, /PRIVATE_IMAGES/],
    [{ ...ACCOUNT, PRIVATE_IMAGES: "yes" }, /PRIVATE_IMAGES .*check, public-only-account, allow/],
  ])("[A6.4] %j is an error that names it", async (env, message) => {
    const { mirror } = createStocked(env);
    const answer = await mirror.get("/v2/sampan/secret/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(answer.error?.message).toMatch(message);
    expect(mirror.calls()).toEqual([]);
  });
});
