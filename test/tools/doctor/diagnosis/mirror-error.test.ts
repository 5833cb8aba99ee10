import { describe, expect, test } from "vitest";
import { diagnoseMirrorError } from "../../../../tools/doctor/diagnosis/mirror-error.ts";

function diagnosed(code: string, message: string) {
  return diagnoseMirrorError(JSON.stringify({ errors: [{ code, message, detail: {} }] }));
}

describe("the mirror's words lead to a remedy:", () => {
  test.each([
    ["UNKNOWN", "the mirror is misconfigured: LOGIN_KEY is too short", /correct that variable/],
    [
      "UNKNOWN",
      "the mirror is misconfigured: CACHE is not bound to a KV namespace",
      /kv_namespaces/,
    ],
    ["UNKNOWN", "the mirror failed; its log tells why", /npm run logs/],
    [
      "TOOMANYREQUESTS",
      "library/a:1: registry-1.docker.io says the pull quota is used up; the mirror has no account configured: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD",
      /^give it an account/,
    ],
    [
      "TOOMANYREQUESTS",
      "library/a:1: registry-1.docker.io says the pull quota is used up; the mirror's account is configured, so wait or use one with a higher limit",
      /^the account's pulls are used up/,
    ],
    [
      "TOOMANYREQUESTS",
      "library/a:1: auth.docker.io says too many requests; the mirror has no account configured: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD",
      /^Docker Hub's limit on requests as such/,
    ],
    ["TOOMANYREQUESTS", "you ask this mirror for too much; wait, then go on", /RATE_LIMIT/],
    [
      "UNAVAILABLE",
      "auth.docker.io rejects the mirror's account: its owner must check UPSTREAM_USERNAME and UPSTREAM_PASSWORD",
      /new access token/,
    ],
    [
      "UNAVAILABLE",
      "lscr.io names a token service that is not its own; nothing was sent there",
      /name the registry behind it/,
    ],
    [
      "UNAVAILABLE",
      "a/b: the upstream's storage at s3.example refused with status 403; try again",
      /^the upstream's storage refuses/,
    ],
    [
      "UNAVAILABLE",
      "a/b: whether this image is public cannot be found out now (x cannot be reached; try again). If …",
      /public-only-account/,
    ],
    [
      "UNAVAILABLE",
      "registry-1.docker.io did not answer within 10 s; try again",
      /its upstream does not/,
    ],
    ["DENIED", "this mirror does not serve your network", /ACCESS_NETWORKS/],
    [
      "DENIED",
      'library/a is not for this mirror: the rule "library/*" of IMAGES_DENY forbids it',
      /IMAGES_ALLOW or IMAGES_DENY/,
    ],
    ["DENIED", "a/b: the upstream denies access", /the upstream denies it/],
    ["UNAUTHORIZED", "log in to this mirror first: docker login", /--user name:token/],
    [
      "NAME_UNKNOWN",
      'ghcr.io/a/b: this mirror has no images of "ghcr.io", only of docker.io',
      /not of that registry/,
    ],
    ["NAME_UNKNOWN", "a/b:1 does not exist or is private", /PRIVATE_IMAGES or LOGIN/],
    ["MANIFEST_UNKNOWN", "a/b:1 is not known to the upstream", /no such tag/],
    ["BLOB_UNKNOWN", "a/b@sha256:0 is not known to the upstream", /lost a part/],
    ["SOMETHING_NEW", "x", /npm run logs/],
  ])("%s %s", (code, message, remedy) => {
    const diagnosis = diagnosed(code, message);

    expect(diagnosis?.what).toBe(`${code}: ${message}`);
    expect(diagnosis?.remedy).toMatch(remedy);
  });
});

test("what is no error of a registry is not taken for one", () => {
  expect(diagnoseMirrorError("")).toBeNull();
  expect(diagnoseMirrorError("<html></html>")).toBeNull();
  expect(diagnoseMirrorError('{"message":"UNAUTHORIZED"}')).toBeNull();
  expect(diagnoseMirrorError('{"errors":[]}')).toBeNull();
  expect(diagnoseMirrorError('{"errors":[{"message":"x"}]}')).toBeNull();
});
