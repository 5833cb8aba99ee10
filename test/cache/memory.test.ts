import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";

describe("a memory that counts values", () => {
  test("gives back what it was given, and nothing for what it was not", () => {
    const memory = createMemory<number>(2);
    memory.set("a", 1);
    expect(memory.get("a")).toBe(1);
    expect(memory.get("b")).toBeUndefined();
  });

  test("forgets what was set longest ago", () => {
    const memory = createMemory<number>(2);
    for (const key of ["a", "b", "c"]) memory.set(key, 1);
    expect([memory.get("a"), memory.get("b"), memory.get("c")]).toEqual([undefined, 1, 1]);
  });

  test("keeps what was read a short time ago", () => {
    const memory = createMemory<number>(2);
    memory.set("a", 1);
    memory.set("b", 2);
    memory.get("a");
    memory.set("c", 3);
    expect([memory.get("a"), memory.get("b"), memory.get("c")]).toEqual([1, undefined, 3]);
  });

  test("a value that is set again takes the place of the old one and counts once", () => {
    const memory = createMemory<number>(2);
    memory.set("a", 1);
    memory.set("b", 2);
    memory.set("a", 3);
    expect([memory.get("a"), memory.get("b")]).toEqual([3, 2]);
    memory.set("c", 4);
    expect(memory.get("a")).toBeUndefined();
  });

  test("what is deleted is gone and its room is free", () => {
    const memory = createMemory<number>(2);
    memory.set("a", 1);
    memory.set("b", 2);
    memory.delete("a");
    memory.delete("a");
    memory.delete("never there");
    memory.set("c", 3);
    expect([memory.get("a"), memory.get("b"), memory.get("c")]).toEqual([undefined, 2, 3]);
  });

  test("keys are no parts of any object", () => {
    const memory = createMemory<number>(2);
    expect(memory.get("constructor")).toBeUndefined();
    memory.set("__proto__", 1);
    expect(memory.get("__proto__")).toBe(1);
  });

  test("values that are false in themselves are values", () => {
    const memory = createMemory<number | string | null>(3);
    memory.set("zero", 0);
    memory.set("empty", "");
    memory.set("null", null);
    expect([memory.get("zero"), memory.get("empty"), memory.get("null")]).toEqual([0, "", null]);
  });
});

describe("a memory that weighs values", () => {
  const createWeighing = () => createMemory<string>(10, (value) => value.length);

  test("holds as much as it may, and no more", () => {
    const memory = createWeighing();
    memory.set("a", "12345");
    memory.set("b", "67890");
    expect(memory.get("a")).toBe("12345");
    memory.set("c", "x");
    expect(memory.get("b")).toBeUndefined();
    expect([memory.get("a"), memory.get("c")]).toEqual(["12345", "x"]);
  });

  test("forgets as many as it takes", () => {
    const memory = createWeighing();
    for (const key of ["a", "b", "c", "d"]) memory.set(key, "12");
    memory.set("e", "1234567");
    expect(["a", "b", "c"].map((key) => memory.get(key))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([memory.get("d"), memory.get("e")]).toEqual(["12", "1234567"]);
  });

  test("a heavier value in the place of a lighter one is weighed anew", () => {
    const memory = createWeighing();
    memory.set("a", "1");
    memory.set("b", "12345");
    memory.set("a", "123456");
    expect([memory.get("a"), memory.get("b")]).toEqual(["123456", undefined]);
  });

  test("does not keep a value that is too heavy by itself", () => {
    const memory = createWeighing();
    memory.set("a", "12345678901");
    expect(memory.get("a")).toBeUndefined();
    memory.set("b", "1234567890");
    expect(memory.get("b")).toBe("1234567890");
  });

  test("a value that is too heavy by itself costs the others nothing", () => {
    const memory = createWeighing();
    memory.set("a", "1");
    memory.set("b", "12345678901");
    expect(memory.get("a")).toBe("1");
  });
});
