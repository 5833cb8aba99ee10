import { describe, expect, test } from "vitest";
import type { Answer, Question } from "./ask.ts";
import { judge, judgeTag } from "./judge.ts";

const MANIFEST: Question = { method: "GET", url: "http://m/v2/a/b/manifests/1", headers: {} };
const BLOB: Question = { method: "GET", url: "http://m/v2/a/b/blobs/sha256:0", headers: {} };

function answer(part: Partial<Answer>): Answer {
  const headers = new Headers({ "content-length": "2" });
  const whole = { ending: "whole", status: 200, headers, body: Buffer.from("{}") } as const;
  return { ...whole, headMs: 1, cause: null, isSecond: false, ...part };
}

describe("what breaks a rule", () => {
  const error = Buffer.from('{"errors":[{"code":"UNAVAILABLE","message":"gone"}]}');
  const json = new Headers({ "content-type": "application/json" });

  test.each<[string, Question, Partial<Answer>, RegExp]>([
    ["a request that hangs", MANIFEST, { ending: "hung" }, /^hung request: GET/],
    ["a manifest that breaks off", MANIFEST, { ending: "broken" }, /^no answer/],
    ["a blob without any answer", BLOB, { ending: "broken", status: 0 }, /^no answer/],
    ["a length that is not the body's", BLOB, { body: Buffer.from("{") }, /^wrong length/],
    ["a status that is no failure", MANIFEST, { status: 404 }, /^unexpected status/],
    ["a failure in other words", MANIFEST, { status: 502, body: error }, /^no OCI error/],
    ["a failure without a code", MANIFEST, { status: 502, headers: json }, /^no OCI error/],
    ["429 without Retry-After", MANIFEST, { status: 429, headers: json }, /^no Retry-After/],
  ])("%s", (_, question, part, rule) => {
    expect(judge(question, answer(part))).toMatch(rule);
  });

  test.each<[string, Question, Partial<Answer>]>([
    ["a whole answer", MANIFEST, {}],
    ["a blob that is cut", BLOB, { ending: "broken" }],
    ["a client that hangs up", MANIFEST, { ending: "left", status: 0 }],
    ["a failure as registries have it", MANIFEST, { status: 502, headers: json, body: error }],
  ])("not %s", (_, question, part) => {
    expect(judge(question, answer(part))).toBeNull();
  });
});

describe("a tag", () => {
  const version = (digest: string, since: number) => ({ digest, since, manifests: 1, blobs: 1 });
  const versions = [version("sha256:a", 0), version("sha256:b", 100_000)];
  const subject = { repository: "a/b", tag: "1", versions };
  const told = (digest: string, status = "sampan; hit") =>
    answer({ headers: new Headers({ "docker-content-digest": digest, "cache-status": status }) });

  test("may be as old as it is trusted, and no older without saying so", () => {
    expect(judgeTag(subject, told("sha256:a"), 104_000, 5_000)).toBeNull();
    expect(judgeTag(subject, told("sha256:a"), 109_000, 5_000)).toMatch(
      /^old tag: a\/b is 9000 ms/,
    );
    const stale = told("sha256:a", "sampan; fwd=stale; detail=stale");
    expect(judgeTag(subject, stale, 109_000, 5_000)).toBeNull();
    expect(judgeTag(subject, told("sha256:b"), 109_000, 5_000)).toBeNull();
  });

  test("never leads to what it never led to", () => {
    expect(judgeTag(subject, told("sha256:c"), 0, 5_000)).toMatch(/^wrong digest/);
  });
});
