import { describe, expect, it } from "vitest";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import type { OtherRegistry } from "../support/hub/registries.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import {
  BLOB,
  BY_DIGEST,
  basic,
  SCOPE,
  SIGNED_LAYER,
  TAG,
  useOtherRegistries,
} from "../support/mirror/scenarios.ts";

// Each registry with its own challenge, token response and storage, and an account in the form that
// its documentation gives. docs/registries.md has the same list.

const createMirror = useOtherRegistries();

interface Kind {
  readonly registry: OtherRegistry;
  readonly username: string;
  readonly password: string;
  readonly tokenHost?: string;
  /** The request of a token. */
  readonly token: string;
  /** The request to the storage of a layer, with its credential. */
  readonly layer: string;
  /** A request that the quirk of the registry adds, after the HEAD of the tag. */
  readonly afterHead?: readonly string[];
  /** Whether the registry grants anonymous tokens. */
  readonly isPublic: boolean;
  /** The answer to a repository that does not exist. */
  readonly missing: readonly [status: number, code: string];
}

const UNKNOWN = [404, "NAME_UNKNOWN"] as const;
const DENIED = [403, "DENIED"] as const;
/** The storage is on the registry's own host, which may have its token. */
const GOOGLE_LAYER = SIGNED_LAYER.replace("/", "/artifacts-downloads/");
/** As long as the base64 of a service account's key. */
const KEY = "eyJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCJ9".repeat(90);

