import { describe, expect, it } from "vitest";
import { LAYER, ROUTES } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  ALICE,
  askAs,
  BOB,
  basic,
  createSession,
  LOGIN_MIRRORS,
  logIn,
  PROBES,
  pullAsEach,
  SECRET,
  useLoginMirrors,
  withAuthorization,
} from "../support/mirror/scenarios.ts";

const createLoginMirror = useLoginMirrors();
type Login = readonly [string, string];

/** @returns a function that returns what an answer looks like, whatever the repository is called. */
async function createProbe(mirror: Mirror, account: Login | null, name: string) {
  const ask = await createSession(mirror, account, name);
  return async (route: string, init: RequestInit) => {
    const { status, headers, text } = await ask(route, init);
    const shape = JSON.stringify({ status, headers: Object.fromEntries(headers), text });
    return shape.replaceAll(name, "x/name");
  };
}

describe.each(LOGIN_MIRRORS)("a mirror %s", (_, env, hasClaims) => {
  it.each(ROUTES)("[A7e] serves each account its own private image: %s", async (route) => {
    const mirror = createLoginMirror(env, hasClaims);
    expect((await askAs(mirror, ALICE, "alice/secret", route)).status).toBe(200);
    expect((await askAs(mirror, BOB, "bob/secret", route)).status).toBe(200);
    for (const account of [ALICE, BOB]) {
      expect((await askAs(mirror, account, "bob/shared", route)).status).toBe(200);
    }
  });

  it("[A7e] answers for another account's image as for a missing one", async () => {
    const mirror = createLoginMirror(env, hasClaims);
    await pullAsEach(mirror);
    for (const account of [BOB, null] as const) {
      const askHidden = await createProbe(mirror, account, "alice/secret");
      const askAbsent = await createProbe(mirror, account, "absent/none0");
      for (const route of ROUTES) {
        for (const init of PROBES) {
          expect(await askHidden(route, init)).toBe(await askAbsent(route, init));
        }
      }
    }
  });

  it("[A7f] pulls a public image once for all accounts", async () => {
    const mirror = createLoginMirror(env, hasClaims);
    for (const account of [ALICE, BOB, null]) {
      for (const name of ["busybox", "grafana/grafana"]) {
        expect((await askAs(mirror, account, name, "manifests/1")).status).toBe(200);
      }
    }
    expect(mirror.hub.pulls()).toBe(2);
  });

  it("[A7f] requests a public image without a client's token", async () => {
    const mirror = createLoginMirror(env, hasClaims);
    await askAs(mirror, null, "grafana/grafana", "manifests/1");
    const own = new Set(mirror.hub.requests.map(({ headers }) => headers.get("authorization")));
    await askAs(mirror, ALICE, "grafana/grafana", `blobs/${LAYER.digest}`);
    const blob = mirror.hub.requests.find(({ path }) => path.includes("/blobs/sha256:"));
    expect(own).toContain(blob?.headers.get("authorization"));
  });

  it("[A7g] stores and logs no password or token", async () => {
    const mirror = createLoginMirror(env, hasClaims);
    await pullAsEach(mirror);
    await askAs(mirror, null, "busybox", "manifests/1");
    const tickets = await Promise.all([ALICE, BOB].map((account) => logIn(mirror, account, [])));
    const kept = `${await mirror.stored()}\n${JSON.stringify(mirror.log)}`;
    for (const secret of [
      ...[ALICE, BOB].flatMap(([name, password]) => [
        password,
        `/${name}/${password}`,
        btoa(`${name}:${password}`),
      ]),
      ...tickets.map((ticket) => ticket.replace("Bearer ", "").slice(0, 40)),
    ]) {
      expect(kept).not.toContain(secret);
    }
    const upstreamTokens = mirror.sent
      .map(({ init }) => new Headers(init.headers).get("authorization"))
      .filter((value) => value?.startsWith("Bearer ") && !value.includes("."));
    expect(upstreamTokens).toEqual([]);
    expect(JSON.stringify(mirror.log)).not.toMatch(/alice's|bob's|stand-in\./);
  });
});

describe("a login", () => {
  it("[A7e] with another password of the same account has its own rights", async () => {
    const mirror = createLoginMirror();
    for (const route of ROUTES) await askAs(mirror, ALICE, "alice/secret", route);
    const lesser = ["alice", "public-read-only"] as const;
    mirror.hub.intercept(
      when({ host: "auth" }, async (next) => {
        const { query, headers } = mirror.hub.requests.at(-1) ?? {};
        if (headers?.get("authorization") !== basic(...lesser)) return next();
        return mirror.hub.fetch(`https://auth.docker.io/token?${query}`);
      }),
    );
    for (const route of ROUTES) {
      expect((await askAs(mirror, lesser, "alice/secret", route)).status).toBe(404);
    }
  });

  it("[A7e] that the upstream rejects gets no new token", async () => {
    const mirror = createLoginMirror();
    await askAs(mirror, ALICE, "alice/secret", "manifests/1");
    const changed = ["alice", "changed"] as const;
    await expect(logIn(mirror, changed, ["alice/secret"])).rejects.toThrow("401");
  });

  it("[A7e] opens an image only with a token that was issued for it", async () => {
    const mirror = createLoginMirror();
    const tokens = [["library/busybox"], ["alice/secret"]].map((names) =>
      logIn(mirror, ALICE, names),
    );
    const answers = (await Promise.all(tokens)).map((token) =>
      mirror.ask("/v2/alice/secret/manifests/1", withAuthorization(token)),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([404, 200]);
  });

  it("[A7e] uses the token of the account, not of the mirror", async () => {
    const mirror = createLoginMirror(ACCOUNT);
    await askAs(mirror, ALICE, "alice/secret", "manifests/1");
    const limits = mirror.hub.requests.filter(({ path }) => path.includes("alice/secret"));
    expect(new Set(limits.map(({ headers }) => headers.get("authorization"))).size).toBe(1);
    const { headers } = await askAs(mirror, ALICE, "alice/secret", "tags/list");
    expect(headers.get("cache-control")).toContain("no-cache");
  });

  it("[A7f] gets the mirror's private images where PRIVATE_IMAGES is allow", async () => {
    const env = { ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
    const mirror = createLoginMirror(env);
    const token = await logIn(mirror, BOB, ["bob/secret"], `/${SECRET}/token`);
    const path = `/${SECRET}/v2/bob/secret/manifests/1`;
    expect((await mirror.ask(path, withAuthorization(token))).status).toBe(200);
    const anybody = await logIn(mirror, null, [], `/${SECRET}/token`);
    expect((await mirror.ask(path, withAuthorization(anybody))).status).toBe(404);
  });
});
