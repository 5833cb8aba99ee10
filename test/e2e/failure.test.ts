import { expect, test } from "vitest";
import { type Mode, tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { PullError, type PullStep } from "../support/pull.ts";
import { stackForTest } from "./stack-for-test.ts";

/** Each tag is asked for anew, so that its freshness hides no failure. */
const ALWAYS_ASK = { TAG_TTL_SECONDS: 0 };

const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"] });

function warned(steps: readonly PullStep[]): string[] {
  const told = steps.filter((step) => step.warning?.startsWith('299 - "'));
  return told.map((step) => `${step.method} ${step.path}`);
}

async function failureOf(pulled: Promise<unknown>): Promise<PullError> {
  const error = await pulled.catch((reason: unknown) => reason);
  if (error instanceof PullError) return error;
  throw new Error("The pull did not fail.", { cause: error });
}

test.each<Mode>(["limited", "gone"])("an upstream that is %s is stood in for", async (mode) => {
  const { hub, pull } = await stackForTest({ vars: ALWAYS_ASK });
  hub.push("library/hello", "1", image);
  await pull("hello:1");
  hub.become(mode);

  const { digest, steps } = await pull("hello:1");

  expect(digest).toBe(image.tagDigest);
  expect(warned(steps)).toEqual(["HEAD /v2/hello/manifests/1"]);
  expect(steps[0]?.cacheStatus).toContain("detail=stale");
});

test("an upstream that is no longer there is stood in for until it comes back", async () => {
  const { served, hub, pull } = await stackForTest({ vars: ALWAYS_ASK });
  hub.push("library/hello", "1", image);
  await pull("hello:1");
  await served.goAway();

  const { digest, steps } = await pull("hello:1");

  expect(digest).toBe(image.tagDigest);
  expect(warned(steps)).toEqual(["HEAD /v2/hello/manifests/1"]);

  const moved = await buildImage({ files: { "hello.txt": "a newer one" } });
  hub.push("library/hello", "1", moved);
  await served.comeBack();
  await expect.poll(async () => (await pull("hello:1")).digest).toBe(moved.tagDigest);
});

test("an upstream that hangs is stood in for after its time", async () => {
  // Long enough for what does not hang, on a machine with other things to do.
  const vars = { ...ALWAYS_ASK, UPSTREAM_TIMEOUT_SECONDS: 3 };
  const { hub, pull } = await stackForTest({ vars });
  hub.push("library/hello", "1", image);
  await pull("hello:1");
  hub.intercept(() => "hang");

  expect(warned((await pull("hello:1")).steps)).toEqual(["HEAD /v2/hello/manifests/1"]);
  expect((await failureOf(pull("unknown:1"))).status).toBe(504);
});

test("without anything cached, a limit is passed on and asked about once", async () => {
  const { hub, mirror, pull } = await stackForTest();
  hub.push("library/hello", "1", image);
  hub.become("limited");

  const { status, headers } = await failureOf(pull("hello:1"));

  expect(status).toBe(429);
  expect(headers.get("content-type")).toBe("application/json");
  expect(Number(headers.get("retry-after"))).toSatisfy((wait: number) => wait >= 1 && wait <= 60);
  const before = hub.requests.length;
  for (let retry = 0; retry < 4; retry += 1) {
    expect((await failureOf(pull("hello:1"))).status).toBe(429);
  }
  expect(hub.requests.length).toBe(before);
  const body = await (await fetch(`${mirror.origin}/v2/hello/manifests/1`)).json();
  expect(body).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
});

test("with no pulls left, images that are cached go on, and others are refused", async () => {
  const { hub, pull } = await stackForTest({ vars: ALWAYS_ASK, hub: { pullLimit: 2 } });
  hub.push("library/hello", "1", image);
  hub.push("library/other", "1", await buildImage({ files: { "other.txt": "other" } }));
  await pull("hello:1");

  expect(warned((await pull("hello:1")).steps)).toEqual([]);
  expect((await failureOf(pull("other:1"))).status).toBe(429);
  expect(hub.pulls()).toBe(2);
});

test("without anything cached, an upstream that is gone is a 502 that says so", async () => {
  const { served, mirror } = await stackForTest();
  await served.goAway();

  const answer = await fetch(`${mirror.origin}/v2/hello/manifests/1`);

  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
});

test("a connection that breaks before the first byte is tried once more", async () => {
  const { hub, pull } = await stackForTest();
  hub.push("library/hello", "1", image);
  const broken = new Set<string>();
  hub.intercept(({ method, path }) => {
    const key = `${method} ${path}`;
    if (broken.has(key)) return undefined;
    broken.add(key);
    return "reset";
  });

  await pull("hello:1");

  const storage = { "registry GET blob": 4, "storage GET blob": 4 };
  const rest = { "registry GET challenge": 2, "auth GET token": 2, "registry HEAD manifest": 2 };
  expect(tally(hub.requests)).toEqual({ ...rest, "registry GET manifest": 4, ...storage });
});

test("a tag that is deleted upstream is gone, however lately it was cached", async () => {
  const { hub, pull } = await stackForTest({ vars: ALWAYS_ASK });
  hub.push("library/hello", "1", image);
  await pull("hello:1");
  hub.untag("library/hello", "1");

  expect((await failureOf(pull("hello:1"))).status).toBe(404);
});