const KINDS: readonly Kind[] = [
  {
    registry: "ghcr.io",
    username: "octocat",
    password: "ghp_pass",
    token: `ghcr.io GET /token?service=ghcr.io&${SCOPE}`,
    layer: `pkg-containers.githubusercontent.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "quay.io",
    username: "acme+robot",
    password: "ROBOTTOKEN",
    token: `quay.io GET /v2/auth?service=quay.io&${SCOPE}`,
    layer: `cdn03.quay.io ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "gcr.io",
    username: "_json_key_base64",
    password: KEY,
    token: `gcr.io GET /v2/token?service=gcr.io&${SCOPE}`,
    layer: `gcr.io ${GOOGLE_LAYER} Bearer`,
    isPublic: true,
    missing: DENIED,
  },
  {
    registry: "europe-west3-docker.pkg.dev",
    username: "_json_key",
    password: '{"type": "service_account", "private_key": "-----BEGIN\\n=="}',
    token: `europe-west3-docker.pkg.dev GET /v2/token?service=europe-west3-docker.pkg.dev&${SCOPE}`,
    layer: `europe-west3-docker.pkg.dev ${GOOGLE_LAYER} Bearer`,
    isPublic: true,
    missing: DENIED,
  },
  {
    registry: "public.ecr.aws",
    username: "AWS",
    password: "password of twelve hours",
    token: `public.ecr.aws GET /token/?service=public.ecr.aws&${SCOPE}`,
    layer: `d5l0dvt14r5h8.cloudfront.net ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: [404, "MANIFEST_UNKNOWN"],
  },
  {
    registry: "nvcr.io",
    username: "$oauthtoken",
    password: "nvapi-key",
    token: `nvcr.io GET /proxy_auth?${SCOPE}`,
    layer: `nvcr-prod.s3.us-west-2.amazonaws.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "docker.elastic.co",
    username: "elastic",
    password: "pass",
    token: `docker-auth.elastic.co GET /auth?service=token-service&${SCOPE}`,
    layer: `docker-registry-production.r2.cloudflarestorage.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "dhi.io",
    username: "acme",
    password: "dckr_oat_token",
    token: `dhi.io GET /token?service=registry.docker.io&${SCOPE}`,
    layer: `production.cloudfront.docker.com ${SIGNED_LAYER} none`,
    isPublic: false,
    missing: UNKNOWN,
  },
  {
    registry: "registry.redhat.io",
    username: "12345678|robot",
    password: "eyJhbGciOiJSUzUxMiJ9.e30.x-_",
    token: `registry.redhat.io GET /auth/realms/rhcc/protocol/redhat-docker-v2/auth?service=docker-registry&${SCOPE}`,
    layer: `cdn01.quay.io ${SIGNED_LAYER} none`,
    isPublic: false,
    missing: UNKNOWN,
  },
  {
    registry: "registry.gitlab.com",
    username: "gitlab+deploy-token-7",
    password: "gldt-token",
    token: `gitlab.com GET /jwt/auth?service=container_registry&${SCOPE}`,
    layer: `cdn.registry.gitlab-static.net ${SIGNED_LAYER} none`,
    // The storage refuses HEAD, so the tag is fetched and hashed.
    afterHead: ["cdn.registry.gitlab-static.net HEAD /manifest"],
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "registry.digitalocean.com",
    username: "dop_v1_token",
    password: "dop_v1_token",
    token: `api.digitalocean.com GET /v2/registry/auth?service=registry.digitalocean.com&${SCOPE}`,
    layer: `nyc3.digitaloceanspaces.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "acme.azurecr.io",
    username: "6a1b5a43-0000-4f4e-9d3a-8d1b6f1e2c77",
    password: "Ab~8Q_secret.of-a+principal",
    token: `acme.azurecr.io GET /oauth2/token?service=acme.azurecr.io&${SCOPE}`,
    layer: `weumanaged.blob.core.windows.net ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "harbor.example.com",
    username: "robot$project+name",
    password: "Pa55:word",
    token: `harbor.example.com GET /service/token?service=harbor-registry&${SCOPE}`,
    layer: `minio.example.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "acme.jfrog.io",
    username: "ann@example.com",
    password: "cmVmdGtuOjAxOjE3",
    token: `acme.jfrog.io GET /artifactory/api/docker/docker-remote/v2/token?service=acme.jfrog.io:443&${SCOPE}`,
    layer: `jfrog-prod.s3.amazonaws.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "docker.cloudsmith.io",
    username: "owner/repository",
    password: "entitlement-token",
    token: `docker.cloudsmith.io GET /v2/token?service=docker.cloudsmith.io&${SCOPE}`,
    layer: `dl.cloudsmith.io ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
  {
    registry: "docker.scarf.example.com",
    username: "octocat",
    password: "ghp_pass",
    tokenHost: "ghcr.io",
    token: `ghcr.io GET /token?service=ghcr.io&${SCOPE}`,
    layer: `pkg-containers.githubusercontent.com ${SIGNED_LAYER} none`,
    isPublic: true,
    missing: UNKNOWN,
  },
];

const NAMED = KINDS.map((kind) => [kind.registry, kind] as const);

function withAccount({ registry, username, password, tokenHost }: Omit<Kind, "token">): Mirror {
  const account = { username, password, ...(tokenHost === undefined ? {} : { tokenHost }) };
  const env = {
    REGISTRY_ACCOUNTS: JSON.stringify({ [registry]: account }),
    PRIVATE_IMAGES: "public-only-account",
  };
  return createMirror(registry, env, { hub: { accounts: { [username]: password } } });
}

/** Every request to the network, with the kind of its credential. */
function sentBy(mirror: Mirror): string[] {
  const credentials = mirror.sent.map(
    ({ init }) => new Headers(init.headers).get("authorization")?.split(" ")[0] ?? "none",
  );
  return mirror.fetches().map((fetched, index) => `${fetched} ${credentials[index]}`);
}

/** The requests of a tag and a layer. */
function pull({ registry, token, layer, afterHead }: Kind, credential: "Basic" | "none"): string[] {
  const manifest =
    afterHead === undefined
      ? [`${registry} GET ${BY_DIGEST} Bearer`]
      : [...afterHead.map((one) => `${one} none`), `${registry} GET ${TAG} Bearer`];
  return [
    `${registry} GET /v2/ none`,
    `${token} ${credential}`,
    `${registry} HEAD ${TAG} Bearer`,
    ...manifest,
    `${registry} GET ${BLOB} Bearer`,
    layer,
  ];
}

describe("a pull of a tag and a layer", () => {
  it.each(NAMED)(
    "[29] [32] [33a] with an account at %s sends it for one token",
    async (_, kind) => {
      const mirror = withAccount(kind);
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
      const login = new Headers(mirror.sent[1]?.init.headers).get("authorization");
      expect(login).toBe(basic(kind.username, kind.password));
      expect(sentBy(mirror)).toEqual(pull(kind, "Basic"));
      expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
      expect(sentBy(mirror)).toEqual([]);
    },
  );

  it.each(NAMED.filter(([, { isPublic }]) => isPublic))(
    "[29] [21] [33] without an account at %s takes one token and one redirect",
    async (registry, kind) => {
      const mirror = createMirror(registry);
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
      expect(sentBy(mirror)).toEqual(pull(kind, "none"));
    },
  );

  it("[29] [32] with an account at a registry that demands Basic sends it there, and not to the storage", async () => {
    const registry = "artifactory.example.com";
    const mirror = withAccount({
      ...{ registry, username: "ci", password: "pass", layer: "", isPublic: false },
      missing: UNKNOWN,
    });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(sentBy(mirror)).toEqual([
      `${registry} GET /v2/ none`,
      `${registry} HEAD ${TAG} Basic`,
      `${registry} GET ${BY_DIGEST} Basic`,
      `${registry} GET ${BLOB} Basic`,
      `storage.example.com ${SIGNED_LAYER} none`,
    ]);
  });

  it("[33a] at a Scarf gateway does not get the account without a tokenHost", async () => {
    const scarf = KINDS.find(({ registry }) => registry === "docker.scarf.example.com");
    const { tokenHost: _, ...kind } = scarf ?? (KINDS[0] as Kind);
    const mirror = withAccount(kind);
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(sentBy(mirror)).toEqual(["docker.scarf.example.com GET /v2/ none"]);
  });
});

describe("a missing image", () => {
  it.each(NAMED)("[30] [31] at %s is never an invitation to log in", async (_, kind) => {
    const mirror = withAccount(kind);
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual(kind.missing);
    expect(answer.headers.get("www-authenticate")).toBeNull();
  });

  it.each(NAMED.filter(([, { isPublic }]) => !isPublic))(
    "[30] [A6] is every image of %s without an account, or while the account may serve public images only",
    async (registry, { username, password }) => {
      const account = JSON.stringify({ [registry]: { username, password } });
      for (const env of [{}, { REGISTRY_ACCOUNTS: account }]) {
        const mirror = createMirror(registry, env, { hub: { accounts: { [username]: password } } });
        const answer = await mirror.get(TAG);
        expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
      }
    },
  );
});
