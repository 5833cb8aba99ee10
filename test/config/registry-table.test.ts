import { expect, test } from "vitest";
import { KNOWN_REGISTRIES } from "../../src/config/registry-table.ts";

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
  expect(KNOWN_REGISTRIES.get(host)?.tokenHost).toBe(tokenHost);
});

test("Docker Hub is known by each of its hosts; other registries, and its mirrors, are not it", () => {
  for (const host of ["docker.io", "index.docker.io", "registry-1.docker.io"]) {
    expect(KNOWN_REGISTRIES.get(host)?.isDockerHub).toBe(true);
  }
  for (const host of ["dhi.io", "lscr.io", "registry.gitlab.com", "ghcr.io", "mirror.gcr.io"]) {
    expect(KNOWN_REGISTRIES.get(host)?.isDockerHub ?? false).toBe(false);
  }
});
