import { describe, expect, it } from "vitest";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { once, when } from "../support/hub/faults.ts";
import { REGION } from "../support/hub/registries.ts";
import { redirect, status } from "../support/hub/responses.ts";
import {
  ACCOUNT,
  authorizations,
  BLOB,
  BY_DIGEST,
  SCOPE,
  SIGNED_LAYER,
  TAG,
  TOKENS,
  useOtherRegistries,
} from "../support/mirror/scenarios.ts";

const createMirror = useOtherRegistries();
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";
const WITH_ACCOUNT = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
const KNOWN_ACCOUNT = { hub: { accounts: { sampan: "hunter2" } } };
const THERE = "/v2/k8s-artifacts-prod/images/owner/app";

describe("the account of the mirror", () => {
  it("[32] at lscr.io is sent to the token service, and not for the token of ghcr.io", async () => {
    const mirror = createMirror("lscr.io", WITH_ACCOUNT, { behind: KNOWN_ACCOUNT.hub });
    expect((await mirror.get(TAG)).status).toBe(200);
    const calls = mirror.fetches();
    const logins = authorizations(mirror).filter((_, at) => calls[at] === TOKENS["ghcr.io"]);
    expect(logins).toEqual([BASIC, null]);
  });

  it("[32] at registry.k8s.io is not sent to the region", async () => {
    const mirror = createMirror("registry.k8s.io", ACCOUNT, {
      behind: { challenge: `Bearer realm="https://${REGION}/v2/token",service="${REGION}"` },
    });
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(authorizations(mirror).filter((sent) => sent?.startsWith("Basic "))).toEqual([]);
  });

  it.each(["lscr.io", "ghcr.io"] as const)(
    "[A6] opens public images of %s, and no private ones",
    async (name) => {
      const own = name === "ghcr.io" ? KNOWN_ACCOUNT : { behind: KNOWN_ACCOUNT.hub };
      const mirror = createMirror(name, ACCOUNT, own);
      const none = await mirror.get("/v2/owner/none/manifests/1");
      expect(none.error?.code).toBe("NAME_UNKNOWN");
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    },
  );

  it("[A6] [26] at public.ecr.aws serves public layers, although HEAD of them is refused", async () => {
    const mirror = createMirror("public.ecr.aws", ACCOUNT, KNOWN_ACCOUNT);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    const ranges = mirror.sent.map(({ init }) => new Headers(init.headers).get("range"));
    expect(ranges).toEqual([null, null, "bytes=0-0", "bytes=0-0", null, null, null]);
  });
});

