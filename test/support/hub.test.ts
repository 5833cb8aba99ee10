import { expect, test } from "vitest";
import { createHub, type Hub, type HubOptions } from "./hub.ts";
import { buildArtifact, buildImage, docker, oci } from "./image.ts";

const REGISTRY = "https://registry-1.docker.io";
const ACCEPT_ALL = [docker.index, docker.manifest, oci.index, oci.manifest].join(", ");

/** An `Authorization` for one repository; anonymous without `authorization`. */
async function token(hub: Hub, repository: string, authorization?: string): Promise<string> {
  const scope = `repository:${repository}:pull`;
  const url = `https://auth.docker.io/token?service=registry.docker.io&scope=${scope}`;
  const answer = await hub.fetch(url, authorization ? { headers: { authorization } } : {});
  return `Bearer ${(await answer.json<{ token: string }>()).token}`;
}

/** A hub with the image `library/hello:1` for two platforms, and a client that may pull it. */
async function ready(options: HubOptions = {}, mediaTypes: "docker" | "oci" = "docker") {
  const hub = createHub(options);
  const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], mediaTypes });
  hub.push("library/hello", "1", image);
  const authorization = await token(hub, "library/hello");
  const ask = (path: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
    hub.fetch(`${REGISTRY}/v2/library/hello/${path}`, {
      ...init,
      redirect: "manual",
      headers: { authorization, accept: ACCEPT_ALL, ...init.headers },
    });
  return { hub, image, ask };
}

test("without a token everything is a challenge, with the scope that is missing", async () => {
  const { hub } = await ready();
  const ping = await hub.fetch(`${REGISTRY}/v2/`);
  expect(ping.status).toBe(401);
  expect(ping.headers.get("www-authenticate")).toBe(
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
  );
  const manifest = await hub.fetch(`${REGISTRY}/v2/library/hello/manifests/1`);
  expect(manifest.status).toBe(401);
  expect(manifest.headers.get("www-authenticate")).toContain(
    ',scope="repository:library/hello:pull"',
  );
});

test("a missing repository, and a private one, are an insufficient scope", async () => {
  const hub = createHub({
    accounts: { alice: "secret" },
    privateRepositories: { "alice/secret": ["alice"] },
  });
  hub.push("alice/secret", "1", await buildImage());
  const alice = `Basic ${btoa("alice:secret")}`;
  const statusOf = async (repository: string, as?: string) => {
    const authorization = await token(hub, repository, as);
    const url = `${REGISTRY}/v2/${repository}/manifests/1`;
    const answer = await hub.fetch(url, { headers: { authorization, accept: ACCEPT_ALL } });
    return [answer.status, answer.headers.get("www-authenticate")?.includes("insufficient_scope")];
  };
  expect(await statusOf("library/missing")).toEqual([401, true]);
  expect(await statusOf("alice/secret")).toEqual([401, true]);
  expect(await statusOf("alice/secret", alice)).toEqual([200, undefined]);
});

test("a wrong password is no token, and an expired token is invalid", async () => {
  let now = 0;
  const { hub, ask } = await ready({ now: () => now, accounts: { alice: "secret" } });
  const url = "https://auth.docker.io/token?service=registry.docker.io";
  const headers = { authorization: `Basic ${btoa("alice:wrong")}` };
  expect((await hub.fetch(url, { headers })).status).toBe(401);
  now = 300_000;
  const late = await ask("manifests/1");
  expect(late.status).toBe(401);
  expect(late.headers.get("www-authenticate")).toContain('error="invalid_token"');
});

test("a manifest GET costs one pull, a HEAD none, and none left is a 429 but for HEAD", async () => {
  const { hub, image, ask } = await ready({ pullLimit: 2 });
  const head = await ask("manifests/1", { method: "HEAD" });
  expect(head.headers.get("docker-content-digest")).toBe(image.tagDigest);
  const list = image.manifests.get(image.tagDigest);
  expect(head.headers.get("content-length")).toBe(String(list?.bytes.length));
  expect(head.headers.get("ratelimit-remaining")).toBe("2;w=21600");
  expect((await ask("manifests/1")).headers.get("ratelimit-remaining")).toBe("1;w=21600");
  await ask("manifests/1");
  expect(hub.pulls()).toBe(2);
  const refused = await ask("manifests/1");
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
  expect((await ask("manifests/1", { method: "HEAD" })).status).toBe(200);
});

test("who accepts no list is given linux/amd64, by tag only", async () => {
  const { image, ask } = await ready();
  const headers = { accept: docker.manifest };
  const byTag = await ask("manifests/1", { headers });
  expect(byTag.headers.get("docker-content-digest")).toBe(image.platforms.get("linux/amd64"));
  const byDigest = await ask(`manifests/${image.tagDigest}`, { headers });
  expect(byDigest.headers.get("content-type")).toBe(docker.index);
});

