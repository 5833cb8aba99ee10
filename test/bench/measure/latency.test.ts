import { afterAll, beforeAll, expect, test } from "vitest";
import { readValue } from "../../../bench/figure.ts";
import { type Latency, measureLatency } from "../../../bench/measure/latency.ts";
import { connectMirror, type Mirror } from "../../../bench/mirrors/mirror.ts";
import { type ServedHub, serveHub } from "../../support/serve.ts";

const away = (latency: Latency) => ({ latency, storeLatencyMs: 0 });

let upstream: ServedHub;
let straight: Mirror;

beforeAll(async () => {
  upstream = await serveHub();
  straight = connectMirror("straight", upstream.origins.registry, upstream);
});

afterAll(() => upstream.close());

test("each request waits for its own host: ping, tag, index, manifest; token; layers", async () => {
  const figures = await measureLatency(
    [straight],
    away({ registry: 20, auth: 100, storage: 60 }),
    1,
  );
  const section = "Wall time of a pull, upstream 20/100/60 ms away";
  const time = (name: string) => readValue(figures, { section, name }, "straight") ?? 0;
  expect(time("cold, manifests")).toBeGreaterThan(4 * 20 + 100 - 10);
  // Six blobs, three at once, each a redirect and the bytes.
  expect(time("cold, whole pull") - time("cold, manifests")).toBeGreaterThan(2 * (20 + 60) - 10);
  expect(readValue(figures, { section, name: "after the tag window, manifests" }, "straight")).toBe(
    null,
  );
});

test("afterwards the upstream is near again", async () => {
  const hour = 3_600_000;
  await measureLatency([straight], away({ registry: hour, auth: hour, storage: hour }), 0);
  for (const origin of Object.values(upstream.origins)) {
    expect((await fetch(`${origin}/none`)).status).toBeGreaterThanOrEqual(400);
  }
});
