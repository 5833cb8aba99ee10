import { expect, test } from "vitest";
import { knownRegistry } from "../../src/config/registry-table.ts";

test.each([
  ["registry-1.docker.io", "auth.docker.io"],
  ["index.docker.io", "auth.docker.io"],
  ["docker.io", "auth.docker.io"],
  ["dhi.io", "auth.docker.io"],
  ["docker.elastic.co", "docker-auth.elastic.co"],
  ["lscr.io", "ghcr.io"],
  ["registry.gitlab.com", "gitlab.com"],
  ["ghcr.io", undefined],
  ["mirror.gcr.io", undefined],
  ["x.lscr.io", undefined],
  ["constructor", undefined],
])("the token host of %s is %s", (host, tokenHost) => {
  expect(knownRegistry(host).tokenHost).toBe(tokenHost);
});
