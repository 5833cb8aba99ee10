import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import { basic, SECRET, withAuthorization } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const BY_DIGEST = `manifests/${OCI_MANIFEST.digest}`;
const ROUTES = ["manifests/1", BY_DIGEST, `blobs/${LAYER.digest}`, "tags/list"];
const ALL_ROUTES = [...ROUTES, `referrers/${OCI_MANIFEST.digest}`];

function stock(mirror: Mirror): Mirror {
  for (const name of ["library/busybox", "grafana/grafana", "grafana/a/b", "evil/miner"]) {
    for (const tag of ["1", "latest"]) mirror.hub.push(name, tag, imageOf(OCI_MANIFEST));
  }
  return mirror;
}

const createStocked = (env: Vars) => stock(createMirror({ env }));

describe("image rules", () => {
  it.each(ALL_ROUTES)(
    "[A4] of IMAGES_DENY reject %s, and the error names the rule",
    async (route) => {
      const mirror = createStocked({ IMAGES_DENY: "other/*, evil/**" });
      const answer = await mirror.get(`/v2/evil/miner/${route}`);
      expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
      expect(answer.error?.message).toContain('"evil/**" of IMAGES_DENY');
      expect((await mirror.head(`/v2/evil/miner/${route}`)).status).toBe(403);
      expect(mirror.calls()).toEqual([]);
      expect((await mirror.get(`/v2/busybox/${route}`)).status).toBe(200);
    },
  );

  it.each(ALL_ROUTES)("[A4a] of IMAGES_ALLOW reject %s of every other image", async (route) => {
    const mirror = createStocked({ IMAGES_ALLOW: "library/*\ngrafana/*" });
    const answer = await mirror.get(`/v2/evil/miner/${route}`);
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
    expect(answer.error?.message).toContain("no rule of IMAGES_ALLOW");
    expect(mirror.calls()).toEqual([]);
    expect((await mirror.get(`/v2/busybox/${route}`)).status).toBe(200);
    expect((await mirror.get(`/v2/grafana/grafana/${route}`)).status).toBe(200);
    expect((await mirror.get(`/v2/grafana/a/b/${route}`)).status).toBe(403);
  });

  it("[A4] match the full name, however the client writes it", async () => {
    const mirror = createStocked({ IMAGES_DENY: "library/busybox" });
    for (const name of ["busybox", "library/busybox", "docker.io/busybox"]) {
      expect((await mirror.get(`/v2/${name}/manifests/1`)).status).toBe(403);
    }
  });

  it("[A4] of IMAGES_DENY take precedence", async () => {
    const mirror = createStocked({ IMAGES_ALLOW: "grafana/**", IMAGES_DENY: "grafana/a/*" });
    expect((await mirror.get("/v2/grafana/grafana/manifests/1")).status).toBe(200);
    expect((await mirror.get("/v2/grafana/a/b/manifests/1")).status).toBe(403);
  });

  it("[A4] with a tag deny that tag only", async () => {
    const mirror = createStocked({ IMAGES_DENY: "*/*:latest" });
    expect((await mirror.get("/v2/busybox/manifests/latest")).error?.message).toContain(
      '"*/*:latest" of IMAGES_DENY',
    );
    for (const route of ROUTES) {
      expect((await mirror.get(`/v2/busybox/${route}`)).status).toBe(200);
    }
  });

  it("[A4a] with a tag allow that tag, and requests without a tag", async () => {
    const mirror = createStocked({ IMAGES_ALLOW: "library/*:1*" });
    expect((await mirror.get("/v2/busybox/manifests/latest")).status).toBe(403);
    for (const route of ROUTES) {
      expect((await mirror.get(`/v2/busybox/${route}`)).status).toBe(200);
    }
    expect((await mirror.get(`/v2/evil/miner/${BY_DIGEST}`)).status).toBe(403);
  });

  it.each(ROUTES)("[A4] apply to %s in every cache", async (route) => {
    const mirror = createStocked({});
    await mirror.warm(`/v2/evil/miner/${route}`);
    mirror.reconfigure({ IMAGES_DENY: "evil/**" });
    expect((await mirror.get(`/v2/evil/miner/${route}`)).status).toBe(403);
  });
});

