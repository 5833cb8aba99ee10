import { expect, test } from "vitest";
import { knownRegistry } from "../../src/config/registry-table.ts";

test.each([
  ["registry-1.docker.io", "auth.docker.io"],
  ["index.docker.io", "auth.docker.io"],
  ["docker.io", "auth.docker.io"],
  ["docker.elastic.co", "docker-auth.elastic.co"],
  ["lscr.io", "ghcr.io"],
  ["registry.digitalocean.com", "api.digitalocean.com"],
  ["registry.gitlab.com", "gitlab.com"],
  ["dhi.io", undefined],
  ["ghcr.io", undefined],
  ["mirror.gcr.io", undefined],
  ["x.lscr.io", undefined],
  ["constructor", undefined],
])("the token host of %s is %s", (host, tokenHost) => {
  expect(knownRegistry(host).tokenHost).toBe(tokenHost);
});

test("the claims of tokens are reliable at Docker Hub only", () => {
  for (const host of ["docker.io", "index.docker.io", "registry-1.docker.io"]) {
    expect(knownRegistry(host).hasReliableClaims).toBe(true);
  }
  for (const host of ["dhi.io", "lscr.io", "registry.gitlab.com", "ghcr.io", "mirror.gcr.io"]) {
    expect(knownRegistry(host).hasReliableClaims ?? false).toBe(false);
  }
});
