import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import { examineWith } from "./support/examine.ts";
import { type Front, startFront } from "./support/front.ts";
import { isBlob, replaced, where } from "./support/tamper.ts";
import { CASES } from "./support/tampered-cases.ts";

const USER = ["--user", "bob:correct-horse-battery"];

let stack: Stack;
let front: Front;

beforeAll(async () => {
  stack = await startStack({
    vars: { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pw-pw-pw" },
    hub: { accounts: { alice: "pw-pw-pw" } },
  });
  front = await startFront(stack.mirror.origin);
  const platforms = ["linux/amd64", "linux/arm64"];
  const image = await buildImage({ platforms, mediaTypes: "docker", layerBytes: 50_000 });
  stack.hub.push("library/busybox", "1.30", image);
  stack.hub.push("library/busybox", "1.31", await buildImage());
});

afterAll(async () => {
  await front.close();
  await stack.close();
});

afterEach(() => front.tamper(null));

describe("the check that fails is the right one, with the right remedy, for", () => {
  test.each(CASES)("$what", async ({ tamper, check, level = "failure", evidence, remedy }) => {
    front.tamper(tamper);

    const { notOk, of } = await examineWith([front.origin]);

    expect(notOk).toEqual([check]);
    expect(of(check).level).toBe(level);
    expect(of(check).evidence).toMatch(evidence);
    expect(of(check).remedy).toMatch(remedy);
  });
});

test("what a failure leaves open is named, and told once", async () => {
  front.tamper(
    where(
      isBlob,
      replaced(502, '{"errors":[{"code":"UNAVAILABLE","message":"storage at x refused"}]}'),
    ),
  );

  const { notOk, notChecked } = await examineWith([front.origin]);

  expect(notOk).toEqual(["blobs"]);
  expect(notChecked).toEqual(["compression", "range"]);
});

test("a login that nobody asks for is not sent", async () => {
  const shown: (string | null)[] = [];
  front.tamper((_, { headers }) => void shown.push(headers.get("authorization")));

  const { of } = await examineWith([front.origin, ...USER]);

  expect(of("login").evidence).toBe("no login is wanted, so the one given was not sent");
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.every((header) => header === null)).toBe(true);
});

test("an open mirror below a path is told from a wrong secret", async () => {
  const { notOk, of } = await examineWith([`${front.origin}/0123456789abcdef`]);

  expect(notOk).toEqual(["ping"]);
  expect(of("ping").evidence).toMatch(/^404 below the secret, 200 without it/);
});

test("a search that answers in JSON is on", async () => {
  const json = { "content-type": "application/json" };
  front.tamper(
    where(({ path }) => path.startsWith("/v1/search"), replaced(200, '{"results":[]}', json)),
  );

  const { notOk, of } = await examineWith([front.origin]);

  expect(notOk).toEqual([]);
  expect(of("search").evidence).toBe("on");
});

test("an image with its registry in front is tried as it is, without other names for it", async () => {
  const { results, of } = await examineWith([front.origin, "--image", "docker.io/busybox:1.30"]);

  expect(results.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(of("manifest").evidence).toMatch(/^digest right/);
  expect(of("namespace").evidence).toBe("ns=registry.invalid is 404");
  expect(results.map(({ check }) => check)).not.toContain("bare-name");
});
