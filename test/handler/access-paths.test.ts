import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, ROUTES } from "../support/contents.ts";
import { HANDSHAKE, type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  ALICE,
  basic,
  looks,
  NEW_SECRET,
  PLAIN_404,
  SECRET,
} from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const LOCKED = { ACCESS_PATHS: `office=${SECRET}` };

function createStocked(env: Vars = LOCKED): Mirror {
  const mirror = createMirror({ env, hub: { pageSize: 1 } });
  for (const tag of ["1.36", "1.37"]) {
    mirror.hub.push("library/busybox", tag, imageOf(OCI_MANIFEST));
  }
  return mirror;
}

const LAYOUTS = [
  ["below the secret", `/${SECRET}/v2/`],
  ["with the secret inside", `/v2/${SECRET}/`],
] as const;

describe.each(LAYOUTS)("a path %s", (_, base) => {
  it.each([`manifests/1.36`, `manifests/${OCI_MANIFEST.digest}`, `blobs/${LAYER.digest}`])(
    "[A1] answers %s as an open mirror does",
    async (path) => {
      const mirror = createStocked();
      await mirror.warm(`${base}busybox/${path}`);
      const answers = [
        await looks(mirror, `${base}busybox/${path}`),
        await looks(mirror, `${base}busybox/${path}`, { method: "HEAD" }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      mirror.reconfigure({});
      expect(answers).toEqual([
        await looks(mirror, `/v2/busybox/${path}`),
        await looks(mirror, `/v2/busybox/${path}`, { method: "HEAD" }),
      ]);
    },
  );

  it("[A1] accepts every path below /v2/, and every way to write a name", async () => {
    const mirror = createStocked();
    const root = await mirror.get(base.slice(0, -1));
    expect([root.status, root.text]).toEqual([200, "{}"]);
    for (const path of [
      "",
      "library/busybox/manifests/1.36?ns=docker.io",
      "docker.io/busybox/manifests/1.36",
      "docker.io/library/busybox/manifests/1.36",
      `busybox/referrers/${OCI_MANIFEST.digest}`,
    ]) {
      expect((await mirror.get(`${base}${path}`)).status, path).toBe(200);
    }
  });

  it("[A1] is part of the links of tags, and not of the name", async () => {
    const mirror = createStocked();
    const first = await mirror.get(`${base}busybox/tags/list?n=1`);
    const link = `<${base}busybox/tags/list?last=1.36&n=1>; rel="next"`;
    expect(first.headers.get("link")).toBe(link);
    expect(JSON.parse(first.text)).toEqual({ name: "busybox", tags: ["1.36"] });
    const second = await mirror.get(/<(.*)>/.exec(link)?.[1] ?? "");
    expect(JSON.parse(second.text).tags).toEqual(["1.37"]);
  });

  it("[A1] is not part of upstream requests", async () => {
    const mirror = createStocked();
    await mirror.get(`${base}busybox/manifests/1.36`);
    expect(mirror.calls().slice(0, 3)).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.36",
    ]);
    expect(JSON.stringify(mirror.sent)).not.toContain(SECRET);
    expect(await mirror.stored()).not.toContain(SECRET);
  });

  it(`[A1b] ${base} is logged as the name of the lock, without the secret`, async () => {
    const mirror = createStocked();
    await mirror.get(`${base}busybox/manifests/1.36`);
    await mirror.get(`${base}busybox/manifests/none`);
    await mirror.get(`${base}Busybox/manifests/1.36`);
    expect(mirror.log.map(({ fields }) => [fields.lock, fields.path])).toEqual([
      ["office", "/v2/busybox/manifests/1.36"],
      ["office", "/v2/busybox/manifests/none"],
      ["office", "/v2/Busybox/manifests/1.36"],
    ]);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });

  it.each([
    "busybox/manifests/none",
    "Busybox/manifests/1.36",
    "none/manifests/1",
    `quay.io/busybox/manifests/1.36`,
    "busybox/manifests/sha256:1",
    "busybox/blobs/1",
    "_catalog",
    "busybox/tags/list?n=-1",
    `busybox/blobs/${OCI_MANIFEST.digest}`,
  ])(`[A1b] ${base} is not part of an error: %s`, async (path) => {
    const answer = await createStocked().get(`${base}${path}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain(SECRET);
  });

  it(`[A1a] ${base} accepts all listed secrets, several of one name too`, async () => {
    const env = {
      ACCESS_PATHS: `office=${SECRET},\n office = ${NEW_SECRET}\nhome=${"h".repeat(16)}`,
    };
    const mirror = createStocked(env);
    for (const secret of [SECRET, NEW_SECRET, "h".repeat(16)]) {
      const path = `${base.replace(SECRET, secret)}busybox/manifests/1.36`;
      expect((await mirror.get(path)).status).toBe(200);
    }
    expect(mirror.log.map(({ fields }) => fields.lock)).toEqual(["office", "office", "home"]);
    mirror.reconfigure({ ACCESS_PATHS: `office=${NEW_SECRET}` });
    expect(await looks(mirror, `${base}busybox/manifests/1.36`)).toEqual(PLAIN_404);
  });
});

describe("a path below the secret without /v2", () => {
  it.each([
    "library/busybox/manifests/1.36",
    "busybox/manifests/1.36",
    "docker.io/library/busybox/manifests/1.36",
    "library/busybox/manifests/1.36?ns=docker.io",
    "library/busybox/manifests/1.36?ns=",
    `library/busybox/manifests/${OCI_MANIFEST.digest}`,
    `library/busybox/blobs/${LAYER.digest}`,
    `library/busybox/referrers/${OCI_MANIFEST.digest}`,
  ])("[A1e] answers %s as with /v2", async (path) => {
    const mirror = createStocked();
    await mirror.warm(`/${SECRET}/v2/${path}`);
    for (const method of ["GET", "HEAD"]) {
      const answer = await looks(mirror, `/${SECRET}/${path}`, { method });
      expect(answer.status).toBe(200);
      expect(answer).toEqual(await looks(mirror, `/${SECRET}/v2/${path}`, { method }));
    }
    expect(mirror.calls()).toEqual([]);
  });

  it("[A1e] has links of tags without /v2", async () => {
    const mirror = createStocked();
    const first = await mirror.get(`/${SECRET}/busybox/tags/list?n=1`);
    expect(first.headers.get("link")).toBe(
      `</${SECRET}/busybox/tags/list?last=1.36&n=1>; rel="next"`,
    );
    const second = await mirror.get(`/${SECRET}/busybox/tags/list?last=1.36&n=1`);
    expect(JSON.parse(second.text)).toEqual({ name: "busybox", tags: ["1.37"] });
  });

  it("[A1e] [A1b] is logged without the secret, and errors have the form of the registry API", async () => {
    const mirror = createStocked();
    const answer = await mirror.get(`/${SECRET}/library/busybox/manifests/none`);
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
    expect(answer.text).not.toContain(SECRET);
    expect(mirror.log.at(-1)?.fields).toMatchObject({
      lock: "office",
      path: "/v2/library/busybox/manifests/none",
    });
  });

  it.each([
    `/library/busybox/manifests/1.36`,
    `/${NEW_SECRET}/library/busybox/manifests/1.36`,
    `/${SECRET}/library/busybox`,
    `/${SECRET}/${SECRET}/library/busybox/manifests/1.36`,
    `/${SECRET}/${"h".repeat(16)}/library/busybox/manifests/1.36`,
  ])(
    "[A1e] [A1c] [A1d] is the plain 404 without a secret, with two, or without an image: %s",
    async (path) => {
      const mirror = createStocked({ ACCESS_PATHS: `office=${SECRET},home=${"h".repeat(16)}` });
      expect(await looks(mirror, path)).toEqual(PLAIN_404);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[A1e] does not exist on an open mirror", async () => {
    const mirror = createStocked({});
    expect(await looks(mirror, "/library/busybox/manifests/1.36")).toEqual(PLAIN_404);
  });
});

describe("a locked mirror without the secret", () => {
  it.each([
    "/",
    "/v2",
    "/v2/",
    "/v1/",
    "/v2/x",
    "/v2/_catalog",
    "/v2/?ns=docker.io",
    "/token",
    "/robots.txt",
    "/v2/busybox/manifests/1.36",
    `/v2/busybox/manifests/1.36?x=${SECRET}`,
    `/v2/busybox/manifests/1.36#${SECRET}`,
    `/v2/busybox/blobs/${LAYER.digest}`,
    `/v2/busybox/tags/list`,
    `/v2/library/${SECRET}/manifests/1.36`,
    `/v2/Busybox/manifests/1.36`,
    `/${SECRET.slice(0, -1)}/v2/`,
    `/${SECRET}0/v2/`,
    `/${SECRET.toUpperCase()}/v2/`,
    `/${SECRET}%20/v2/`,
    `/%30${SECRET.slice(1)}/v2/`,
    `/x/${SECRET}/v2/`,
    `//${SECRET}/v2/`,
    `/v2//${SECRET}/busybox/manifests/1.36`,
    `/v2/${SECRET.slice(0, -1)}/busybox/manifests/1.36`,
    `/v2/${SECRET.toUpperCase()}/busybox/manifests/1.36`,
    `/v2/x/${SECRET}/busybox/manifests/1.36`,
    `/v1/${SECRET}/busybox/manifests/1.36`,
    `/v2/${NEW_SECRET}/busybox/manifests/1.36`,
    "/office/v2/",
    `/office=${SECRET}/v2/`,
  ])("[A1c] answers the plain 404 to %s, for every method", async (path) => {
    const mirror = createStocked();
    expect(await looks(mirror, path)).toEqual(PLAIN_404);
    expect(await looks(mirror, path, { method: "HEAD" })).toEqual({ ...PLAIN_404, text: "" });
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      expect(await looks(mirror, path, { method })).toEqual(PLAIN_404);
    }
    expect(mirror.calls()).toEqual([]);
    expect(mirror.kv.count("read")).toBe(0);
    expect(new Set(mirror.log.map(({ fields }) => fields.path))).toEqual(new Set([null]));
  });

  it("[A1c] answers like an open mirror for an unknown path", async () => {
    expect(await looks(createStocked({}), "/robots.txt")).toEqual(PLAIN_404);
  });

  it("[A1c] ignores headers", async () => {
    const mirror = createStocked();
    for (const headers of [
      { authorization: `Bearer ${SECRET}` },
      { authorization: `Basic ${btoa(`office:${SECRET}`)}` },
      { cookie: SECRET, "x-original-url": `/${SECRET}/v2/` },
      { accept: "application/json" },
    ]) {
      expect(await looks(mirror, "/v2/", { headers })).toEqual(PLAIN_404);
    }
  });

  it.each([
    `/${SECRET}/v2/${SECRET}/busybox/manifests/1.36`,
    `/${SECRET}/${SECRET}/v2/busybox/manifests/1.36`,
    `/v2/${SECRET}/${NEW_SECRET}/busybox/manifests/1.36`,
    `/v2/${SECRET}/x/${NEW_SECRET}/manifests/1.36`,
    `/${SECRET}/v2/x/%${NEW_SECRET.charCodeAt(0).toString(16)}${NEW_SECRET.slice(1)}/manifests/1.36`,
    `/${SECRET}/v2/x/%${NEW_SECRET.charCodeAt(0).toString(16)}${NEW_SECRET.slice(1)}/manifests/%`,
  ])(
    "[A1d] answers the plain 404 to a second secret, without an upstream request: %s",
    async (path) => {
      const mirror = createStocked({ ACCESS_PATHS: `office=${SECRET},office=${NEW_SECRET}` });
      expect(await looks(mirror, path)).toEqual(PLAIN_404);
      expect(mirror.calls()).toEqual([]);
      expect(JSON.stringify(mirror.log)).not.toMatch(new RegExp(`${SECRET}|${NEW_SECRET}`));
    },
  );
});

describe("a login to an open mirror", () => {
  it.each([basic(...ALICE), "Bearer alice's passphrase", "Negotiate alice's passphrase"])(
    "[A8] is not sent upstream, logged or stored: %s",
    async (authorization) => {
      const mirror = createMirror({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
      mirror.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
      for (const route of ROUTES) {
        const answer = await mirror.get(`/v2/grafana/grafana/${route}`, { authorization });
        expect(answer.status).toBe(200);
      }
      expect((await mirror.get("/v2/", { authorization })).status).toBe(200);
      const everything = [
        JSON.stringify(mirror.log),
        JSON.stringify(mirror.sent),
        ...mirror.hub.requests.flatMap(({ headers, query }) => [...headers.values(), `${query}`]),
        await mirror.stored(),
      ].join("\n");
      expect(everything).not.toContain(authorization);
      expect(everything).not.toMatch(/alice/);
    },
  );

  it("[A8] is never requested: there is no realm and no challenge", async () => {
    const mirror = createMirror();
    expect((await mirror.ask("/token")).text).toBe("Not found.\n");
    expect((await mirror.get("/v2/")).headers.get("www-authenticate")).toBeNull();
  });
});
