import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { once, when } from "../support/hub/faults.ts";
import { type OtherRegistry, REGION } from "../support/hub/registries.ts";
import { redirect, status } from "../support/hub/responses.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  BLOB,
  BY_DIGEST,
  SCOPE,
  SIGNED_LAYER,
  TAG,
  useOtherRegistries,
} from "../support/mirror/scenarios.ts";

const createMirror = useOtherRegistries();
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";
const WITH_ACCOUNT = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
const KNOWN_ACCOUNT = { hub: { accounts: { sampan: "hunter2" } } };
const DOCKER_TYPES =
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
const THERE = "/v2/k8s-artifacts-prod/images/owner/app";
const TOKENS = {
  "public.ecr.aws": `public.ecr.aws GET /token/?service=public.ecr.aws&${SCOPE}`,
  "docker.elastic.co": `docker-auth.elastic.co GET /auth?service=token-service&${SCOPE}`,
  "ghcr.io": `ghcr.io GET /token?service=ghcr.io&${SCOPE}`,
  "gcr.io": `gcr.io GET /v2/token?service=gcr.io&${SCOPE}`,
  "europe-west3-docker.pkg.dev": `europe-west3-docker.pkg.dev GET /v2/token?service=europe-west3-docker.pkg.dev&${SCOPE}`,
  "nvcr.io": `nvcr.io GET /proxy_auth?${SCOPE}`,
  "quay.io": `quay.io GET /v2/auth?service=quay.io&${SCOPE}`,
};

/** Every `Authorization` sent so far, and null for each request without one. */
function authorizations({ sent }: Mirror): (string | null)[] {
  return sent.map(({ init }) => new Headers(init.headers).get("authorization"));
}

