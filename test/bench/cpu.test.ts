import { beforeAll, expect, test } from "vitest";
import { CPU_BUDGETS, findExceeded } from "../../bench/budgets.ts";
import { CPU, measureCpu } from "../../bench/cpu.ts";
import { createFigures } from "../../bench/figures.ts";
import { startLoneWorker } from "../../bench/lone-worker.ts";
import { type Bundle, bundle, toBundle } from "../../bench/workerd.ts";

const isLinux = process.platform === "linux";

let own: Bundle;
let passThrough: Bundle;

beforeAll(async () => {
  own = await bundle("src/worker.ts");
  passThrough = await bundle("bench/pass-through.ts");
});

function namedMirrors(code: Bundle) {
  return [
    { name: "sampan", bundle: code },
    { name: "pass-through", bundle: passThrough },
  ];
}

test.runIf(isLinux)("every kind of request with a CPU budget is measured", async () => {
  const figures = createFigures();
  await measureCpu(namedMirrors(own), { rounds: 1, requests: 2 }, figures);
  expect(figures.all.map(({ name }) => name)).toEqual(CPU_BUDGETS.map(({ name }) => name));
});

test.runIf(isLinux)("a Worker that takes too much CPU exceeds its budget", async () => {
  const figures = createFigures();
  const slow = toBundle(`
const { fetch: send } = globalThis;
globalThis.fetch = (...request) => {
  for (let pass = 0; pass < 100_000_000; pass += 1);
  return send(...request);
};
${own.code}`);
  const plan = { rounds: 1, requests: 2, kinds: ["cold tag"] };
  await measureCpu(namedMirrors(slow), plan, figures);
  const exceeded = findExceeded(figures).filter(({ section }) => section === CPU);
  const [found] = exceeded.filter(({ value }) => value !== null);
  expect(found).toMatchObject({ mirror: "sampan", name: "cold tag", atMost: 3 });
  expect(found?.value).toBeGreaterThan(3);
});

test("KV and the edge cache of a lone Worker return what it has stored", async () => {
  const { code } = toBundle(`
export default {
  async fetch(request, { CACHE }) {
    const cache = await caches.open("test");
    const url = "https://mirror.test/a b";
    const before = [await CACHE.get("a/b"), await cache.match(url)];
    await CACHE.put("a/b", "kept", { metadata: { type: "text" } });
    await cache.put(url, new Response("near", { headers: { "x-a": "1", "cache-control": "max-age=60" } }));
    const found = await cache.match(url);
    return Response.json({
      before: before.map((value) => value ?? null),
      kv: await CACHE.getWithMetadata("a/b"),
      edge: [await found.text(), found.headers.get("x-a")],
      isDeleted: [await cache.delete(url), (await cache.match(url)) === undefined],
    });
  },
};`);
  const worker = await startLoneWorker(code, {});
  const response = await fetch(worker.origin);
  expect(await response.json()).toMatchObject({
    before: [null, null],
    kv: { value: "kept", metadata: { type: "text" } },
    edge: ["near", "1"],
    isDeleted: [true, true],
  });
  await worker.close();
});

test("a Worker that cannot start fails with the message of workerd", async () => {
  await expect(startLoneWorker("export default {", {})).rejects.toThrow("SyntaxError");
});