test("OCI content is unknown to who does not accept it", async () => {
  const { ask } = await ready({}, "oci");
  const refused = await ask("manifests/1", { headers: { accept: docker.index } });
  expect(refused.status).toBe(404);
  expect(await refused.json()).toMatchObject({ errors: [{ code: "MANIFEST_UNKNOWN" }] });
});

test("faults are those of a network, and end with a reset", async () => {
  const { hub, ask } = await ready();
  hub.become("gone");
  await expect(ask("manifests/1")).rejects.toThrow("Network connection lost.");
  hub.become("limited");
  expect((await ask("manifests/1", { method: "HEAD" })).status).toBe(429);
  hub.become("exhausted");
  expect((await ask("manifests/1", { method: "HEAD" })).status).toBe(200);
  expect((await ask("manifests/1")).status).toBe(429);
  hub.reset();
  hub.intercept(({ method }) => (method === "HEAD" ? "hang" : undefined));
  const signal = AbortSignal.abort(new Error("Enough."));
  const hanging = hub.fetch(`${REGISTRY}/v2/`, { method: "HEAD", signal });
  await expect(hanging).rejects.toThrow();
  expect((await ask("manifests/1")).status).toBe(200);
});

test("what a mirror must not send on is a leak, and so is another host", async () => {
  const hub = createHub();
  const headers = { cookie: "a=b", "x-forwarded-for": "192.0.2.1", "cf-ray": "1" };
  await hub.fetch(`${REGISTRY}/v2/`, { headers });
  await hub.fetch(`${REGISTRY}/v2/`, { headers: { authorization: "Basic YTpi" } });
  await expect(hub.fetch("https://example.com/")).rejects.toThrow();
  expect(hub.leaks).toHaveLength(5);
});

test("tags come in pages that link to the next", async () => {
  const { hub, image, ask } = await ready({ links: "absolute" });
  for (const tag of ["3", "2"]) hub.push("library/hello", tag, image);
  const first = await ask("tags/list?n=2");
  expect(await first.json()).toEqual({ name: "library/hello", tags: ["1", "2"] });
  expect(first.headers.get("link")).toBe(
    `<${REGISTRY}/v2/library/hello/tags/list?last=2&n=2>; rel="next"`,
  );
  const second = await ask("tags/list?last=2&n=2");
  expect(await second.json()).toEqual({ name: "library/hello", tags: ["3"] });
  expect(second.headers.has("link")).toBe(false);
});

test("referrers are an index of what has the subject, filtered when asked", async () => {
  const { hub, image, ask } = await ready();
  const subject = { mediaType: docker.index, digest: image.tagDigest, size: 1 };
  for (const type of ["application/x.one", "application/x.two"]) {
    hub.push("library/hello", null, await buildArtifact(subject, type, type));
  }
  const all = await ask(`referrers/${image.tagDigest}`);
  expect((await all.json<{ manifests: [] }>()).manifests).toHaveLength(2);
  const one = await ask(`referrers/${image.tagDigest}?artifactType=application/x.one`);
  expect((await one.json<{ manifests: [] }>()).manifests).toHaveLength(1);
  expect(one.headers.get("oci-filters-applied")).toBe("artifactType");
});

test("a blob URL is for its method and its time, and for nobody with an Authorization", async () => {
  let now = 0;
  const { hub, image, ask } = await ready({ now: () => now, tokenSeconds: 10_000 });
  const [[digest, bytes] = ["", new Uint8Array()]] = image.blobs;
  const redirect = await ask(`blobs/${digest}`);
  expect(redirect.status).toBe(307);
  const url = redirect.headers.get("location") ?? "";
  const slice = await hub.fetch(url, { headers: { range: "bytes=1-3" } });
  expect(slice.status).toBe(206);
  expect(slice.headers.get("content-range")).toBe(`bytes 1-3/${bytes.length}`);
  expect(new Uint8Array(await slice.arrayBuffer())).toEqual(bytes.slice(1, 4));
  expect((await hub.fetch(url, { headers: { range: "bytes=0-1,3-4" } })).status).toBe(200);
  expect((await hub.fetch(url, { headers: { range: "bytes=99999-" } })).status).toBe(416);
  expect((await hub.fetch(url, { method: "HEAD" })).status).toBe(403);
  expect(hub.leaks).toEqual([]);
  expect((await hub.fetch(url, { headers: { authorization: "Bearer x" } })).status).toBe(400);
  expect(hub.leaks).toHaveLength(1);
  now = 1_200_000;
  expect((await hub.fetch(url)).status).toBe(403);
});
