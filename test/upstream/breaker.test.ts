import { expect, test } from "vitest";
import { createBreaker } from "../../src/upstream/breaker.ts";

function afterTimeouts(count: number, host = "h") {
  const breaker = createBreaker();
  for (let timeouts = 0; timeouts < count; timeouts++) breaker.recordTimeout(host, 0);
  return breaker;
}

test("an unknown host is allowed, whatever its name", () => {
  for (const host of ["h", "__proto__"]) expect(createBreaker().allows(host, 0)).toBe(true);
});

test("the fifth timeout in a row opens the circuit", () => {
  expect(afterTimeouts(4).allows("h", 0)).toBe(true);
  expect(afterTimeouts(5).allows("h", 0)).toBe(false);
  expect(afterTimeouts(5, "constructor").allows("constructor", 0)).toBe(false);
});

test("an open circuit allows one request every two seconds", () => {
  const breaker = afterTimeouts(5);
  const allowed = [1999, 2000, 2000, 3999, 4000].map((now) => breaker.allows("h", now));
  expect(allowed).toEqual([false, true, false, false, true]);
});

test("a further timeout opens the circuit again for two seconds", () => {
  const breaker = afterTimeouts(5);
  expect(breaker.allows("h", 2000)).toBe(true);
  breaker.recordTimeout("h", 12_000);
  expect([13_999, 14_000].map((now) => breaker.allows("h", now))).toEqual([false, true]);
});

test.each([4, 5])("a reply after %i timeouts starts the count anew", (count) => {
  const breaker = afterTimeouts(count);
  breaker.recordReply("h");
  for (let timeouts = 0; timeouts < 4; timeouts++) breaker.recordTimeout("h", 0);
  expect(breaker.allows("h", 0)).toBe(true);
  breaker.recordTimeout("h", 0);
  expect(breaker.allows("h", 0)).toBe(false);
});

test("each host and port has its own circuit", () => {
  const breaker = afterTimeouts(5, "h:1");
  for (const host of ["h", "h:2"]) expect(breaker.allows(host, 0)).toBe(true);
});

test("at most 100 hosts are remembered", () => {
  const breaker = afterTimeouts(5, "first");
  for (let host = 0; host < 99; host++) breaker.recordTimeout(`h${host}`, 0);
  expect(breaker.allows("first", 0)).toBe(false);
  breaker.recordTimeout("last", 0);
  expect(breaker.allows("first", 0)).toBe(true);
  for (let timeouts = 0; timeouts < 4; timeouts++) breaker.recordTimeout("last", 0);
  expect(breaker.allows("last", 0)).toBe(false);
});
