import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, ROUTES } from "../support/contents.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  looks,
  SECRET,
  SERVED,
  usePrivateMirrors,
  WEEK_SECONDS,
  warmEverything,
} from "../support/mirror/scenarios.ts";

const createStocked = usePrivateMirrors();
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
  ["tokens that tell what they grant", true],
  ["tokens that do not", false],
] as const;

describe.each(TOKENS)("the mirror's own account, with %s", (_, hasClaims) => {
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

  it.each(["here", "elsewhere"] as const)(
    "[A6] as private to one account is not there for another, warm %s",
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

  it("[A6e] as public is private a week later at most, however warm", async () => {
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
