import { once } from "node:events";
import { get } from "node:http";
import { beforeEach, expect, test } from "vitest";
import { createGate, truncate, when } from "../support/hub/faults.ts";
import { buildImage } from "../support/image.ts";
import { useStack } from "./use-stack.ts";

const stack = useStack();
let path = "";
let image = "";
let count = 0;

/** A layer that no test has pulled before. */
beforeEach(async () => {
  const name = `layer-${count++}`;
  const built = await buildImage({ files: { name }, layerBytes: 1_000_000 });
  stack().hub.push(`library/${name}`, "1", built);
  const [digest = ""] = [...built.blobs].find(([, bytes]) => bytes.length > 500_000) ?? [];
  path = `/v2/${name}/blobs/${digest}`;
  image = `library/${name}@${digest}`;
});

/** The lines about the layer that this test interrupts. */
function interruptions() {
  const lines = stack().mirror.log().split("\n");
  return lines
    .filter((line) => line.includes('"blob interrupted"') && line.includes(image))
    .map((line) => JSON.parse(line));
}

test("a layer that its upstream breaks off is broken for the client, and named in the log", async () => {
  const { hub, mirror } = stack();
  hub.intercept(when({ host: "storage" }, async (next) => truncate(await next(), 400_000)));

  const response = await fetch(mirror.origin + path);

  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow();
  await expect.poll(interruptions).toEqual([
    {
      event: "blob interrupted",
      registry: "docker.io",
      image,
      size: Number(response.headers.get("content-length")),
      ms: expect.any(Number),
      reason: "the upstream broke off",
    },
  ]);
});

test("a client that disconnects in the middle of a layer is named in the log", async () => {
  const { hub, mirror } = stack();
  const gate = createGate();
  hub.intercept(when({ host: "storage" }, async (next) => gate.through(await next())));

  const request = get(mirror.origin + path);
  const [response] = await once(request, "response");
  await once(response, "data");
  request.destroy();
  gate.open();

  await expect
    .poll(() => interruptions().map(({ reason }) => reason))
    .toEqual(["the client disconnected"]);
});
