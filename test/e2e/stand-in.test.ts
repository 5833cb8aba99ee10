import { expect, onTestFinished, test } from "vitest";
import { truncate } from "../support/hub/faults.ts";
import type { HubOptions } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { type PullOptions, pull } from "../support/pull.ts";
import { serveHub } from "../support/serve.ts";

const BYTES = 500_000;

async function served(options: HubOptions = {}) {
  const stand = await serveHub(options);
  onTestFinished(stand.close);
  const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], layerBytes: BYTES });
  stand.hub.push("library/hello", "1", image);
  const query = "service=registry.docker.io&scope=repository:library/hello:pull";
  const answer = await fetch(`${stand.origins.auth}/token?${query}`);
  const { token } = (await answer.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  const registry = stand.origins.registry;
  const pullIt = (more: Partial<PullOptions> = {}) =>
    pull({ registry, image: "library/hello:1", headers, ...more });
  return { ...stand, image, pull: pullIt };
}

test("an image can be pulled straight from the stand-in, and nothing leaks", async () => {
  const { hub, image, pull } = await served();

  const { digest } = await pull({ platform: "linux/arm64" });

  expect(digest).toBe(image.tagDigest);
  expect(hub.pulls()).toBe(2);
  expect(hub.leaks).toEqual([]);
});

test("a reset breaks the connection, a hang holds it until the client gives up", async () => {
  const { hub, pull } = await served();
  hub.intercept(() => "reset");
  await expect(pull()).rejects.toMatchObject({ status: 0 });
  hub.intercept(() => "hang");
  const client = new AbortController();
  const asked = hub.waitFor({ method: "HEAD" });
  const hanging = pull({ signal: client.signal });
  await asked;
  client.abort();
  await expect(hanging).rejects.toMatchObject({ status: 0 });
});

test("a body that is cut short breaks off; the pull notices", async () => {
  const { hub, pull } = await served();
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? truncate(await next(), 100) : undefined,
  );
  await expect(pull()).rejects.toThrow("broke (200, 100 bytes)");
});

test("a body that was changed on the way is noticed", async () => {
  const { hub, pull } = await served();
  hub.intercept(async ({ host }, next) => {
    if (host !== "storage") return undefined;
    const { status, headers, body } = await next();
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    bytes[bytes.length - 1] = 0xff;
    return new Response(bytes, { status, headers });
  });
  await expect(pull()).rejects.toThrow("hashes to sha256:");
});

test("gone is a refused connection, and back is the same ports", async () => {
  const { comeBack, goAway, origins, pull } = await served();
  await goAway();
  const refused = await fetch(origins.registry).catch(({ cause }) => cause.code);
  expect(refused).toBe("ECONNREFUSED");
  await comeBack();
  await pull();
});
