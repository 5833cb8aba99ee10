import { afterAll, beforeAll, expect, test } from "vitest";
import { encode, sha256 } from "../support/image.ts";
import { memoryOfWorkerd, type WorkerdMemory } from "../support/mirror/memory.ts";
import { type Stack, startStack } from "../support/stack.ts";

const MIB = 1024 * 1024;
/** An isolate may have this much. Here it is the limit for all isolates of the process together. */
const LIMIT_BYTES = 128 * MIB;
const AT_ONCE = 6;
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

let stack: Stack;
let memory: WorkerdMemory;

beforeAll(async () => {
  stack = await startStack();
  memory = await memoryOfWorkerd();
});

afterAll(async () => {
  await stack.close();
});

/** Sends these requests at once. @returns their statuses, lengths, and the growth in bytes. */
async function growthBy(paths: readonly string[]) {
  await memory.reset();
  const before = await memory.resident();
  const answers = await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${stack.mirror.origin}${path}`);
      return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
    }),
  );
  return { answers, growth: (await memory.peak()) - before };
}

/** A body of unknown length, which is the most expensive to buffer. */
function chunked(text: string, type: string): Response {
  const body = new Blob([text]).stream();
  return new Response(body, { headers: { "content-type": type } });
}

test("six tag lists of 2 MiB at once fit into 128 MB", async () => {
  const tags = Array.from({ length: 16_000 }, (_, index) => String(index).padStart(128, "a"));
  const list = JSON.stringify({ name: "library/lists", tags });
  expect(list.length).toBeGreaterThan(1.95 * MIB);
  expect(list.length).toBeLessThan(2 * MIB);
  stack.hub.intercept(({ path }) =>
    path.endsWith("/tags/list") ? chunked(list, "application/json") : undefined,
  );
  const paths = Array.from({ length: AT_ONCE }, (_, index) => `/v2/lists/tags/list?n=${index + 1}`);
  const { answers, growth } = await growthBy(paths);
  for (const { status, bytes } of answers) {
    expect(status).toBe(200);
    expect(bytes).toBeGreaterThan(1.95 * MIB);
  }
  expect(growth).toBeLessThan(LIMIT_BYTES);
});

test("six manifests of 4 MiB at once fit into 128 MB", async () => {
  const manifests = new Map<string, string>();
  for (let index = 0; index < AT_ONCE; index++) {
    const head = `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","index":"${index}`;
    const text = `${head}${"x".repeat(4 * MIB - head.length - 2)}"}`;
    manifests.set(await sha256(encode(text)), text);
  }
  stack.hub.intercept(({ path }) => {
    const text = manifests.get(path.slice(path.lastIndexOf("/") + 1));
    return text === undefined ? undefined : chunked(text, OCI_MANIFEST);
  });
  const paths = [...manifests.keys()].map((digest) => `/v2/large/manifests/${digest}`);
  const { answers, growth } = await growthBy(paths);
  expect(answers).toEqual(paths.map(() => ({ status: 200, bytes: 4 * MIB })));
  expect(growth).toBeLessThan(LIMIT_BYTES);
});
