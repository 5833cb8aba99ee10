import { expect, test } from "vitest";
import { resting, timedOut, unreachable } from "../../src/upstream/outage.ts";

test("an upstream that did not answer in time is 504", () => {
  expect(timedOut("r.example", 2500)).toMatchObject({
    code: "UNAVAILABLE",
    status: 504,
    isPassing: true,
    message: "r.example did not answer within 2.5 s; try again",
  });
});

test.each([
  [new TypeError("https://r.example/?sig=secret"), "TypeError"],
  ["secret", "connection failed"],
  [undefined, "connection failed"],
])("one that cannot be reached is 502, and the log is told no more than %#", (cause, reason) => {
  const error = unreachable("r.example", cause);
  expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, isPassing: true, reason });
  expect(error.message).not.toContain("secret");
});

test("one that is given a rest is 503, with the time that it takes", () => {
  expect(resting("r.example")).toMatchObject({
    code: "UNAVAILABLE",
    status: 503,
    isPassing: true,
    retryAfterSeconds: 2,
  });
});
