import { describe, expect, it } from "vitest";
import {
  COUNTED_BLOB,
  imageOf,
  imageWithBlob,
  LAYER,
  OCI_MANIFEST,
  ROUTES,
} from "../support/contents.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  ALICE,
  askAs,
  basic,
  keysOf,
  looks,
  SECRET,
  SERVED,
  useLoginMirrors,
  usePrivateMirrors,
  WEEK_SECONDS,
  warmEverything,
} from "../support/mirror/scenarios.ts";

const createStocked = usePrivateMirrors();
const createPrivate = usePrivateMirrors();
const createLogin = useLoginMirrors();
const LARGE = `blobs/${COUNTED_BLOB.digest}`;
const SMALL = `blobs/${LAYER.digest}`;

const PROBES: readonly RequestInit[] = [
  {},
  { method: "HEAD" },
  { headers: { range: "bytes=0-3" } },
  { headers: { "if-none-match": "*" } },
  { headers: { "if-none-match": `"${OCI_MANIFEST.digest}"` } },
];

/** @returns what an answer looks like, whatever the repository is called. */
async function shapeOf(mirror: Mirror, name: string, route: string, init: RequestInit) {
  const seen = await looks(mirror, `/v2/${name}/${route}`, init);
  return JSON.parse(
    JSON.stringify(seen)
      .replaceAll(name, "x/name")
      .replace(/"content-length":"\d+"/, "" + '"content-length":"n"'),
  );
}

const TOKENS = [
  ["tokens with claims", true],
  ["tokens without claims", false],
] as const;

/** Pulls twice, in one isolate and in the next, and with a range: each is a chance to be kept. */
async function pullOften(mirror: Mirror, path: string): Promise<void> {
  for (const headers of [{}, { range: "bytes=0-9" }, {}]) {
    expect((await mirror.get(path, headers)).status).toBeLessThan(300);
  }
  mirror.restart("elsewhere");
  expect((await mirror.get(path)).status).toBe(200);
}

describe.each(TOKENS)("the mirror's own account, with %s", (_, hasClaims) => {
  it.each(ROUTES)("[A6] serve no private image: %s", async (route) => {
    const { mirror } = createStocked(ACCOUNT, hasClaims);
    const answer = await mirror.get(`/v2/sampan/secret/${route}`);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(answer.error?.message).toMatch(/^sampan\/secret\S* does not exist or is private$/);
    expect(mirror.log.at(-1)?.fields.reason).toContain("PRIVATE_IMAGES");
  });

  it.each(ROUTES)("[A6] answers for a private image as for a missing one: %s", async (route) => {
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

  it("[A6] serves public images", async () => {
    const { mirror } = createStocked(ACCOUNT, hasClaims);
    for (const route of ROUTES) {
      expect((await mirror.get(`/v2/grafana/grafana/${route}`)).status).toBe(200);
    }
  });
});

describe("an image that was served before", () => {
  it.each(["here", "elsewhere"] as const)(
    "[A6] is 404 after private images are checked again, warm %s",
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

  it.each(["here", "elsewhere"] as const)(
    "[A6] of one account is 404 for another account, warm %s",
    async (place) => {
      const { mirror } = createStocked(SERVED);
      await warmEverything(mirror, `/${SECRET}/v2/`);
      if (place === "elsewhere") mirror.restart("elsewhere");
      mirror.reconfigure({ ...SERVED, UPSTREAM_USERNAME: "other", UPSTREAM_PASSWORD: "secret" });
      for (const route of ROUTES) {
        const { status } = await mirror.get(`/${SECRET}/v2/sampan/secret/${route}`);
        expect(status).not.toBe(200);
      }
    },
  );

  it("[A6e] and was public is 404 after a week, however warm", async () => {
    const { mirror, secrets } = createStocked();
    mirror.hub.push("grafana/late", "1", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/grafana/late/manifests/1");
    await mirror.warm(`/v2/grafana/late/blobs/${LAYER.digest}`);
    secrets["grafana/late"] = ["sampan"];
    mirror.clock.advance(WEEK_SECONDS);
    for (const route of ROUTES) {
      for (const init of PROBES) {
        expect((await mirror.ask(`/v2/grafana/late/${route}`, init)).status).toBe(404);
      }
    }
    mirror.restart("elsewhere");
    expect((await mirror.get("/v2/grafana/late/manifests/1")).status).toBe(404);
  });
});

describe.each(TOKENS)("blobs of the mirror's own account, with %s", (_, hasClaims) => {
  function createStocked(env: Parameters<typeof createPrivate>[0]): Mirror {
    const { mirror } = createPrivate(env, hasClaims, { keepsBlobs: true });
    for (const name of ["grafana/grafana", "sampan/secret"]) {
      mirror.hub.push(name, null, imageWithBlob(COUNTED_BLOB));
    }
    return mirror;
  }

  it('[B3] [A6] are stored for public images with PRIVATE_IMAGES = "check"', async () => {
    const mirror = createStocked(ACCOUNT);
    await pullOften(mirror, `/v2/grafana/grafana/${LARGE}`);
    await pullOften(mirror, `/v2/grafana/grafana/${SMALL}`);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest, COUNTED_BLOB.digest));
  });

  it('[B3] [A6] are not looked up for private images with PRIVATE_IMAGES = "check"', async () => {
    const mirror = createStocked(ACCOUNT);
    await pullOften(mirror, `/v2/grafana/grafana/${LARGE}`);
    mirror.bucket.reset();
    for (const headers of [{}, { range: "bytes=0-9" }, { "if-none-match": "*" }]) {
      const answer = await mirror.get(`/v2/sampan/secret/${LARGE}`, headers);
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
      expect((await mirror.head(`/v2/sampan/secret/${LARGE}`, headers)).status).toBe(404);
    }
    expect(mirror.bucket.count("get") + mirror.bucket.count("head")).toBe(0);
  });

  it('[B3] [A6d] are stored for public images with PRIVATE_IMAGES = "allow"', async () => {
    const mirror = createStocked(SERVED);
    for (const route of [LARGE, SMALL]) {
      await pullOften(mirror, `/${SECRET}/v2/grafana/grafana/${route}`);
    }
    await pullOften(mirror, `/${SECRET}/v2/busybox/${SMALL}`);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest, COUNTED_BLOB.digest));
  });

  it('[B3] [A6d] are not stored for private images with PRIVATE_IMAGES = "allow"', async () => {
    const mirror = createStocked(SERVED);
    for (const route of [LARGE, SMALL]) {
      await pullOften(mirror, `/${SECRET}/v2/sampan/secret/${route}`);
    }
    expect(await mirror.bucket.keys()).toEqual([]);
    expect(mirror.bucket.count("put")).toBe(0);
    const other = await mirror.get(`/${SECRET}/v2/busybox/${LARGE}`);
    expect([other.status, other.error?.code]).toEqual([404, "BLOB_UNKNOWN"]);
  });

  it('[B3] are stored with PRIVATE_IMAGES = "public-only-account", without a check', async () => {
    const mirror = createStocked({ ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" });
    await pullOften(mirror, `/v2/grafana/grafana/${LARGE}`);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    expect(
      mirror.hub.requests.filter(
        ({ host, headers }) => host === "auth" && !headers.has("authorization"),
      ),
    ).toEqual([]);
  });
});

describe("an unknown visibility", () => {
  it("[B3] does not stop a layer, which is not stored", async () => {
    const { mirror } = createPrivate(SERVED, true, { keepsBlobs: true });
    const path = `/${SECRET}/v2/grafana/grafana/${SMALL}`;
    const own = basic("sampan", "hunter2");
    mirror.hub.intercept(({ host, headers }) =>
      host === "auth" && headers.get("authorization") !== own ? "reset" : undefined,
    );
    expect((await mirror.get(path)).text).toBe(LAYER.text);
    expect((await mirror.get(path)).text).toBe(LAYER.text);
    expect(await mirror.bucket.keys()).toEqual([]);
    mirror.hub.intercept(null);
    await mirror.get(path);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest));
  });
});