describe("a pull of a tag and a layer", () => {
  it.each([
    ["public.ecr.aws", `d5l0dvt14r5h8.cloudfront.net ${SIGNED_LAYER}`],
    ["docker.elastic.co", `docker-registry-production.r2.cloudflarestorage.com ${SIGNED_LAYER}`],
    ["ghcr.io", `pkg-containers.githubusercontent.com ${SIGNED_LAYER}`],
    ["gcr.io", `gcr.io ${SIGNED_LAYER.replace("/", "/artifacts-downloads/")}`],
    [
      "europe-west3-docker.pkg.dev",
      `europe-west3-docker.pkg.dev ${SIGNED_LAYER.replace("/", "/artifacts-downloads/")}`,
    ],
    ["nvcr.io", `nvcr-prod.s3.us-west-2.amazonaws.com ${SIGNED_LAYER}`],
    ["quay.io", `cdn03.quay.io ${SIGNED_LAYER}`],
  ] as const)("[28] [19] [32] at %s takes one token and one redirect", async (name, stored) => {
    const mirror = createMirror(name);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      `${name} GET /v2/`,
      TOKENS[name],
      `${name} HEAD ${TAG}`,
      `${name} GET ${BY_DIGEST}`,
      `${name} GET ${BLOB}`,
      stored,
    ]);
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    expect(mirror.fetches()).toEqual([]);
  });

  it("[28] [19] at mcr.microsoft.com takes no token", async () => {
    const mirror = createMirror("mcr.microsoft.com");
    await mirror.get(BY_DIGEST);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "mcr.microsoft.com GET /v2/",
      `mcr.microsoft.com GET ${BY_DIGEST}`,
      `mcr.microsoft.com GET ${BLOB}`,
      `eastus.data.mcr.microsoft.com ${SIGNED_LAYER}`,
    ]);
    expect(authorizations(mirror)).toEqual([null, null, null, null]);
  });

  it("[19] [G6] at registry.k8s.io follows the redirects to a region", async () => {
    const mirror = createMirror("registry.k8s.io");
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "registry.k8s.io GET /v2/",
      `registry.k8s.io HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
      `registry.k8s.io GET ${BY_DIGEST}`,
      `${REGION} GET ${THERE}/manifests/${OCI_MANIFEST.digest}`,
      `registry.k8s.io GET ${BLOB}`,
      `prod-registry-k8s-io-us-west-1.s3.dualstack.us-west-1.amazonaws.com ${SIGNED_LAYER}`,
    ]);
  });

  it("[32] [28] at lscr.io uses the token service of ghcr.io and follows the redirects to it", async () => {
    const mirror = createMirror("lscr.io");
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "lscr.io GET /v2/",
      TOKENS["ghcr.io"],
      `lscr.io HEAD ${TAG}`,
      `ghcr.io HEAD ${TAG}`,
      TOKENS["ghcr.io"],
      `ghcr.io HEAD ${TAG}`,
      `lscr.io GET ${BY_DIGEST}`,
      `ghcr.io GET ${BY_DIGEST}`,
      `lscr.io GET ${BLOB}`,
      `ghcr.io GET ${BLOB}`,
      `pkg-containers.githubusercontent.com ${SIGNED_LAYER}`,
    ]);
  });
});

describe("the account of the mirror", () => {
  it.each(["ghcr.io", "docker.elastic.co", "public.ecr.aws"] as const)(
    "[31] at %s is sent to the token service alone",
    async (name) => {
      const mirror = createMirror(name, WITH_ACCOUNT, KNOWN_ACCOUNT);
      expect((await mirror.get(TAG)).status).toBe(200);
      const kinds = authorizations(mirror).map((sent) => sent?.split(" ")[0] ?? null);
      expect(kinds).toEqual([null, "Basic", "Bearer", "Bearer"]);
      expect(mirror.fetches()[1]).toBe(TOKENS[name]);
    },
  );

  it("[31] at lscr.io is sent to the token service, and not for the token of ghcr.io", async () => {
    const mirror = createMirror("lscr.io", WITH_ACCOUNT, { behind: KNOWN_ACCOUNT.hub });
    expect((await mirror.get(TAG)).status).toBe(200);
    const calls = mirror.fetches();
    const logins = authorizations(mirror).filter((_, at) => calls[at] === TOKENS["ghcr.io"]);
    expect(logins).toEqual([BASIC, null]);
  });

  it("[31] at registry.k8s.io is not sent to the region", async () => {
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

  it("[A6] [24] at public.ecr.aws serves public layers, although HEAD of them is refused", async () => {
    const mirror = createMirror("public.ecr.aws", ACCOUNT, KNOWN_ACCOUNT);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    const ranges = mirror.sent.map(({ init }) => new Headers(init.headers).get("range"));
    expect(ranges).toEqual([null, null, "bytes=0-0", "bytes=0-0", null, null, null]);
  });
});

describe("ghcr.io, whose token service answers 403", () => {
  it("[29] for a missing image is NAME_UNKNOWN", async () => {
    const mirror = createMirror("ghcr.io");
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(mirror.fetches()).toEqual([
      "ghcr.io GET /v2/",
      "ghcr.io GET /token?service=ghcr.io&scope=repository:owner/none:pull",
    ]);
  });

  it("[29] [31] for a missing image and an account is NAME_UNKNOWN, and the account is not rejected", async () => {
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

  it("[31] for a rejected account is UNAVAILABLE, without an anonymous request", async () => {
    const mirror = createMirror("ghcr.io", WITH_ACCOUNT);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain("ghcr.io rejects the mirror's account");
    expect(authorizations(mirror)).toEqual([null, BASIC, BASIC]);
    expect(mirror.log.at(-1)?.fields).toMatchObject({ reason: "account rejected" });
  });
});

describe("a token", () => {
  it.each(["ghcr.io", "docker.elastic.co"] as const)(
    "[28] of %s, which has no lifetime, is used for a minute less a tenth",
    async (name) => {
      const mirror = createMirror(name, { TAG_TTL_SECONDS: 0 });
      await mirror.get(TAG);
      mirror.clock.advance(53.9);
      mirror.fetches();
      await mirror.get(TAG);
      expect(mirror.fetches()).toEqual([`${name} HEAD ${TAG}`]);
      mirror.clock.advance(0.2);
      await mirror.get(TAG);
      expect(mirror.fetches()).toEqual([TOKENS[name], `${name} HEAD ${TAG}`]);
    },
  );

  it.each([
    "public.ecr.aws",
    "gcr.io",
    "europe-west3-docker.pkg.dev",
    "nvcr.io",
    "quay.io",
  ] as const)(
    "[28] [32] of %s that is rejected is replaced once, from the known realm",
    async (name) => {
      const mirror = createMirror(name, { TAG_TTL_SECONDS: 0 });
      await mirror.get(TAG);
      mirror.fetches();
      mirror.hub.revokeTokens();
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      expect(mirror.fetches()).toEqual([
        `${name} HEAD ${TAG}`,
        TOKENS[name],
        `${name} HEAD ${TAG}`,
      ]);
      mirror.hub.revokeTokens();
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
      expect(mirror.fetches().slice(0, 3)).toEqual([
        `${name} GET ${BLOB}`,
        TOKENS[name],
        `${name} GET ${BLOB}`,
      ]);
    },
  );

  it("[28] of gcr.io is requested at /v2/ if a 401 has no challenge and no realm is known", async () => {
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

  it("[35] of public.ecr.aws that is new and still answered 400 does not drop a known tag", async () => {
    const mirror = createMirror("public.ecr.aws", { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    mirror.hub.intercept(when({ host: "registry" }, () => status(400)));
    const old = await mirror.get(TAG);
    expect([old.status, old.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(old.headers.get("warning")).toMatch(/^299 - "/);
  });

  it("[29] [32] of nvcr.io for a missing image leads to another realm: 404, and nothing is sent there", async () => {
    const mirror = createMirror("nvcr.io");
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(mirror.fetches()).toEqual([
      "nvcr.io GET /v2/",
      "nvcr.io GET /proxy_auth?scope=repository:owner/none:pull",
      "nvcr.io HEAD /v2/owner/none/manifests/1",
    ]);
  });
});

describe("a token for the region of registry.k8s.io", () => {
  const TOKEN = `${REGION} GET /v2/token?service=${REGION}&scope=repository:k8s-artifacts-prod/images/owner/app:pull`;
  const THERE_TAG = `${REGION} HEAD ${THERE}/manifests/1`;
  const challenging = (realm = `https://${REGION}/v2/token`) => ({
    behind: { challenge: `Bearer realm="${realm}",service="${REGION}"` },
  });

  it("[28] is anonymous, and serves layers that the region has", async () => {
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

  it("[28] is stored for other isolates under the name of the region", async () => {
    const mirror = createMirror("registry.k8s.io", { TAG_TTL_SECONDS: 0 }, challenging());
    await mirror.get(TAG);
    const keys = await mirror.kv.keys();
    expect(keys.filter((key) => key.startsWith("v1/token/"))).toEqual([
      expect.stringMatching(
        /^v1\/token\/us-west1-docker\.pkg\.dev\/[0-9a-f]{32}\/repository:k8s-artifacts-prod\/images\/owner\/app:pull$/,
      ),
    ]);
    mirror.fetches();
    mirror.kv.reset();
    mirror.restart();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.fetches()).toEqual([`registry.k8s.io HEAD ${TAG}`, THERE_TAG, THERE_TAG]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[28] is replaced once if the region rejects it", async () => {
    const mirror = createMirror("registry.k8s.io", { TAG_TTL_SECONDS: 0 }, challenging());
    await mirror.get(TAG);
    mirror.fetches();
    mirror.hubs[1]?.revokeTokens();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.fetches()).toEqual([`registry.k8s.io HEAD ${TAG}`, THERE_TAG, TOKEN, THERE_TAG]);
  });
});

