import { describe, expect, test } from "vitest";
import { type Mode, tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { PullError, type PullStep } from "../support/pull.ts";
import { useStack } from "./use-stack.ts";

const UNAUTHORIZED = { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] };
const platforms = ["linux/amd64", "linux/arm64"];
let hubAheadMs = 0;

const stack = useStack({
  hub: {
    accounts: { alice: "pass:word" },
    privateRepositories: { "alice/secret": ["alice"] },
    now: () => Date.now() + hubAheadMs,
    tokenSeconds: 60,
  },
  vars: {
    // Each tag is checked anew, so that its freshness hides no failure.
    TAG_TTL_SECONDS: 0,
    // Long enough for what does not hang, on a busy machine.
    UPSTREAM_TIMEOUT_SECONDS: 3,
    UPSTREAM_USERNAME: "alice",
    UPSTREAM_PASSWORD: "pass:word",
    PRIVATE_IMAGES: "public-only-account",
  },
});

test("a connection that breaks before the first byte is tried once more", async () => {
  const { hub, pull } = stack();
  hub.push("library/reset", "1", await imageNamed("reset"));
  const broken = new Set<string>();
  hub.intercept(({ method, path }) => {
    const key = `${method} ${path}`;
    if (broken.has(key)) return undefined;
    broken.add(key);
    return "reset";
  });

  await pull("reset:1");

  expect(tally(hub.requests)).toEqual({
    "registry GET challenge": 2,
    "auth GET token": 2,
    "registry HEAD manifest": 2,
    "registry GET manifest": 4,
    "registry GET blob": 4,
    "storage GET blob": 4,
  });
});

test("the account is sent to the token service only, and pulls from its own quota", async () => {
  const { hub, mirror, pull } = stack();
  hub.push("alice/secret", "1", await buildImage());

  await pull("alice/secret:1");

  const authorized = hub.requests.filter(({ headers }) => headers.has("authorization"));
  const schemes = authorized.map((request) => {
    return `${request.host} ${request.headers.get("authorization")?.split(" ")[0]}`;
  });
  expect(new Set(schemes)).toEqual(new Set(["auth Basic", "registry Bearer"]));
  expect(hub.pulls()).toBe(1);
  expect(mirror.log()).toContain("/v2/alice/secret/");
  expect(mirror.log()).not.toMatch(/pass:word|Signature=|stand-in\./);
});

describe("a known image", () => {
  test.each<Mode>(["limited", "gone"])("is served stale while the upstream is %s", async (mode) => {
    const { image, name } = await pullNew(`stale-${mode}`);
    stack().hub.become(mode);

    const { digest, steps } = await stack().pull(name);

    expect(digest).toBe(image.tagDigest);
    expect(warned(steps)).toEqual([`HEAD /v2/stale-${mode}/manifests/1`]);
    expect(steps[0]?.cacheStatus).toContain("detail=stale");
  });

  test("is served stale while the upstream's ports are closed, until it is back", async () => {
    const { image, name } = await pullNew("closed");
    const { served, hub, pull } = stack();
    await served.goAway();

    const { digest, steps } = await pull(name);

    expect(digest).toBe(image.tagDigest);
    expect(warned(steps)).toEqual(["HEAD /v2/closed/manifests/1"]);

    const moved = await imageNamed("closed, a newer one");
    hub.push("library/closed", "1", moved);
    await served.comeBack();
    await expect.poll(async () => (await pull(name)).digest).toBe(moved.tagDigest);
  });

  test("is served stale after the timeout while the upstream hangs, an unknown one is 504", async () => {
    const { name } = await pullNew("hanging");
    const { hub, pull } = stack();
    hub.intercept(() => "hang");

    expect(warned((await pull(name)).steps)).toEqual(["HEAD /v2/hanging/manifests/1"]);
    expect((await failureOf(pull("unknown:1"))).status).toBe(504);
  });

  test("goes on when no pulls are left, and others are refused", async () => {
    const { name } = await pullNew("exhausted");
    const { hub, pull } = stack();
    hub.push("library/other", "1", await imageNamed("other"));
    hub.become("exhausted");

    expect(warned((await pull(name)).steps)).toEqual([]);
    expect((await failureOf(pull("other:1"))).status).toBe(429);
  });

  test("whose tag is deleted upstream is gone, however recently it was cached", async () => {
    const { name } = await pullNew("deleted");
    stack().hub.untag("library/deleted", "1");

    expect((await failureOf(stack().pull(name))).status).toBe(404);
  });
});

describe("an image that is not cached", () => {
  test("is a 429 while the upstream limits, and is requested once", async () => {
    const { hub, mirror, pull } = stack();
    hub.push("library/limited", "1", await imageNamed("limited"));
    hub.become("limited");

    const { status, headers } = await failureOf(pull("limited:1"));

    expect(status).toBe(429);
    expect(headers.get("content-type")).toBe("application/json");
    expect(Number(headers.get("retry-after"))).toSatisfy((wait: number) => wait >= 1 && wait <= 5);
    const before = hub.requests.length;
    for (let retry = 0; retry < 4; retry += 1) {
      expect((await failureOf(pull("limited:1"))).status).toBe(429);
    }
    expect(hub.requests.length).toBe(before);
    const body = await (await fetch(`${mirror.origin}/v2/limited/manifests/1`)).json();
    expect(body).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
  });

  test("is a 502 UNAVAILABLE while the upstream's ports are closed", async () => {
    const { served, mirror } = stack();
    await served.goAway();

    const answer = await fetch(`${mirror.origin}/v2/absent/manifests/1`);

    await served.comeBack();
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
    expect(mirror.log()).toContain('"reason":"connection refused, reset or closed"');
  });
});

describe("a cached token", () => {
  test.each([401, 400])("that is answered %i is replaced, and the pull goes on", async (status) => {
    const { name } = await pullNew(`revoked-${status}`);
    const { hub, pull } = stack();
    const revoked = hub.requests
      .find(({ method }) => method === "HEAD")
      ?.headers.get("authorization");
    hub.reset();
    hub.intercept(({ headers }) =>
      headers.get("authorization") === revoked
        ? Response.json(UNAUTHORIZED, { status })
        : undefined,
    );

    await pull(name);

    expect(tally(hub.requests)).toEqual({ "registry HEAD manifest": 2, "auth GET token": 1 });
  });

  test("that expires early is replaced, and the pull goes on", async () => {
    const { name } = await pullNew("expiring");
    // Only the hub's clock goes on.
    hubAheadMs = 61_000;

    await stack().pull(name);

    hubAheadMs = 0;
    expect(stack().hub.count({ host: "auth" })).toBe(2);
  });
});

/** Pushes `library/<name>:1` for two platforms and pulls it through the mirror. */
async function pullNew(name: string) {
  const image = await imageNamed(name);
  stack().hub.push(`library/${name}`, "1", image);
  await stack().pull(`${name}:1`);
  return { image, name: `${name}:1` };
}

function imageNamed(name: string) {
  return buildImage({ platforms, files: { "name.txt": name } });
}

/** The requests of a pull that were answered with a Warning. */
function warned(steps: readonly PullStep[]): string[] {
  const stale = steps.filter((step) => step.warning?.startsWith('299 - "'));
  return stale.map((step) => `${step.method} ${step.path}`);
}

async function failureOf(pulled: Promise<unknown>): Promise<PullError> {
  const error = await pulled.catch((reason: unknown) => reason);
  if (error instanceof PullError) return error;
  throw new Error("The pull did not fail.", { cause: error });
}
