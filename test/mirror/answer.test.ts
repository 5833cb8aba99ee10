import { expect, test } from "vitest";
import { errorAnswer, manifestAnswer } from "../../src/mirror/answer.ts";
import { HIT } from "../../src/protocol/cache-status.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { RegistryError } from "../../src/protocol/errors.ts";

test("a warning is one quoted string of at most 1000 ASCII characters", () => {
  const warn = (warning: string) =>
    manifestAnswer({
      manifest: { digest: `sha256:${"a".repeat(64)}` as Digest, mediaType: "a/b", size: 1 },
      isUnchanged: false,
      isByTag: true,
      cacheStatus: { ...HIT, isStale: true },
      warning,
    }).headers.warning;
  expect(warn('a "b" \\ c\r\nx: ü')).toBe("299 - \"a 'b' ' c??x: ?\"");
  expect(warn("x".repeat(2000))).toBe(`299 - "${"x".repeat(1000)}"`);
});

test.each([
  ["/v2/x", { path: "/v2/x" }],
  [null, {}],
])("the detail of an error is the path of an admitted client: %j", (path, detail) => {
  const { body } = errorAnswer(new RegistryError("DENIED", "no"), path);
  expect(JSON.parse(new TextDecoder().decode(body as Uint8Array))).toEqual({
    errors: [{ code: "DENIED", message: "no", detail }],
  });
});
