import { describe, expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { countKept, untilKept } from "../support/mirror/kept.ts";
import { useStack } from "./use-stack.ts";

const MANY = 100;
const LARGE_BYTES = 3_000_000;
const platforms = ["linux/amd64", "linux/arm64/v8"];

const stack = useStack({
  hub: {
    accounts: { alice: "pass:word" },
    privateRepositories: { "alice/secret": ["alice"] },
  },
});

describe("a pull", () => {
  test("of a cold mirror requests each thing once, a second one nothing", async () => {
    const { hub, pull } = stack();
    const image = await buildImage({ platforms, layers: 2, files: { "hello.txt": "hello" } });
    hub.push("library/first", "1", image);

    const cold = await pull("library/first:1");

    expect(cold.digest).toBe(image.tagDigest);
    expect(tally(hub.requests)).toEqual({
      "registry GET challenge": 1,
      "auth GET token": 1,
      "registry HEAD manifest": 1,
      "registry GET manifest": 2,
      "registry GET blob": 3,
      "storage GET blob": 3,
    });
    expect(hub.pulls()).toBe(2);
    hub.reset();

    // The bare name and the full name share what is cached.
    const warm = await pull("first:1");

    expect(hub.requests).toEqual([]);
    expect(warm.digest).toBe(cold.digest);
    expect(warm.steps.map((step) => step.cacheStatus)).toEqual(Array(6).fill("sampan; hit"));
  });

  test("of large layers stores them at the edge by a second download, from the same URL", async () => {
    const { hub, persistTo, pull } = stack();
    hub.push("library/large", "1", await buildImage({ layers: 2, layerBytes: LARGE_BYTES }));
    const before = await countKept(persistTo, "edge");

    await pull("large:1");
    // The tag, the manifest, and a blob and its copy's name for the configuration and two layers.
    await untilKept(persistTo, "edge", before + 8);

    expect(hub.count({ host: "registry", path: /\/blobs\// })).toBe(3);
    expect(hub.count({ host: "storage" })).toBe(5);
    hub.reset();
    await pull("large:1");
    expect(hub.requests).toEqual([]);
  });

  test("repeated a hundred times costs one pull for each of its manifests", async () => {
    const { hub, pull } = stack();
    const files = { "a.txt": "popular" };
    hub.push("library/popular", "1", await buildImage({ platforms, files }));

    for (let count = 0; count < MANY; count += 1) await pull("popular:1");

    expect(hub.pulls()).toBe(2);
    expect(hub.count({ host: "registry", path: /\/manifests\// })).toBe(3);
  });

  test("gets Docker and OCI images of every platform, by tag and by digest", async () => {
    const { hub, pull } = stack();
    for (const mediaTypes of ["docker", "oci"] as const) {
      const image = await buildImage({ platforms, mediaTypes });
      hub.push(`library/${mediaTypes}`, "1", image);
      for (const platform of platforms) {
        const { digest } = await pull(`${mediaTypes}:1`, { platform });
        expect(digest).toBe(image.tagDigest);
      }
      const child = image.platforms.get("linux/arm64/v8");
      expect((await pull(`${mediaTypes}@${child}`)).digest).toBe(child);
    }
  });

  test("passes no header of the client upstream, and none of the upstream's own back", async () => {
    const { hub, mirror, pull } = stack();
    const image = await buildImage({ layerBytes: LARGE_BYTES, files: { "a.txt": "headers" } });
    hub.push("library/headers", "1", image);
    const headers = {
      authorization: "Basic YWxpY2U6c2VjcmV0",
      cookie: "session=secret",
      "x-forwarded-for": "192.0.2.1",
      "cf-connecting-ip": "192.0.2.1",
    };

    // What reached the upstream is judged by the hub: after each test it has seen no leak.
    await pull("headers:1", { headers });

    const [digest] = [...image.blobs.keys()];
    for (const path of ["manifests/1", `blobs/${digest}`, "tags/list"]) {
      const answer = await fetch(`${mirror.origin}/v2/headers/${path}`, { headers });
      await answer.arrayBuffer();
      expect(answer.status).toBe(200);
      const crossed = [...answer.headers.keys()].filter((name) =>
        /^(set-cookie|www-authenticate|server|x-(?!content-type-options$).*|docker-ratelimit-source|strict-.*)$/.test(
          name,
        ),
      );
      expect(crossed).toEqual([]);
    }
  });

  test("of a private repository is 404 for a mirror without an account", async () => {
    const { hub, pull } = stack();
    hub.push("alice/secret", "1", await buildImage());

    await expect(pull("alice/secret:1")).rejects.toMatchObject({ name: "PullError", status: 404 });
  });
});

describe("many clients at once", () => {
  test("cause one upstream request for each thing", async () => {
    const { hub, pull } = stack();
    hub.push("library/rush", "1", await buildImage({ platforms, files: { "a.txt": "rush" } }));

    await Promise.all(Array.from({ length: 20 }, () => pull("rush:1")));

    expect(tally(hub.requests)).toMatchObject({
      "auth GET token": 1,
      "registry HEAD manifest": 1,
      "registry GET manifest": 2,
    });
    expect(hub.pulls()).toBe(2);
  });

  test.each([
    ["tag", "HEAD", /\/manifests\/1$/],
    ["token", "GET", /^\/token$/],
    ["manifest", "GET", /\/manifests\/sha256:/],
  ])("are served when the first of them, who waits for a %s, hangs up", async (...row) => {
    const [what, method, path] = row;
    const { hub, mirror, pull } = stack();
    const name = `hung-up-${what}`;
    hub.push(`library/${name}`, "1", await buildImage({ platforms, files: { "a.txt": what } }));
    const gate = Promise.withResolvers<undefined>();
    hub.intercept((request) =>
      request.method === method && path.test(request.path) ? gate.promise : undefined,
    );
    const requested = hub.waitFor({ method, path });
    const first = new AbortController();
    const leader = pull(`${name}:1`, { signal: first.signal });
    await requested;

    const others = Array.from({ length: 5 }, () => pull(`${name}:1`));
    // Answered after the others were accepted, on a connection opened later.
    await fetch(`${mirror.origin}/v2/`);
    first.abort();
    await expect(leader).rejects.toThrow("broke");
    gate.resolve(undefined);

    await Promise.all(others);
    expect(hub.count({ method, path })).toBeLessThanOrEqual(method === "HEAD" ? 2 : 3);
  });
});
