import { expect, test } from "vitest";
import {
  type ErrorCode,
  isTransient,
  RegistryError,
  withSubject,
} from "../../src/protocol/errors.ts";

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
  ["UNAUTHORIZED", 401],
  ["UNAVAILABLE", 502],
  ["UNKNOWN", 500],
  ["UNSUPPORTED", 404],
])("%s has the status %i", (code, status) => {
  expect(new RegistryError(code, "x").status).toBe(status);
});

test("an error has no options by default", () => {
  expect(new RegistryError("DENIED", "no")).toMatchObject({
    name: "RegistryError",
    message: "no",
    retryAfterSeconds: null,
    headers: {},
    isTransient: false,
    reason: null,
  });
});

test("withSubject adds the subject to the message, once, and keeps every option", () => {
  const options = {
    status: 504,
    retryAfterSeconds: 3,
    headers: { a: "b" },
    isTransient: true,
    reason: "timeout",
  };
  const named = withSubject("library/a", new RegistryError("UNAVAILABLE", "try again", options));
  expect(named).toMatchObject({ ...options, code: "UNAVAILABLE", message: "library/a: try again" });
  expect(withSubject("library/a", named)).toBe(named);
  expect(withSubject("library/a", "text")).toBe("text");
});

test.each([
  [new RegistryError("UNAVAILABLE", "x", { isTransient: true }), true],
  [new RegistryError("UNAVAILABLE", "x"), false],
  [new Error("x"), false],
  [null, false],
  ["x", false],
  [{ isTransient: true }, false],
])("isTransient is true only for a RegistryError that is marked (%#)", (error, expected) => {
  expect(isTransient(error)).toBe(expected);
});
