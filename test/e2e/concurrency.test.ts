import { expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { stackForTest } from "./stack-for-test.ts";

const platforms = ["linux/amd64", "linux/arm64"];

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

test("twenty cold clients at once are one question upstream for each thing", async () => {
  const { hub, pull } = await stackForTest();
  hub.push("library/hello", "1", await buildImage({ platforms }));

  await Promise.all(times(20, () => pull("hello:1")));

  expect(tally(hub.requests)).toMatchObject({
    "registry GET challenge": 1,
    "auth GET token": 1,
    "registry HEAD manifest": 1,
    "registry GET manifest": 2,
  });
  expect(hub.pulls()).toBe(2);
});

test.each([
  ["tag", "HEAD", /\/manifests\/1$/],
  ["token", "GET", /^\/token$/],
  ["manifest", "GET", /\/manifests\/sha256:/],
])("when the client that asked first for a %s hangs up, the others are served", async (...row) => {
  const [, method, path] = row;
  const { hub, mirror, pull } = await stackForTest();
  hub.push("library/hello", "1", await buildImage({ platforms }));
  const gate = Promise.withResolvers<undefined>();
  hub.intercept((request) =>
    request.method === method && path.test(request.path) ? gate.promise : undefined,
  );
  const asked = hub.waitFor({ method, path });
  const first = new AbortController();
  const leader = pull("hello:1", { signal: first.signal });
  await asked;

  const others = times(5, () => pull("hello:1"));
  // Answered after the others were accepted, on a connection opened later.
  await fetch(`${mirror.origin}/v2/`);
  first.abort();
  await expect(leader).rejects.toThrow("broke");
  gate.resolve(undefined);

  await Promise.all(others);
  expect(hub.count({ method, path })).toBeLessThanOrEqual(method === "HEAD" ? 2 : 3);
});
