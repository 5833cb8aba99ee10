import { expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { stackForTest } from "./stack-for-test.ts";

const UNAUTHORIZED = { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] };

test.each([401, 400])(
  "a cached token that gets a %i is replaced, and the pull goes on",
  async (status) => {
    const { hub, pull } = await stackForTest({ vars: { TAG_TTL_SECONDS: 0 } });
    hub.push("library/hello", "1", await buildImage());
    await pull("hello:1");
    const revoked = hub.requests
      .find(({ method }) => method === "HEAD")
      ?.headers.get("authorization");
    hub.reset();
    hub.intercept(({ headers }) =>
      headers.get("authorization") === revoked
        ? Response.json(UNAUTHORIZED, { status })
        : undefined,
    );

    await pull("hello:1");

    expect(tally(hub.requests)).toEqual({ "registry HEAD manifest": 2, "auth GET token": 1 });
  },
);

test("a token that expires before its time is replaced, and the pull goes on", async () => {
  let now = Date.now();
  const { hub, pull } = await stackForTest({
    hub: { now: () => now, tokenSeconds: 60 },
    vars: { TAG_TTL_SECONDS: 0 },
  });
  hub.push("library/hello", "1", await buildImage());
  await pull("hello:1");
  // Only the stand-in's clock goes on.
  now += 61_000;

  await pull("hello:1");

  expect(hub.count({ host: "auth" })).toBe(2);
});