describe("a registry without an image", () => {
  it.each(["gcr.io", "europe-west3-docker.pkg.dev"] as const)(
    "[30] at %s denies it: 403",
    async (name) => {
      const mirror = createMirror(name);
      const answer = await mirror.get("/v2/owner/none/manifests/1");
      expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
      expect(mirror.fetches()).toHaveLength(3);
    },
  );

  it.each<[OtherRegistry, string, string]>([
    ["mcr.microsoft.com", "owner/none/manifests/2", "MANIFEST_UNKNOWN"],
    ["mcr.microsoft.com", "owner/none/tags/list", "NAME_UNKNOWN"],
    ["registry.k8s.io", "owner/app/manifests/2", "MANIFEST_UNKNOWN"],
  ])("[26] [40] %s answers %s with a 404 of its own form: %s", async (name, path, code) => {
    const answer = await createMirror(name).get(`/v2/${path}`);
    expect([answer.status, answer.error?.code]).toEqual([404, code]);
    expect(answer.text).not.toContain("BlobNotFound");
  });
});

describe("manifests", () => {
  it("[13] [12] of mcr.microsoft.com, whose HEAD has no digest, take one GET; the charset is removed", async () => {
    const mirror = createMirror("mcr.microsoft.com");
    const answer = await mirror.head(TAG);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": OCI_MANIFEST.mediaType,
      "content-length": "399",
      "docker-content-digest": OCI_MANIFEST.digest,
    });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()).toEqual([
      "mcr.microsoft.com GET /v2/",
      `mcr.microsoft.com HEAD ${TAG}`,
      `mcr.microsoft.com GET ${TAG}`,
    ]);
  });

  it("[16] [26] of ghcr.io are 404 for a client that does not accept their type, for that type alone", async () => {
    const mirror = createMirror("ghcr.io", {}, { image: OCI_INDEX });
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
    mirror.fetches();
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).status).toBe(404);
    expect(mirror.fetches()).toEqual([]);
    expect((await mirror.get(TAG)).text).toBe(OCI_INDEX.text);
    expect((await mirror.get(TAG, { accept: `${DOCKER_TYPES}, */*` })).text).toBe(OCI_INDEX.text);
  });

  it("[16] of quay.io in schema 1, made for a client of Docker's types, are replaced by the image's own", async () => {
    const mirror = createMirror("quay.io", {}, { image: OCI_INDEX });
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect(answer.text).toBe(OCI_INDEX.text);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_INDEX.digest);
    expect(mirror.fetches().slice(2)).toEqual([
      `quay.io HEAD ${TAG}`,
      `quay.io HEAD ${TAG}`,
      `quay.io GET /v2/owner/app/manifests/${OCI_INDEX.digest}`,
    ]);
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).text).toBe(OCI_INDEX.text);
    expect(mirror.fetches()).toEqual([]);
  });
});

