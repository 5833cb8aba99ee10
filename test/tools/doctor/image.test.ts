import { describe, expect, test } from "vitest";
import { parseImage } from "../../../tools/doctor/image.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("an image is read as docker pull reads it", () => {
  test.each([
    ["busybox", "library/busybox", "latest", "busybox"],
    ["busybox:1.30", "library/busybox", "1.30", "busybox"],
    ["library/busybox:1.30", "library/busybox", "1.30", "busybox"],
    ["grafana/grafana", "grafana/grafana", "latest", null],
    ["ghcr.io/owner/app:v1", "ghcr.io/owner/app", "v1", null],
    ["localhost:5000/app", "localhost:5000/app", "latest", null],
    [`busybox@${DIGEST}`, "library/busybox", DIGEST, "busybox"],
  ])("%s", (text, name, reference, bareName) => {
    expect(parseImage(text)).toMatchObject({ name, reference, bareName });
  });
});

test("a registry in front and a digest behind are told", () => {
  expect(parseImage("ghcr.io/owner/app")).toMatchObject({ hasRegistry: true, isByDigest: false });
  expect(parseImage(`a/b@${DIGEST}`)).toMatchObject({ hasRegistry: false, isByDigest: true });
});

describe("what is no image is refused", () => {
  test.each([
    [""],
    ["Busybox"],
    ["busybox:"],
    ["busybox:a b"],
    ["busybox@1.30"],
    [`busybox:${DIGEST}`],
    ["a//b"],
  ])("%j", (text) => {
    expect(parseImage(text)).toBeNull();
  });
});
