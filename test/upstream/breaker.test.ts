import { describe, expect, test } from "vitest";
import { createBreaker } from "../../src/upstream/breaker.ts";

function afterTimeouts(count: number, host = "h", at = 0) {
  const breaker = createBreaker();
  for (let timeouts = 0; timeouts < count; timeouts++) breaker.recordTimeout(host, at);
  return breaker;
}

test("a host that nothing is known of may be asked", () => {
  expect(createBreaker().allows("h", 0)).toBe(true);
});

test("four timeouts are borne, five are not", () => {
  expect(afterTimeouts(4).allows("h", 0)).toBe(true);
  expect(afterTimeouts(5).allows("h", 0)).toBe(false);
});

describe("a host that hangs", () => {
  test("is given a rest of two seconds, then tried by one request at a time", () => {
    const breaker = afterTimeouts(5);
    expect(breaker.allows("h", 1999)).toBe(false);
    expect(breaker.allows("h", 2000)).toBe(true);
    expect(breaker.allows("h", 2000)).toBe(false);
    expect(breaker.allows("h", 3999)).toBe(false);
    expect(breaker.allows("h", 4000)).toBe(true);
  });

  test("that hangs again is given another rest at once", () => {
    const breaker = afterTimeouts(5);
    expect(breaker.allows("h", 2000)).toBe(true);
    breaker.recordTimeout("h", 12_000);
    expect(breaker.allows("h", 13_999)).toBe(false);
    expect(breaker.allows("h", 14_000)).toBe(true);
  });

  test("that replies is forgiven everything", () => {
    const breaker = afterTimeouts(5);
    breaker.recordReply("h");
    expect(breaker.allows("h", 0)).toBe(true);
    for (let timeouts = 0; timeouts < 4; timeouts++) breaker.recordTimeout("h", 0);
    expect(breaker.allows("h", 0)).toBe(true);
  });

  test("is no other host, nor another port of the same", () => {
    const breaker = afterTimeouts(5, "h:1");
    expect(breaker.allows("h:2", 0)).toBe(true);
    expect(breaker.allows("h", 0)).toBe(true);
  });
});

test("a reply between timeouts starts the count anew", () => {
  const breaker = afterTimeouts(4);
  breaker.recordReply("h");
  breaker.recordTimeout("h", 0);
  expect(breaker.allows("h", 0)).toBe(true);
});

test("a host is no part of any object", () => {
  expect(createBreaker().allows("__proto__", 0)).toBe(true);
  expect(afterTimeouts(5, "constructor").allows("constructor", 0)).toBe(false);
});

test("a thousand hosts that hang leave room for the one that counts", () => {
  const breaker = createBreaker();
  for (let host = 0; host < 1000; host++) breaker.recordTimeout(`h${host}`, 0);
  for (let timeouts = 0; timeouts < 5; timeouts++) breaker.recordTimeout("h", 0);
  expect(breaker.allows("h", 0)).toBe(false);
});
