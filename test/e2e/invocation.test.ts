import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../../bench/workerd.ts";
import { COUNTED_BLOB, imageWithBlob } from "../support/contents.ts";
import { createGate } from "../support/hub/faults.ts";
import { SHIPPED } from "../support/repository.ts";
import { serveHub } from "../support/serve.ts";

/*
 * The platform ends an invocation as soon as it pumps an untouched body by itself; local workerd
 * does so too, but never cuts what goes on afterwards. A timer of the invocation shows its end.
 */

/** Runs a timer in the invocation of each layer, and reports how often it fires in 300 ms. */
const ENTRY = `
import worker from "./worker.js";
let ticks = 0;
export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/ticks") {
      const before = ticks;
      await scheduler.wait(300);
      return Response.json(ticks - before);
    }
    setInterval(() => ticks++, 10);
    return worker.fetch(request);
  },
};
`;
const PATH = `/v2/busybox/blobs/${COUNTED_BLOB.digest}`;

let worker: Bundle;
beforeAll(async () => {
  worker = await bundle("src/worker.ts");
});

/** Starts the Worker with a slow upstream, and pulls half of a layer, or of a part of it. */
async function pullHalf(stack: AsyncDisposableStack, headers: Readonly<Record<string, string>>) {
  const served = await serveHub();
  stack.defer(served.close);
  served.hub.push("library/busybox", "1", imageWithBlob(COUNTED_BLOB));
  const gate = createGate();
  let downloads = 0;
  served.hub.intercept(({ host }, next) => {
    if (host !== "storage") return undefined;
    downloads += 1;
    // The first one is the client's.
    return downloads === 1 ? next().then(gate.through) : undefined;
  });
  const { compatibility_date } = parse(SHIPPED);
  const contents = { "entry.js": ENTRY, "worker.js": worker.code };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...{ host: "127.0.0.1", port: 0, cf: false, telemetry: { enabled: false } },
      modulesRoot: "/worker",
      modules: Object.entries(contents).map(([file, code]) => {
        return { type: "ESModule" as const, path: `/worker/${file}`, contents: code };
      }),
      compatibilityDate: String(compatibility_date),
      bindings: { UPSTREAM: served.origins.registry, NAMESPACE: "library" },
      kvNamespaces: ["CACHE"],
      r2Buckets: ["BLOBS"],
      handleStructuredLogs() {},
    }),
  );
  stack.defer(() => miniflare.dispose());
  const { origin } = await miniflare.ready;
  const response = await fetch(origin + PATH, { headers });
  expect(response.ok).toBe(true);
  await gate.reached(1);
  const bucket = await miniflare.getR2Bucket("BLOBS");
  return {
    response,
    gate,
    stored: async () => (await bucket.list()).objects.map(({ size }) => size),
    ticks: async () => (await (await fetch(`${origin}/ticks`)).json()) as number,
  };
}

describe("a timer of an invocation, in workerd", () => {
  it("[B1] still fires at the end of a layer whose backfill is complete", async () => {
    await using stack = new AsyncDisposableStack();
    const { response, gate, stored, ticks } = await pullHalf(stack, {});
    await expect.poll(stored).toEqual([1_500_000]);
    expect(await ticks()).toBeGreaterThan(3);
    gate.open();
    expect((await response.arrayBuffer()).byteLength).toBe(1_500_000);
    await expect.poll(ticks).toBe(0);
  });

  it("does not fire any more while the platform pumps a small part by itself", async () => {
    await using stack = new AsyncDisposableStack();
    const { response, gate, ticks } = await pullHalf(stack, { range: "bytes=0-199999" });
    expect(await ticks()).toBe(0);
    gate.open();
    expect((await response.arrayBuffer()).byteLength).toBe(200_000);
  });
});
