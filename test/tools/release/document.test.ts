import { expect, test } from "vitest";
import { readOwn } from "../../support/repository.ts";

const [, policy = ""] = readOwn("docs/releasing.md").split("How they are updated:\n");
const { devDependencies } = JSON.parse(readOwn("package.json"));

test("docs/releasing.md tells of every dependency how it is updated", () => {
  const missing = Object.keys(devDependencies).filter((name) => !policy.includes(`\`${name}\``));

  expect(missing).toEqual([]);
});

test("the types of Node are those of the Node that is used", () => {
  const major = (name: string) => devDependencies[name].split(".")[0];

  expect(major("@types/node")).toBe(major("node"));
});
