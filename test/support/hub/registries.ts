import type { HubOptions } from "../hub.ts";
import { oci } from "../image.ts";
import type { Interceptor } from "./faults.ts";
import { bodyResponse, errorResponse, redirect, unauthorized, withHeaders } from "./responses.ts";

/** The region to which registry.k8s.io redirects, and its prefix of names there. */
export const REGION = "us-west1-docker.pkg.dev";
export const REGION_PREFIX = "k8s-artifacts-prod/images";

const ECR_CHALLENGE =
  'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"';
const LSCR_CHALLENGE = 'Bearer realm="https://ghcr.io/token",service="ghcr.io"';

/** Registries other than Docker Hub by name, each as it deviates from Docker Hub. */
export const REGISTRIES = {
  /**
   * HEAD of a blob is 401 for everyone; an expired token is 400 without a challenge; a missing
   * repository is 404.
   */
  "public.ecr.aws": {
    registry: "https://public.ecr.aws",
    storage: "https://d5l0dvt14r5h8.cloudfront.net",
    challenge: ECR_CHALLENGE,
    async quirks({ host, method, path, headers }, next) {
      const response = await next();
      if (host !== "registry") return response;
      if (response.headers.get("www-authenticate")?.includes("insufficient_scope")) {
        return errorResponse(method, 404, "NAME_UNKNOWN", "The repository does not exist.");
      }
      if (response.status === 401 && headers.has("authorization")) {
        const message = "Your authorization token has expired. Reauthenticate and try again.";
        return errorResponse(method, 400, "DENIED", message);
      }
      const isRefused = method === "HEAD" && path.includes("/blobs/");
      return isRefused ? unauthorized(method, ECR_CHALLENGE) : response;
    },
  },
  /** The token service is another host, and answers only an `access_token` without a lifetime. */
  "docker.elastic.co": {
    registry: "https://docker.elastic.co",
    storage: "https://docker-registry-production.r2.cloudflarestorage.com",
    challenge: 'Bearer realm="https://docker-auth.elastic.co/auth",service="token-service"',
    quirks: withTokens((token) => ({ token: "", access_token: token })),
  },
  /** 403 both for a wrong password and for a missing or private repository. */
  "ghcr.io": {
    registry: "https://ghcr.io",
    storage: "https://pkg-containers.githubusercontent.com",
    challenge:
      'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',
    forbids: true,
    quirks: withTokens((token) => ({ token })),
  },
  "gcr.io": google("gcr.io"),
  "europe-west3-docker.pkg.dev": google("europe-west3-docker.pkg.dev"),
  /** Redirects everything to a region, without the query, but the layers that its S3 has. */
  "registry.k8s.io": {
    registry: "https://registry.k8s.io",
    storage: "https://prod-registry-k8s-io-us-west-1.s3.dualstack.us-west-1.amazonaws.com",
    challenge: null,
    async quirks({ host, path }, next) {
      const response = await next();
      const isOwn = host === "storage" || path === "/v2/" || response.status === 307;
      if (isOwn) return response;
      return redirect(`https://${REGION}/v2/${REGION_PREFIX}${path.slice("/v2".length)}`);
    },
  },
  /** The region of registry.k8s.io. */
  [REGION]: {
    registry: `https://${REGION}`,
    storage: "https://storage.googleapis.com",
    challenge: null,
  },
  /** A gateway to ghcr.io, whose tokens it wants. */
  "lscr.io": {
    registry: "https://lscr.io",
    issuer: "ghcr.io",
    challenge: LSCR_CHALLENGE,
    quirks({ method, path, query, headers }) {
      if (!headers.has("authorization")) {
        return unauthorized(method, LSCR_CHALLENGE);
      }
      return redirect(`https://ghcr.io${path}${query.size > 0 ? `?${query}` : ""}`);
    },
  },
  /** No tokens; types have a charset, HEAD has no digest, and 404 is a page of its storage. */
  "mcr.microsoft.com": {
    registry: "https://mcr.microsoft.com",
    storage: "https://eastus.data.mcr.microsoft.com",
    challenge: null,
    async quirks({ host, method, path }, next) {
      const response = await next();
      if (response.status === 404) {
        const page = "<?xml version='1.0'?><Error><Code>BlobNotFound</Code></Error>";
        return new Response(page, { status: 404, headers: { "content-type": "text/html" } });
      }
      if (host !== "registry" || response.status !== 200) return response;
      const isSilent = method === "HEAD" && path.includes("/manifests/");
      return withHeaders(response, {
        "content-type": `${response.headers.get("content-type")}; charset=utf-8`,
        ...(isSilent ? { "docker-content-digest": null } : {}),
      });
    },
  },
  /** No service; a rejected token is sent to another realm; a part has no length. */
  "nvcr.io": {
    registry: "https://nvcr.io",
    storage: "https://nvcr-prod.s3.us-west-2.amazonaws.com",
    challenge: 'Bearer realm="https://nvcr.io/proxy_auth",scope="repository:x:pull"',
    async quirks({ host, method, headers }, next) {
      const response = await next();
      if (host === "registry" && response.status === 401 && headers.has("authorization")) {
        const elsewhere = 'realm="https://authn.nvidia.com/token",service="registry"';
        return unauthorized(method, `Bearer ${elsewhere},error="invalid_token"`);
      }
      return response.status === 206 ? inChunks(response) : response;
    },
  },
  /** A realm with a path, a cursor of its own, and schema 1 for clients without OCI types. */
  "quay.io": {
    registry: "https://quay.io",
    storage: "https://cdn03.quay.io",
    challenge: 'Bearer realm="https://quay.io/v2/auth",service="quay.io"',
    async quirks({ method, path, query, headers }, next) {
      const response = await next();
      if (path.includes("/manifests/") && response.status === 404 && !acceptsOci(headers)) {
        return bodyResponse(method, 200, '{"schemaVersion":1}', {
          "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws",
          "docker-content-digest": `sha256:${"1".repeat(64)}`,
        });
      }
      const isFirstPage = path.endsWith("/tags/list") && query.get("next_page") !== "gAAA-_=";
      if (!isFirstPage || response.status !== 200) return response;
      return withHeaders(response, { link: `<${path}?next_page=gAAA-_%3D&n=1>; rel="next"` });
    },
  },
  /** No anonymous tokens. */
  "dhi.io": {
    registry: "https://dhi.io",
    challenge: 'Bearer realm="https://dhi.io/token",service="registry.docker.io"',
    quirks: withoutAnonymous((_, next) => next()),
  },
  /** No anonymous tokens; the realm has a long path, and answers `access_token` too. */
  "registry.redhat.io": {
    registry: "https://registry.redhat.io",
    storage: "https://cdn01.quay.io",
    challenge:
      'Bearer realm="https://registry.redhat.io/auth/realms/rhcc/protocol/redhat-docker-v2/auth",service="docker-registry"',
    quirks: withoutAnonymous(withTokens((token) => ({ token, access_token: token }))),
  },
  /** The token service is another host; the storage of manifests refuses HEAD. */
  "registry.gitlab.com": {
    registry: "https://registry.gitlab.com",
    storage: "https://cdn.registry.gitlab-static.net",
    challenge: 'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"',
    async quirks({ host, method, path }, next) {
      if (host === "storage" && method === "HEAD") return new Response(null, { status: 403 });
      const response = await next();
      const isHead = host === "registry" && method === "HEAD" && response.status === 200;
      return isHead && path.includes("/manifests/")
        ? redirect("https://cdn.registry.gitlab-static.net/manifest?Signature=x")
        : response;
    },
  },
  /** The token service is another host. */
  "registry.digitalocean.com": {
    registry: "https://registry.digitalocean.com",
    storage: "https://nyc3.digitaloceanspaces.com",
    challenge:
      'Bearer realm="https://api.digitalocean.com/v2/registry/auth",service="registry.digitalocean.com"',
  },
  /** Tokens without a lifetime, as `access_token` only. */
  "acme.azurecr.io": {
    registry: "https://acme.azurecr.io",
    storage: "https://weumanaged.blob.core.windows.net",
    challenge: 'Bearer realm="https://acme.azurecr.io/oauth2/token",service="acme.azurecr.io"',
    quirks: withTokens((token) => ({ access_token: token })),
  },
  /** A robot's name has a dollar and a plus. */
  "harbor.example.com": {
    registry: "https://harbor.example.com",
    storage: "https://minio.example.com",
    challenge:
      'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry",scope="repository:x:pull"',
  },
  /** The realm is below the repository of Artifactory, the service has a port. */
  "acme.jfrog.io": {
    registry: "https://acme.jfrog.io",
    storage: "https://jfrog-prod.s3.amazonaws.com",
    challenge:
      'Bearer realm="https://acme.jfrog.io/artifactory/api/docker/docker-remote/v2/token",service="acme.jfrog.io:443"',
  },
  /** Artifactory that forces authentication; also Nexus without its bearer realm, and Amazon ECR. */
  "artifactory.example.com": {
    registry: "https://artifactory.example.com",
    storage: "https://storage.example.com",
    challenge: 'Basic realm="Artifactory Realm"',
  },
  "docker.cloudsmith.io": {
    registry: "https://docker.cloudsmith.io",
    storage: "https://dl.cloudsmith.io",
    challenge:
      'Bearer realm="https://docker.cloudsmith.io/v2/token",service="docker.cloudsmith.io"',
  },
  /** A Scarf gateway under a name of its own, which passes on the challenge of ghcr.io. */
  "docker.scarf.example.com": {
    registry: "https://docker.scarf.example.com",
    storage: "https://pkg-containers.githubusercontent.com",
    challenge: 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:x:pull"',
    quirks: withTokens((token) => ({ token })),
  },
} satisfies Record<string, HubOptions>;

