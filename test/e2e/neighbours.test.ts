import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { pull } from "../support/pull.ts";
import { type Stack, startStack } from "../support/stack.ts";

const LIMIT = 5;
const SECRET = "0f9a4c1be27d5863aa10";
const NOISY = { "cf-connecting-ip": "198.51.100.7" };
const QUIET = { "cf-connecting-ip": "198.51.100.8" };

describe.each([
  ["with a shared path secret", `/${SECRET}`, { ACCESS_PATHS: `office=${SECRET}` }],
  ["without a lock", "", {}],
])("two clients %s", (_, base, vars) => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ vars, rateLimit: LIMIT });
  });

  afterAll(async () => {
    await stack.close();
  });

  test("are limited separately: a noisy one does not affect a quiet one", async () => {
    const { hub, mirror } = stack;
    await avoidMinuteEnd();
    const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], layers: 5 });
    hub.push("library/hello", "1", image);
    const codes: number[] = [];
    let isOver = false;
    const makeNoise = async () => {
      for (let index = 0; !isOver || index < 10 * LIMIT; index++) {
        const reference = index % 2 ? `no-${index}` : madeUp(index);
        const path = `${mirror.origin}${base}/v2/hello/manifests/${reference}`;
        const { status, body } = await fetch(path, { headers: NOISY });
        await body?.cancel();
        codes.push(status);
      }
    };
    const noise = makeNoise();
    const registry = `${mirror.origin}${base}/`;
    const pulled = await pullBelow(registry, QUIET).finally(() => {
      isOver = true;
    });
    await noise;

    expect(pulled).toBe(image.tagDigest);
    expect(codes.slice(0, LIMIT)).toEqual(Array(LIMIT).fill(404));
    expect(new Set(codes.slice(LIMIT))).toEqual(new Set([429]));
    const noisy = hub.requests.filter(({ path }) => /manifests\/(no-|sha256:0{32})/.test(path));
    expect(noisy).toHaveLength(LIMIT);
    expect(hub.leaks).toEqual([]);
  });

  /** Pulls as a client with this path in its configuration does. */
  async function pullBelow(registry: string, headers: Record<string, string>): Promise<string> {
    const secret = base === "" ? "" : `${SECRET}/`;
    const { digest } = await pull({
      registry: new URL(registry).origin,
      image: `${secret}hello:1`,
      headers,
    });
    return digest;
  }
});

/** The local rate limit starts anew with each minute of the clock. */
async function avoidMinuteEnd(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left));
}

function madeUp(index: number): string {
  return `sha256:${index.toString(16).padStart(64, "0")}`;
}