describe("layers", () => {
  it("[24] [28] of public.ecr.aws, which refuses HEAD with 401, are measured by a GET of one byte", async () => {
    const mirror = createMirror("public.ecr.aws");
    await mirror.get(TAG);
    mirror.fetches();
    const answer = await mirror.head(BLOB);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "29"]);
    const stored = `d5l0dvt14r5h8.cloudfront.net ${SIGNED_LAYER}`;
    expect(mirror.fetches()).toEqual([
      `public.ecr.aws HEAD ${BLOB}`,
      `public.ecr.aws GET ${BLOB}`,
      stored,
    ]);
    expect(new Headers(mirror.sent.at(-1)?.init.headers).get("range")).toBe("bytes=0-0");
    mirror.hub.revokeTokens();
    expect((await mirror.head(BLOB)).headers.get("content-length")).toBe("29");
    expect(mirror.fetches()).toEqual([
      `public.ecr.aws HEAD ${BLOB}`,
      `public.ecr.aws GET ${BLOB}`,
      TOKENS["public.ecr.aws"],
      `public.ecr.aws GET ${BLOB}`,
      stored,
    ]);
  });

  it("[22] in several ranges are the whole, or 400, as the storage answers", async () => {
    const ranges = { range: "bytes=0-1,4-5" };
    const whole = await createMirror("public.ecr.aws").get(BLOB, ranges);
    expect([whole.status, whole.text]).toEqual([200, LAYER.text]);
    const mirror = createMirror("gcr.io");
    await mirror.get(TAG);
    mirror.fetches();
    const answer = await mirror.get(BLOB, ranges);
    expect([answer.status, answer.error?.code]).toEqual([400, "RANGE_INVALID"]);
    expect((await mirror.get(BLOB, { range: "bytes=4-5" })).text).toBe("on");
    expect(mirror.fetches()).toHaveLength(4);
  });

  it("[20] [25] of nvcr.io in parts without a length have the length of their range", async () => {
    const mirror = createMirror("nvcr.io");
    const answer = await mirror.get(BLOB, { range: "bytes=4-7" });
    expect([answer.status, answer.text]).toEqual([206, "only"]);
    expect(answer.headers.get("content-length")).toBe("4");
    expect(answer.headers.get("content-range")).toBe("bytes 4-7/29");
    const short = new Blob(["on"]).stream().pipeThrough(new TransformStream());
    const headers = { "content-range": "bytes 4-7/29" };
    mirror.hub.intercept(
      when({ host: "storage" }, () => new Response(short, { status: 206, headers })),
    );
    mirror.restart("elsewhere");
    const response = await mirror.send(BLOB, { headers: { range: "bytes=4-7" } });
    expect(response.headers.get("content-length")).toBe("4");
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});

