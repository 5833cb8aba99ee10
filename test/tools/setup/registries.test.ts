import { expect, test } from "vitest";
import { readPresent } from "../../../tools/setup/present.ts";
import { askRegistries, labelOf } from "../../../tools/setup/registries.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld } from "./support/world.ts";

const present = readPresent(SHIPPED, []);

async function answered(answer: string, registries = {}) {
  const world = createWorld({ answers: [answer] });
  return askRegistries(world.terminal, { ...present, registries });
}

test("numbers and names of the list are registries, at https", async () => {
  expect(await answered("1, ghcr.io  ")).toEqual({
    "quay.io": "https://quay.io",
    "ghcr.io": "https://ghcr.io",
  });
});

test("all are ten, none is none", async () => {
  expect(Object.keys(await answered("all"))).toHaveLength(10);
  expect(await answered("none", { "quay.io": "https://quay.io" })).toEqual({});
});

test("the list is what wrangler.toml has ready", async () => {
  const upstream = { ...present, upstream: "https://ghcr.example" };
  const { terminal } = createWorld({ answers: ["all"] });
  const ready = [...SHIPPED.matchAll(/^# "(.*)" = "(https:.*)"$/gm)].map(([, name, url]) => [
    name,
    url,
  ]);
  expect(Object.entries(await askRegistries(terminal, upstream))).toEqual(ready);
  expect(Object.entries(await answered("all"))).toEqual(ready.slice(1));
});

test("one of your own is on the list, with its own address", async () => {
  const own = { "registry.example.com": "https://r.example.com" };
  expect(await answered("", own)).toEqual(own);
  expect(await answered("11 4", own)).toEqual({ "ghcr.io": "https://ghcr.io", ...own });
  expect(await answered("4", own)).toEqual({ "ghcr.io": "https://ghcr.io" });
});

test("what is present is marked, and what Enter takes", async () => {
  const world = createWorld({ answers: [""] });
  const registries = { "gcr.io": "https://gcr.io" };
  expect(await askRegistries(world.terminal, { ...present, registries })).toEqual(registries);
  expect(world.said).toContain("   2  [x] gcr.io");
  expect(world.said).toContain("   1  [ ] quay.io");
});

test.each(["0", "11", "example.com", "1 x"])("%j is asked for again", async (answer) => {
  const world = createWorld({ answers: [answer, "none"] });
  expect(await askRegistries(world.terminal, present)).toEqual({});
  expect(world.said.at(-2)).toContain("Please answer with");
});

test("one that goes while there are accounts is warned of", async () => {
  const registries = { "gcr.io": "https://gcr.io", "ghcr.io": "https://ghcr.io" };
  const stored = { ...present, registries, secrets: ["REGISTRY_ACCOUNTS"] };
  const fewer = createWorld({ answers: ["gcr.io"] });
  await askRegistries(fewer.terminal, stored);
  expect(fewer.said.at(-1)).toContain("REGISTRY_ACCOUNTS is stored.");
  const more = createWorld({ answers: ["all"] });
  await askRegistries(more.terminal, stored);
  expect(more.said.join("\n")).not.toContain("REGISTRY_ACCOUNTS");
});

test("a label has no dot", () => {
  expect(labelOf("registry.k8s.io")).toBe("k8s");
  expect(labelOf("registry.example.com")).toBe("registry-example-com");
});