describe.each(TOKENS)("layers that clients get by their own login, with %s", (_, hasClaims) => {
  function createStocked(): Mirror {
    const mirror = createLogin({}, hasClaims, { keepsBlobs: true });
    for (const name of ["alice/secret", "grafana/grafana"]) {
      mirror.hub.push(name, null, imageWithBlob(COUNTED_BLOB));
    }
    return mirror;
  }

  it("[B3] [A7e] are not stored and not served to others", async () => {
    const mirror = createStocked();
    for (const route of [LARGE, SMALL, LARGE, SMALL]) {
      expect((await askAs(mirror, ALICE, "alice/secret", route)).status).toBe(200);
    }
    expect(await mirror.bucket.keys()).toEqual([]);
    expect(mirror.bucket.count("put")).toBe(0);
    expect((await askAs(mirror, null, "alice/secret", LARGE)).status).toBe(404);
    expect((await askAs(mirror, null, "library/busybox", LARGE)).status).toBe(404);
  });

  it("[B3] [A7f] are stored once for all if the image is public", async () => {
    const mirror = createStocked();
    await askAs(mirror, ALICE, "grafana/grafana", LARGE);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    mirror.restart("elsewhere");
    mirror.hub.reset();
    expect((await askAs(mirror, null, "grafana/grafana", LARGE)).status).toBe(200);
    expect(mirror.hub.count({ host: "storage" })).toBe(0);
  });
});

describe("an image that has become private", () => {
  it("[B2] [A6] is not answered from R2 after a week", async () => {
    const { mirror, secrets } = createPrivate(ACCOUNT, true, { keepsBlobs: true });
    mirror.hub.push("grafana/late", "1", imageOf(OCI_MANIFEST));
    await mirror.get(`/v2/grafana/late/${SMALL}`);
    secrets["grafana/late"] = ["sampan"];
    mirror.clock.advance(7 * 24 * 60 * 60);
    expect((await mirror.get(`/v2/grafana/late/${SMALL}`)).status).toBe(404);
    expect((await mirror.head(`/v2/grafana/late/${SMALL}`)).status).toBe(404);
  });
});