describe("ghcr.io, whose token service answers 403", () => {
  it("[30] for a missing image is NAME_UNKNOWN", async () => {
    const mirror = createMirror("ghcr.io");
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(mirror.fetches()).toEqual([
      "ghcr.io GET /v2/",
      "ghcr.io GET /token?service=ghcr.io&scope=repository:owner/none:pull",
    ]);
  });

  it("[30] [32] for a missing image and an account is NAME_UNKNOWN, and the account is not rejected", async () => {
    const mirror = createMirror("ghcr.io", WITH_ACCOUNT, KNOWN_ACCOUNT);
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(mirror.fetches()).toEqual([
      "ghcr.io GET /v2/",
      "ghcr.io GET /token?service=ghcr.io&scope=repository:owner/none:pull",
      "ghcr.io GET /token?service=ghcr.io",
    ]);
    expect(authorizations(mirror)).toEqual([null, BASIC, BASIC]);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it("[32] for a rejected account is DENIED, without an anonymous request", async () => {
    const mirror = createMirror("ghcr.io", WITH_ACCOUNT);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
    expect(answer.error?.message).toContain("ghcr.io rejects the mirror's account");
    expect(authorizations(mirror)).toEqual([null, BASIC, BASIC]);
    expect(mirror.log.at(-1)?.fields).toMatchObject({ reason: "account rejected" });
  });
});

describe("a token", () => {
  it.each([
    "public.ecr.aws",
    "gcr.io",
    "europe-west3-docker.pkg.dev",
    "nvcr.io",
    "quay.io",
  ] as const)(
    "[29] [33] of %s that is rejected is replaced once, from the known realm",
    async (name) => {
      const mirror = createMirror(name, { TAG_TTL_SECONDS: 0 });
      await mirror.get(TAG);
      mirror.fetches();
      mirror.hub.revokeTokens();
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      // The challenge of nvcr.io names another host, so `/v2/` is asked again.
      const rediscovery = name === "nvcr.io" ? ["nvcr.io GET /v2/"] : [];
      expect(mirror.fetches()).toEqual([
        `${name} HEAD ${TAG}`,
        ...rediscovery,
        TOKENS[name],
        `${name} HEAD ${TAG}`,
      ]);
      mirror.hub.revokeTokens();
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
      expect(mirror.fetches().slice(0, 3 + rediscovery.length)).toEqual([
        `${name} GET ${BLOB}`,
        ...rediscovery,
        TOKENS[name],
        `${name} GET ${BLOB}`,
      ]);
    },
  );

  it("[29] of gcr.io is requested at /v2/ if a 401 has no challenge and no realm is known", async () => {
    const mirror = createMirror("gcr.io");
    mirror.hub.intercept(once({}, () => new Response("{}")));
    await mirror.get(BY_DIGEST);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches().slice(0, 4)).toEqual([
      "gcr.io GET /v2/",
      `gcr.io GET ${BY_DIGEST}`,
      "gcr.io GET /v2/",
      TOKENS["gcr.io"],
    ]);
  });

  it("[36] of public.ecr.aws that is new and still answered 400 does not drop a known tag", async () => {
    const mirror = createMirror("public.ecr.aws", { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    mirror.hub.intercept(when({ host: "registry" }, () => status(400)));
    const old = await mirror.get(TAG);
    expect([old.status, old.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(old.headers.get("warning")).toMatch(/^299 - "/);
  });

  it("[30] [33] of nvcr.io for a missing image leads to another realm: 404, and nothing is sent there", async () => {
    const mirror = createMirror("nvcr.io");
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(mirror.fetches()).toEqual([
      "nvcr.io GET /v2/",
      "nvcr.io GET /proxy_auth?scope=repository:owner/none:pull",
      "nvcr.io HEAD /v2/owner/none/manifests/1",
      "nvcr.io GET /v2/",
    ]);
  });
});

describe("a token for the region of registry.k8s.io", () => {
  const TOKEN = `${REGION} GET /v2/token?service=${REGION}&scope=repository:k8s-artifacts-prod/images/owner/app:pull`;
  const THERE_TAG = `${REGION} HEAD ${THERE}/manifests/1`;
  const challenging = (realm = `https://${REGION}/v2/token`) => ({
    behind: { challenge: `Bearer realm="${realm}",service="${REGION}"` },
  });

  it("[29] is anonymous, and serves layers that the region has", async () => {
    const mirror = createMirror("registry.k8s.io", {}, challenging());
    mirror.hub.intercept(
      when({ path: /\/blobs\// }, () =>
        redirect(`https://${REGION}${THERE}/blobs/${LAYER.digest}`),
      ),
    );
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()).toEqual([
      "registry.k8s.io GET /v2/",
      `registry.k8s.io HEAD ${TAG}`,
      THERE_TAG,
      TOKEN,
      THERE_TAG,
      `registry.k8s.io GET ${BY_DIGEST}`,
      `${REGION} GET ${THERE}/manifests/${OCI_MANIFEST.digest}`,
    ]);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      `registry.k8s.io GET ${BLOB}`,
      `${REGION} GET ${THERE}/blobs/${LAYER.digest}`,
      `storage.googleapis.com ${SIGNED_LAYER}`,
    ]);
  });

  it("[29] is stored for other isolates under the name of the region", async () => {
    const mirror = createMirror("registry.k8s.io", { TAG_TTL_SECONDS: 0 }, challenging());
    await mirror.get(TAG);
    const keys = await mirror.kv.keys();
    expect(keys.filter((key) => key.startsWith("v2/token/"))).toEqual([
      expect.stringMatching(
        /^v2\/token\/us-west1-docker\.pkg\.dev\/[0-9a-f]{32}\/repository:k8s-artifacts-prod\/images\/owner\/app:pull$/,
      ),
    ]);
    mirror.fetches();
    mirror.kv.reset();
    mirror.restart();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.fetches()).toEqual([`registry.k8s.io HEAD ${TAG}`, THERE_TAG, THERE_TAG]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[29] is replaced once if the region rejects it", async () => {
    const mirror = createMirror("registry.k8s.io", { TAG_TTL_SECONDS: 0 }, challenging());
    await mirror.get(TAG);
    mirror.fetches();
    mirror.hubs[1]?.revokeTokens();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.fetches()).toEqual([`registry.k8s.io HEAD ${TAG}`, THERE_TAG, TOKEN, THERE_TAG]);
  });
});

describe("a realm", () => {
  it.each([
    "https://auth.docker.io/token",
    "https://ghcr.io.example/token",
    "https://auth.lscr.io/token",
  ])(
    "[33a] [32] of lscr.io other than that of ghcr.io is not sent the account: %s",
    async (realm) => {
      const mirror = createMirror("lscr.io", WITH_ACCOUNT, { behind: KNOWN_ACCOUNT.hub });
      const header = { "www-authenticate": `Bearer realm="${realm}"` };
      mirror.hub.intercept(when({}, () => status(401, header)));
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
      expect(mirror.fetches()).toEqual(["lscr.io GET /v2/"]);
    },
  );

  it.each(["https://127.0.0.1/token", "http://us-west1-docker.pkg.dev/v2/token"])(
    "[33a] of a region of registry.k8s.io that is not public or not https is not requested: %s",
    async (realm) => {
      const behind = { challenge: `Bearer realm="${realm}",service="${REGION}"` };
      const mirror = createMirror("registry.k8s.io", {}, { behind });
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
      expect(mirror.fetches()).toEqual([
        "registry.k8s.io GET /v2/",
        `registry.k8s.io HEAD ${TAG}`,
        `${REGION} HEAD ${THERE}/manifests/1`,
      ]);
    },
  );

  it.each([
    ["a path", 'realm="https://ghcr.io/token/v2/",service="s"', `/token/v2/?service=s&${SCOPE}`],
    [
      "a query of its own",
      'realm="https://ghcr.io/token?tenant=a%2Fb&x=",service="s"',
      `/token?tenant=a/b&x=&service=s&${SCOPE}`,
    ],
    [
      "a service in its query, and another beside it",
      'realm="https://ghcr.io/token?service=old",service="new"',
      `/token?service=new&${SCOPE}`,
    ],
    ["no service", 'realm="https://ghcr.io/token"', `/token?${SCOPE}`],
    ["an empty service", 'realm="https://ghcr.io/token",service=""', `/token?service=&${SCOPE}`],
    ["no quotes", "realm=https://ghcr.io/token,service=s", `/token?service=s&${SCOPE}`],
    ["a port", 'realm="https://ghcr.io:443/token"', `/token?${SCOPE}`],
    ["a fragment", 'realm="https://ghcr.io/token#x"', `/token?${SCOPE}`],
  ])("[29] may have %s", async (_, parameters, path) => {
    const mirror = createMirror("ghcr.io", {}, { hub: { challenge: `Bearer ${parameters}` } });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()).toEqual([
      "ghcr.io GET /v2/",
      `ghcr.io GET ${path}`,
      `ghcr.io HEAD ${TAG}`,
      `ghcr.io GET ${BY_DIGEST}`,
    ]);
  });

  it.each([
    "https://elsewhere.example/token",
    "https://auth.ghcr.io/token",
    "/token/",
    "http://ghcr.io/token",
  ])(
    "[32] [33] that redirects to %s is not followed, with an account or without",
    async (location) => {
      const mirror = createMirror("ghcr.io", WITH_ACCOUNT, KNOWN_ACCOUNT);
      mirror.hub.intercept(when({ host: "auth" }, () => redirect(location)));
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
      expect(answer.error?.message).toContain("ghcr.io redirects");
      mirror.reconfigure({ UPSTREAM: "https://ghcr.io" });
      expect((await mirror.get(TAG)).status).toBe(502);
      const token = TOKENS["ghcr.io"];
      expect(mirror.fetches()).toEqual([
        "ghcr.io GET /v2/",
        token,
        "ghcr.io GET /v2/",
        token,
        "ghcr.io GET /v2/",
      ]);
      expect(authorizations(mirror)).toEqual([null, BASIC, null, null, null]);
    },
  );
});

describe("a refusal", () => {
  it("[30a] [36] of a known tag is 404 an hour after its check, and does not delete the tag", async () => {
    const mirror = createMirror("quay.io", { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    mirror.hub.intercept(when({ path: /manifests.1$/ }, () => status(401)));
    mirror.clock.advance(3_599);
    const held = await mirror.get(TAG);
    expect([held.status, held.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(held.headers.get("warning")).toMatch(/^299 - "/);
    // A failed check counts as one for 30 seconds.
    mirror.clock.advance(31);
    expect((await mirror.get(TAG)).error?.code).toBe("NAME_UNKNOWN");
    mirror.hub.intercept(() => status(503));
    for (const where of ["here", "elsewhere"] as const) {
      mirror.restart(where);
      const old = await mirror.get(TAG);
      expect([old.status, old.text]).toEqual([200, OCI_MANIFEST.text]);
      expect(old.headers.get("warning")).toMatch(/^299 - "/);
    }
  });
});
