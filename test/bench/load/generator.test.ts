import { afterEach, beforeEach, expect, test } from "vitest";
import { createGenerator, type Generator } from "../../../bench/load/generator.ts";
import { createListener, type Listener } from "../../support/serve.ts";

let status = 200;
let seen: Request[] = [];
let server: Listener;
let generator: Generator;

beforeEach(async () => {
  status = 200;
  seen = [];
  server = await createListener(async (request) => {
    seen.push(request);
    return new Response("0123456789", { status, headers: { "content-length": "10" } });
  });
  generator = createGenerator();
});

afterEach(async () => {
  await generator.close();
  await server.stop();
});

const load = (forMs: number) => ({
  ...{ url: `${server.origin}/a?b=c`, headers: { accept: "text/plain" } },
  ...{ connections: 4, forMs },
});

test("every request is answered, counted and as it was asked for", async () => {
  const { answers, bytes, ms } = await generator.apply(load(50));
  expect(answers).toBe(seen.length);
  expect(bytes).toBe(10 * answers);
  expect(ms).toBeGreaterThanOrEqual(50);
  expect(new Set(seen.map(({ url }) => url))).toEqual(new Set([`${server.origin}/a?b=c`]));
  expect(seen[0]?.headers.get("accept")).toBe("text/plain");
});

test("no request is begun after the time, and one a connection is made all the same", async () => {
  expect((await generator.apply(load(0))).answers).toBe(4);
});

test("an answer that is not 200 fails the load", async () => {
  status = 503;
  await expect(generator.apply(load(50))).rejects.toThrow(
    `GET ${server.origin}/a?b=c answers 503 under load.`,
  );
});