describe("lists of tags", () => {
  it("[37] of quay.io keep its own cursor", async () => {
    const mirror = createMirror("quay.io");
    const first = await mirror.get("/v2/owner/app/tags/list?n=1");
    const next = "/v2/owner/app/tags/list?next_page=gAAA-_%3D&n=1";
    expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
    const second = await mirror.get(next);
    expect(second.text).toBe('{"name":"owner/app","tags":["1"]}');
    expect(second.headers.get("link")).toBeNull();
    expect(mirror.fetches().slice(2)).toEqual([
      "quay.io GET /v2/owner/app/tags/list?n=1",
      "quay.io GET /v2/owner/app/tags/list?next_page=gAAA-_=&n=1",
    ]);
  });

  it("[37] of registry.k8s.io, whose redirect drops the query, have it again at the region", async () => {
    const mirror = createMirror("registry.k8s.io");
    mirror.hubs[1]?.push("k8s-artifacts-prod/images/owner/app", "2", imageOf(OCI_MANIFEST));
    const first = await mirror.get("/v2/owner/app/tags/list?n=1");
    const next = "/v2/owner/app/tags/list?last=1&n=1";
    expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
    expect((await mirror.get(next)).headers.get("link")).toBeNull();
    expect(mirror.fetches().slice(1)).toEqual([
      "registry.k8s.io GET /v2/owner/app/tags/list?n=1",
      `${REGION} GET ${THERE}/tags/list?n=1`,
      `registry.k8s.io GET ${next}`,
      `${REGION} GET ${THERE}/tags/list?last=1&n=1`,
    ]);
  });
});

describe("a realm", () => {
  it.each([
    "https://auth.docker.io/token",
    "https://ghcr.io.example/token",
    "https://auth.lscr.io/token",
  ])(
    "[32a] [31] of lscr.io other than that of ghcr.io is not sent the account: %s",
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
    "[32a] of a region of registry.k8s.io that is not public or not https is not requested: %s",
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
  ])("[28] may have %s", async (_, parameters, path) => {
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
    "[31] [32] that redirects to %s is not followed, with an account or without",
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
  it("[29] [35] of a known tag is 404, and does not drop the tag", async () => {
    const mirror = createMirror("quay.io", { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    mirror.hub.intercept(when({ path: /manifests.1$/ }, () => status(401)));
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
