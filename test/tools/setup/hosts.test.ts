import { expect, test } from "vitest";
import { askHosts } from "../../../tools/setup/hosts.ts";
import { type Present, readPresent } from "../../../tools/setup/present.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld } from "./support/world.ts";

const present = { ...readPresent(SHIPPED, []), domain: "mirror.example.com" };

async function hosts(
  answers: string[],
  changes: Partial<Present>,
  domain: string | null,
  registries: string[],
) {
  const world = createWorld({ answers });
  return askHosts(world.terminal, { ...present, ...changes }, domain, registries);
}

test("each registry gets a label below the domain that the mirror is in", async () => {
  expect(await hosts(["y", ""], {}, "mirror.example.com", ["quay.io", "ghcr.io"])).toEqual({
    "quay.example.com": "quay.io",
    "ghcr.example.com": "ghcr.io",
  });
});

test("… below the mirror itself, if it is at the top of one", async () => {
  expect(await hosts(["y", ""], {}, "example.com", ["quay.io"])).toEqual({
    "quay.example.com": "quay.io",
  });
});

test("… or below another one", async () => {
  expect(
    await hosts(["y", "not a host", "r.example.net"], {}, "example.co.uk", ["quay.io"]),
  ).toEqual({
    "quay.r.example.net": "quay.io",
  });
});

test("nothing is asked without a domain, or without registries", async () => {
  expect(await hosts([], { domain: null }, null, ["quay.io"])).toEqual({});
  expect(await hosts([], {}, "mirror.example.com", [])).toEqual({});
});

const two = {
  registries: { "quay.io": "https://quay.io" },
  hosts: { "q.example.com": "quay.io", "hub.example.com": "docker.io" },
};

test("those that are there keep their names; others are added", async () => {
  expect(await hosts(["", ""], two, "mirror.example.com", ["quay.io", "gcr.io"])).toEqual({
    ...two.hosts,
    "gcr.example.com": "gcr.io",
  });
});

test("one whose registry goes, goes with it; one of Docker Hub stays", async () => {
  expect(await hosts([], two, "mirror.example.com", [])).toEqual({
    "hub.example.com": "docker.io",
  });
  expect(await hosts(["n"], two, "mirror.example.com", ["quay.io"])).toEqual({
    "hub.example.com": "docker.io",
  });
});

test("without a domain before and now, what was set by hand stays", async () => {
  expect(await hosts([], { ...two, domain: null }, null, ["quay.io"])).toEqual(two.hosts);
  expect(await hosts([], two, null, ["quay.io"])).toEqual({});
});
