import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import { basic, looks, PLAIN_404, SECRET, withAuthorization } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const TOKEN = "fe01b2c3=d4:e5";
const LOCKED = { ACCESS_USERS: `alice=${TOKEN}\nbob=another` };

function createStocked(env: Vars = LOCKED): Mirror {
  const mirror = createMirror({ env });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("users", () => {
  it.each([
    "/v2/",
    "/v2",
    TAG,
    `/v2/busybox/blobs/${LAYER.digest}`,
    "/v2/_catalog",
    "/v1/",
    "/v2/X",
  ])("[A2] get a Basic challenge at %s", async (path) => {
    const mirror = createStocked();
    for (const method of ["GET", "HEAD", "POST"]) {
      const answer = await mirror.ask(path, { method });
      expect(answer.status).toBe(401);
      const challenge = 'Basic realm="mirror", charset="UTF-8"';
      expect(answer.headers.get("www-authenticate")).toBe(challenge);
      expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
      expect(answer.headers.get("cache-control")).toContain("no-store");
      if (method !== "HEAD") expect(answer.error?.code).toBe("UNAUTHORIZED");
    }
    expect(mirror.calls()).toEqual([]);
    expect(mirror.kv.count("read")).toBe(0);
  });

  it.each(["/", "/robots.txt", "/token"])("[A2] get the plain 404 at %s", async (path) => {
    expect(await looks(createStocked(), path)).toEqual(PLAIN_404);
  });

  it.each([
    ["alice", TOKEN],
    ["bob", "another"],
  ])("[A2] are accepted with their token: %s", async (username, token) => {
    const mirror = createStocked();
    const init = withAuthorization(basic(username, token));
    expect((await mirror.ask("/v2/", init)).status).toBe(200);
    expect((await mirror.ask(TAG, init)).status).toBe(200);
    expect(mirror.log.map(({ fields }) => fields.lock)).toEqual([username, username]);
    expect(JSON.stringify(mirror.log)).not.toContain(token);
    expect(await mirror.stored()).not.toContain(token);
    const upstream = mirror.hub.requests.map(({ headers }) => headers.get("authorization"));
    expect(upstream.filter((value) => value?.startsWith("Basic"))).toEqual([]);
  });

  it.each([
    ["nothing", ""],
    ["Basic alone", "Basic"],
    ["no base64", "Basic !!!"],
    ["no colon", `Basic ${btoa("alice")}`],
    ["a wrong password", basic("alice", "wrong")],
    ["no password", basic("alice", "")],
    ["the beginning of the password", basic("alice", TOKEN.slice(0, -1))],
    ["more than the password", basic("alice", `${TOKEN} `)],
    ["another's password", basic("alice", "another")],
    ["the name in capitals", basic("Alice", TOKEN)],
    ["nobody's name", basic("carol", TOKEN)],
    ["no name", basic("", TOKEN)],
    ["a colon moved", basic(`alice:${TOKEN.slice(0, 3)}`, TOKEN.slice(3))],
    ["names of an object", basic("__proto__", "constructor")],
    ["a token in place of Basic", `Bearer ${TOKEN}`],
    ["two headers in one", `${basic("alice", TOKEN)}, ${basic("bob", "another")}`],
    ["bytes that are no UTF-8", `Basic ${btoa("alice\xff:x")}`],
    ["far too much", `Basic ${btoa("a".repeat(6000))}`],
  ])("[A2] are rejected with %s", async (_, authorization) => {
    const mirror = createStocked();
    const answer = await mirror.ask(TAG, withAuthorization(authorization));
    expect(answer.status).toBe(401);
    expect(await mirror.ask(TAG)).toEqual(answer);
    expect(mirror.calls()).toEqual([]);
    expect(mirror.log.at(-1)?.fields).toMatchObject({ path: null, lock: null });
  });

  it("[A2] may write the scheme in any case, with several spaces (RFC 9110, section 11.1)", async () => {
    const header = basic("alice", TOKEN).replace("Basic ", "bAsIc  ");
    expect((await createStocked().ask("/v2/", withAuthorization(header))).status).toBe(200);
  });

  it("[A2] may have an equals sign, a colon and non-ASCII letters in tokens", async () => {
    const mirror = createStocked({ ACCESS_USERS: "ann@example.com=pä=ß:wört" });
    const init = withAuthorization(basic("ann@example.com", "pä=ß:wört"));
    expect((await mirror.ask("/v2/", init)).status).toBe(200);
  });
});

describe("users and path secrets", () => {
  const BOTH = { ...LOCKED, ACCESS_PATHS: `office=${SECRET}` };

  it("[A2a] open independently of each other", async () => {
    const mirror = createStocked(BOTH);
    expect((await mirror.ask(`/${SECRET}${TAG}`)).status).toBe(200);
    expect((await mirror.ask(`/${SECRET}/v2/`)).status).toBe(200);
    expect((await mirror.ask(TAG, withAuthorization(basic("bob", "another")))).status).toBe(200);
    expect((await mirror.ask(TAG)).status).toBe(401);
    expect(mirror.log.map(({ fields }) => fields.lock)).toEqual(["office", "office", "bob", null]);
  });

  it("[A2a] open with the secret despite a wrong login", async () => {
    const init = withAuthorization(basic("bob", "wrong"));
    expect((await createStocked(BOTH).ask(`/${SECRET}${TAG}`, init)).status).toBe(200);
  });

  it("[A2a] answer a wrong secret with a 404 or a challenge", async () => {
    const mirror = createStocked(BOTH);
    expect(await looks(mirror, `/${SECRET}x/v2/`)).toEqual(PLAIN_404);
    expect((await mirror.ask(`/v2/${SECRET}x/busybox/manifests/1.36`)).status).toBe(401);
  });
});

describe("a response to a user", () => {
  it.each([`/v2/busybox/manifests/${OCI_MANIFEST.digest}`, `/v2/busybox/blobs/${LAYER.digest}`])(
    "[A2b] is private: %s",
    async (path) => {
      const mirror = createStocked();
      const { headers } = await mirror.ask(path, withAuthorization(basic("alice", TOKEN)));
      const control = "private, max-age=31536000, immutable, no-transform";
      expect(headers.get("cache-control")).toBe(control);
      mirror.reconfigure({});
      const open = (await mirror.get(path)).headers.get("cache-control");
      expect(open).toBe(control.replace("private", "public"));
    },
  );
});

describe("networks", () => {
  const from = (address: string, cf?: object): RequestInit =>
    ({ headers: { "cf-connecting-ip": address }, ...(cf && { cf }) }) as RequestInit;

  it.each([
    ["198.51.100.0/24", "198.51.100.7", undefined],
    ["2001:db8::/32", "2001:db8:1::7", undefined],
    ["country:CN", "203.0.113.1", { country: "CN" }],
    ["asn:4134", "203.0.113.1", { asn: 4134 }],
    ["10.0.0.0/8, country:CN\nasn:4134", "203.0.113.1", { asn: 4134, country: "DE" }],
  ])("[A3] of %s include %s", async (ACCESS_NETWORKS, address, cf) => {
    const mirror = createStocked({ ACCESS_NETWORKS });
    expect((await mirror.ask(TAG, from(address, cf))).status).toBe(200);
    const outside = await mirror.ask(TAG, from("203.0.113.1", { country: "DE", asn: 1 }));
    expect([outside.status, outside.error?.code]).toEqual([403, "DENIED"]);
    expect((await mirror.ask(TAG)).status).toBe(403);
    expect((await mirror.ask("/", from("203.0.113.9"))).status).toBe(403);
  });

  it("[A3] ignore addresses in other headers", async () => {
    const mirror = createStocked({ ACCESS_NETWORKS: "198.51.100.0/24" });
    const headers = {
      "cf-connecting-ip": "203.0.113.1",
      "x-forwarded-for": "198.51.100.7",
      "x-real-ip": "198.51.100.7",
      forwarded: "for=198.51.100.7",
    };
    expect((await mirror.ask(TAG, { headers })).status).toBe(403);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A3a] are checked after the lock", async () => {
    const mirror = createStocked({
      ACCESS_PATHS: `office=${SECRET}`,
      ACCESS_NETWORKS: "198.51.100.0/24",
    });
    for (const address of ["198.51.100.7", "203.0.113.1"]) {
      expect(await looks(mirror, "/v2/", from(address))).toEqual(PLAIN_404);
    }
    expect((await mirror.ask(`/${SECRET}${TAG}`, from("203.0.113.1"))).status).toBe(403);
    expect((await mirror.ask(`/${SECRET}${TAG}`, from("198.51.100.7"))).status).toBe(200);
  });
});