export type OtherRegistry = keyof typeof REGISTRIES;

/**
 * gcr.io and Artifact Registry: 401 without a challenge except at `/v2/`, relative redirects to a
 * storage on the same host, 400 to several ranges, 403 to a missing repository.
 */
function google(host: string): HubOptions {
  return {
    registry: `https://${host}`,
    storage: `https://${host}/artifacts-downloads`,
    challenge: `Bearer realm="https://${host}/v2/token",service=${host}`,
    tokenSeconds: 43_200,
    async quirks({ method, path, headers }, next) {
      if (path.startsWith("/artifacts-downloads/") && headers.get("range")?.includes(",")) {
        return new Response(null, { status: 400 });
      }
      const response = await next();
      const location = response.headers.get("location");
      if (location !== null) {
        return withHeaders(response, { location: location.replace(`https://${host}`, "") });
      }
      const challenge = response.headers.get("www-authenticate") ?? "";
      if (challenge.includes("insufficient_scope")) {
        return errorResponse(method, 403, "DENIED", "Permission denied, or it may not exist.");
      }
      return path === "/v2/" ? response : withHeaders(response, { "www-authenticate": null });
    },
  };
}

/** Token responses in another form, which has no lifetime. */
function withTokens(bodyOf: (token: string) => object): Interceptor {
  return async ({ host }, next) => {
    const response = await next();
    if (host !== "auth" || response.status !== 200) return response;
    return Response.json(bodyOf((await response.json<{ token: string }>()).token));
  };
}

/** 401 to token requests without an account. */
function withoutAnonymous(quirks: Interceptor): Interceptor {
  return async (request, next) => {
    const isAnonymous = request.host === "auth" && !request.headers.has("authorization");
    if (isAnonymous) return Response.json({ details: "login required" }, { status: 401 });
    return quirks(request, next);
  };
}

function acceptsOci(headers: Headers): boolean {
  return headers.get("accept")?.includes(oci.manifest) ?? false;
}

/** A stream has no length, like a response in chunks. */
function inChunks(response: Response): Response {
  const { status, headers } = withHeaders(response, { "content-length": null });
  const body = response.body?.pipeThrough(new TransformStream()) ?? null;
  return new Response(body, { status, headers });
}
