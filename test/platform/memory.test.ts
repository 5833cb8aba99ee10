import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/platform/memory.ts";

describe("a memory for two values", () => {
  const create = () => {
    const memory = createMemory<number>(2);
    memory.set("a", 1);
    memory.set("b", 2);
    return { ...memory, all: () => ["a", "b", "c"].map((key) => memory.get(key)) };
  };

  test("removes the value that was set first", () => {
    const memory = create();
    memory.set("c", 3);
    expect(memory.all()).toEqual([undefined, 2, 3]);
  });

  test("keeps a value that was read a short time ago", () => {
    const memory = create();
    memory.get("a");
    memory.set("c", 3);
    expect(memory.all()).toEqual([1, undefined, 3]);
  });

  test("counts a value once that is set twice", () => {
    const memory = create();
    memory.set("a", 3);
    expect(memory.all()).toEqual([3, 2, undefined]);
    memory.set("c", 4);
    expect(memory.all()).toEqual([undefined, 2, 4]);
  });

  test("has room again after a value is deleted", () => {
    const memory = create();
    for (const key of ["a", "a", "unknown"]) memory.delete(key);
    memory.set("c", 3);
    expect(memory.all()).toEqual([undefined, 2, 3]);
  });
});

test("a key may be the name of an object's property", () => {
  const memory = createMemory<number>(2);
  expect(memory.get("constructor")).toBeUndefined();
  memory.set("__proto__", 1);
  expect(memory.get("__proto__")).toBe(1);
});

test("0, an empty text and null are values", () => {
  const memory = createMemory<number | string | null>(3);
  memory.set("zero", 0);
  memory.set("empty", "");
  memory.set("null", null);
  expect([memory.get("zero"), memory.get("empty"), memory.get("null")]).toEqual([0, "", null]);
});

describe("a memory with a limit of 10 characters", () => {
  const create = (values: Readonly<Record<string, string>>) => {
    const memory = createMemory<string>(10, (value) => value.length);
    for (const [key, value] of Object.entries(values)) memory.set(key, value);
    return memory;
  };

  test("stores up to its limit", () => {
    const memory = create({ a: "12345", b: "67890" });
    expect([memory.get("a"), memory.get("b")]).toEqual(["12345", "67890"]);
    memory.set("c", "x");
    expect([memory.get("a"), memory.get("b"), memory.get("c")]).toEqual([undefined, "67890", "x"]);
  });

  test("removes as many values as necessary", () => {
    const memory = create({ a: "12", b: "12", c: "12", d: "12", e: "1234567" });
    const kept = ["a", "b", "c", "d", "e"].filter((key) => memory.get(key) !== undefined);
    expect(kept).toEqual(["d", "e"]);
  });

  test("weighs a value again that is replaced", () => {
    const memory = create({ a: "1", b: "12345" });
    memory.set("a", "123456");
    expect([memory.get("a"), memory.get("b")]).toEqual(["123456", undefined]);
  });

  test("does not store a value over its limit, nor removes others for it", () => {
    const memory = create({ a: "1", b: "12345678901" });
    expect([memory.get("a"), memory.get("b")]).toEqual(["1", undefined]);
    memory.set("b", "1234567890");
    expect(memory.get("b")).toBe("1234567890");
  });
});
