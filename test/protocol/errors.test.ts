import { describe, expect, test } from "vitest";
import { about, type ErrorCode, isPassing, RegistryError } from "../../src/protocol/errors.ts";

test.each<[ErrorCode, number]>([
  ["BLOB_UNKNOWN", 404],
  ["DENIED", 403],
  ["DIGEST_INVALID", 400],
  ["MANIFEST_UNKNOWN", 404],
  ["NAME_INVALID", 400],
  ["NAME_UNKNOWN", 404],
  ["PAGINATION_NUMBER_INVALID", 400],
  ["RANGE_INVALID", 416],
  ["TOOMANYREQUESTS", 429],
  ["UNAVAILABLE", 502],
  ["UNKNOWN", 500],
  ["UNSUPPORTED", 404],
])("%s goes with %i", (code, status) => {
  expect(new RegistryError(code, "x").status).toBe(status);
});

test("without options it tells nothing more", () => {
  expect(new RegistryError("DENIED", "no")).toMatchObject({
    name: "RegistryError",
    message: "no",
    retryAfterSeconds: null,
    headers: {},
    isPassing: false,
    reason: null,
  });
});

test("options take the place of what the code says", () => {
  const options = { status: 504, retryAfterSeconds: 2, headers: { a: "b" }, reason: "r" };
  expect(new RegistryError("UNAVAILABLE", "x", options)).toMatchObject(options);
});

describe("isPassing", () => {
  test("is what the error says", () => {
    expect(isPassing(new RegistryError("UNAVAILABLE", "x", { isPassing: true }))).toBe(true);
    expect(isPassing(new RegistryError("UNAVAILABLE", "x"))).toBe(false);
  });

  test("is false for whatever else is thrown", () => {
    for (const thrown of [new Error("x"), null, undefined, "x", { isPassing: true }]) {
      expect(isPassing(thrown)).toBe(false);
    }
  });
});

test("an error is made to name what it is about, unless it does", () => {
  const error = new RegistryError("UNAVAILABLE", "no answer; try again", {
    status: 504,
    isPassing: true,
    reason: "hung",
    retryAfterSeconds: 3,
  });
  const named = about("library/busybox", error);
  expect(named).toMatchObject({ ...error, message: "library/busybox: no answer; try again" });
  expect(about("library/busybox", named)).toBe(named);
  expect(about("library/busybox", "text")).toBe("text");
});
