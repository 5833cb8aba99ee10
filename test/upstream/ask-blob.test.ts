import { expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import type { Name } from "../../src/protocol/name.ts";
import { askForBlob } from "../../src/upstream/ask-blob.ts";
import { type Answer, answer, createUpstream, inTurn } from "./network.ts";

const QUESTION = {
  name: "library/busybox" as Name,
  digest: `sha256:${"a".repeat(64)}` as Digest,
};
const moved = () => answer(307, { location: "https://cdn.example/x" });

async function askFor(method: "GET" | "HEAD", range: string | null, respond: Answer) {
  const created = createUpstream(respond);
  const { response } = await askForBlob(created.upstream, QUESTION, method, range);
  return { ...created, status: response.status };
}

test.each([
  ["GET", null, [401, 400]],
  ["GET", "bytes=0-1", [401, 400]],
  ["GET", "bytes=0-1,3-4", [401]],
  ["HEAD", null, []],
] as const)("%s with range %j takes a new credential after %j", async (method, range, statuses) => {
  const taken: number[] = [];
  for (const status of [401, 400]) {
    const { renewals } = await askFor(method, range, () => answer(status));
    if (renewals.length > 0) taken.push(status);
  }
  expect(taken).toEqual(statuses);
});

test("a storage that refuses with 403 is asked by a new redirect, once", async () => {
  const { status, seen } = await askFor(
    "GET",
    null,
    inTurn(moved(), answer(403), moved(), answer(403)),
  );
  expect([status, seen.length]).toEqual([403, 4]);
});

test.each([
  ["a registry", "GET", [answer(403)]],
  ["a storage to HEAD", "HEAD", [moved(), answer(403)]],
] as const)("403 of %s is its last word", async (_, method, answers) => {
  const { status, seen } = await askFor(method, null, inTurn(...answers));
  expect([status, seen.length]).toEqual([403, answers.length]);
});
