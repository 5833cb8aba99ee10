import { expect, test } from "vitest";
import { type Breaker, createBreaker } from "../../src/upstream/breaker.ts";

/** Times out for two repositories in turn. */
function timeOut(breaker: Breaker, count: number, host = "h"): Breaker {
  for (let index = 0; index < count; index++) breaker.recordTimeout(host, `r${index % 2}`, 0);
  return breaker;
}

const afterTimeouts = (count: number, host = "h") => timeOut(createBreaker(), count, host);

test("an unknown host is allowed, whatever its name", () => {
  for (const host of ["h", "__proto__"]) expect(createBreaker().allows(host, 0)).toBe(true);
});

test("the fifth timeout in a row opens the circuit", () => {
  expect(afterTimeouts(4).allows("h", 0)).toBe(true);
  expect(afterTimeouts(5).allows("h", 0)).toBe(false);
  expect(afterTimeouts(5, "constructor").allows("constructor", 0)).toBe(false);
});

test.each([
  [["a", "a", "a", "a", "a", "a", "a"], true],
  [["a", "a", "a", "a", "b"], false],
  [["b", "a", "a", "a", "a"], false],
  [["a", "a", "a", null, "b"], true],
  [[null, null, null, null, null, null], true],
])("after timeouts of %j, where null is a list, the host is allowed: %s", (names, allowed) => {
  const breaker = createBreaker();
  for (const name of names) breaker.recordTimeout("h", name, 0);
  expect(breaker.allows("h", 0)).toBe(allowed);
});

test("an open circuit allows one request every two seconds", () => {
  const breaker = afterTimeouts(5);
  const allowed = [1999, 2000, 2000, 3999, 4000].map((now) => breaker.allows("h", now));
  expect(allowed).toEqual([false, true, false, false, true]);
});

test("a further timeout opens the circuit again for two seconds", () => {
  const breaker = afterTimeouts(5);
  expect(breaker.allows("h", 2000)).toBe(true);
  breaker.recordTimeout("h", "r0", 12_000);
  expect([13_999, 14_000].map((now) => breaker.allows("h", now))).toEqual([false, true]);
});

test.each([4, 5])("a reply after %i timeouts starts the count anew", (count) => {
  const breaker = afterTimeouts(count);
  breaker.recordReply("h");
  expect(timeOut(breaker, 4).allows("h", 0)).toBe(true);
  breaker.recordTimeout("h", "r0", 0);
  expect(breaker.allows("h", 0)).toBe(false);
});

test("each host and port has its own circuit", () => {
  const breaker = afterTimeouts(5, "h:1");
  for (const host of ["h", "h:2"]) expect(breaker.allows(host, 0)).toBe(true);
});

test.each([
  [99, false],
  [100, true],
])(
  "at most 100 hosts are remembered: after %i others, the first is allowed: %s",
  (others, allowed) => {
    const breaker = afterTimeouts(5, "first");
    for (let host = 0; host < others; host++) timeOut(breaker, 1, `h${host}`);
    expect(breaker.allows("first", 0)).toBe(allowed);
  },
);