describe("the rate limit", () => {
  function createLimited(env: Vars = {}, most = 1) {
    const counts = new Map<string, number>();
    const rateLimit: RateLimit = {
      async limit({ key }) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return { success: (counts.get(key) ?? 0) <= most };
      },
    };
    const mirror = stock(createMirror({ env, rateLimit }));
    const from = (address: string, path: string) =>
      mirror.ask(path, { headers: { "cf-connecting-ip": address } });
    return { mirror, from, counts };
  }
  const TAG = "/v2/busybox/manifests/1";

  it("[A5] [35a] answers 429 with a short Retry-After, without an upstream request", async () => {
    const { mirror, from } = createLimited();
    expect((await from("198.51.100.7", TAG)).status).toBe(200);
    mirror.calls();
    const answer = await from("198.51.100.7", TAG);
    expect([answer.status, answer.error?.code]).toEqual([429, "TOOMANYREQUESTS"]);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(mirror.calls()).toEqual([]);
    expect((await from("198.51.100.8", TAG)).status).toBe(200);
  });

  it("[A5] is not stored as a refusal of the upstream", async () => {
    const { mirror, from } = createLimited({}, 0);
    expect((await from("198.51.100.7", TAG)).status).toBe(429);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it.each([
    ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", 429],
    ["2001:db8:0:1::1", "2001:db8:0:2::1", 200],
    ["198.51.100.7", "::ffff:198.51.100.7", 429],
  ])("[A5] counts IPv6 by /64: %s, then %s", async (first, second, code) => {
    const { from } = createLimited();
    expect((await from(first, TAG)).status).toBe(200);
    expect((await from(second, TAG)).status).toBe(code);
  });

  it("[A5] counts per client: one client does not block another with the same secret", async () => {
    const { from, counts } = createLimited({ ACCESS_PATHS: `office=${SECRET}` });
    const path = `/${SECRET}${TAG}`;
    expect((await from("198.51.100.7", path)).status).toBe(200);
    expect((await from("198.51.100.7", path)).status).toBe(429);
    expect((await from("198.51.100.8", path)).status).toBe(200);
    expect([...counts.keys()]).toEqual(["client 198.51.100.7", "client 198.51.100.8"]);
  });

  it("[A5a] does not count requests by digest: a pull of 40 layers counts once", async () => {
    const { from, counts } = createLimited();
    expect((await from("198.51.100.7", TAG)).status).toBe(200);
    for (let layer = 0; layer < 40; layer++) {
      expect((await from("198.51.100.7", `/v2/busybox/blobs/${LAYER.digest}`)).status).toBe(200);
      expect((await from("198.51.100.7", `/v2/busybox/${BY_DIGEST}`)).status).toBe(200);
    }
    expect((await from("198.51.100.7", "/v2/")).status).toBe(200);
    expect([...counts]).toEqual([["client 198.51.100.7", 1]]);
  });

  it.each(["tags/list", `referrers/${OCI_MANIFEST.digest}`])("[A5] counts %s", async (route) => {
    const { from } = createLimited({}, 0);
    expect((await from("198.51.100.7", `/v2/busybox/${route}`)).status).toBe(429);
  });

  it("[A5b] limits nothing if it fails, and logs that once", async () => {
    const rateLimit: RateLimit = { limit: () => Promise.reject(new Error("no limit today")) };
    const mirror = stock(createMirror({ rateLimit }));
    const headers = { "cf-connecting-ip": "198.51.100.7" };
    expect((await mirror.get(TAG, headers)).status).toBe(200);
    expect((await mirror.get(TAG, headers)).status).toBe(200);
    expect(mirror.log.filter(({ event }) => event === "cache failed")).toHaveLength(1);
  });

  it("[A5c] counts logins with an account, and no anonymous ones", async () => {
    const { mirror, counts } = createLimited({ LOGIN: "upstream", LOGIN_KEY: "k".repeat(32) });
    mirror.hub.intercept(when({ host: "auth" }, () => status(401)));
    const logIn = (authorization: string | null) => {
      const { headers = {} } = withAuthorization(authorization);
      const from = { "cf-connecting-ip": "198.51.100.7" };
      return mirror.ask("/token", { headers: { ...(headers as object), ...from } });
    };
    expect((await logIn(basic("alice", "guess 1"))).status).toBe(401);
    expect((await logIn(basic("alice", "guess 2"))).status).toBe(429);
    expect((await logIn(null)).status).toBe(200);
    expect([...counts]).toEqual([["login 198.51.100.7", 2]]);
  });

  it("[A2c] [A5c] counts all token requests for a path secret or user, right or wrong", async () => {
    const both = { ACCESS_PATHS: `office=${SECRET}`, ACCESS_USERS: "alice=fe01b2c3d4e5" };
    const { from, counts } = createLimited(both);
    const scope = (secret: string) => `/token?scope=repository:${secret}/busybox:pull`;
    expect((await from("198.51.100.7", scope("wrong"))).status).toBe(401);
    expect((await from("198.51.100.7", scope(SECRET))).status).toBe(429);
    expect((await from("198.51.100.8", scope(SECRET))).status).toBe(200);
    const logins = ["login 198.51.100.7", "login 198.51.100.8"];
    expect([...counts.keys()]).toEqual(logins);
  });
});
