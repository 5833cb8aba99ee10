import { describe, expect, test } from "vitest";
import {
  buildkitGuide,
  craneGuide,
  kanikoGuide,
  podmanGuide,
  skopeoGuide,
} from "../../../src/page/guides/tools.ts";
import { en } from "../../../src/page/texts/en.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH } from "../fixtures.ts";
import { createSandbox, parseToml, snippetsOf, snippetWith } from "./sandbox.ts";

const PATH_AND_USERS = { ...SECRET_PATH, hasUsers: true };

describe("the command that writes Podman's file", () => {
  function writtenConf(facts: typeof OPEN): unknown {
    const { run, read, write } = createSandbox();
    write("etc/containers/registries.conf.d/shortnames.conf", "");
    const command = snippetWith(podmanGuide(facts, en), "50-mirror.conf");
    expect(run(command)).toEqual({ status: 0, stderr: "", calls: [] });
    return parseToml(read("etc/containers/registries.conf.d/50-mirror.conf") ?? "");
  }

  test("mirrors every registry, with its name behind the mirror's", () => {
    expect(writtenConf(MANY)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "mirror.example.com" }] },
        { location: "ghcr.io", mirror: [{ location: "mirror.example.com/ghcr.io" }] },
        { location: "quay.io", mirror: [{ location: "mirror.example.com/quay.io" }] },
      ],
    });
  });

  test("is insecure if the page was requested over http", () => {
    expect(writtenConf(LOCAL)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "localhost:8787", insecure: true }] },
      ],
    });
  });

  test("has the path secret if there are users too", () => {
    expect(writtenConf(PATH_AND_USERS)).toEqual({
      registry: [{ location: "docker.io", mirror: [{ location: `mirror.example.com/${SECRET}` }] }],
    });
  });
});

test.each([
  [OPEN, "podman pull docker.io/library/nginx"],
  [QUAY, "podman pull quay.io/owner/image"],
])("Podman is tested with a full name", (facts, command) => {
  expect(snippetsOf(podmanGuide(facts, en)).slice(1)).toEqual([["Shell", command]]);
});

describe("the command that creates a builder", () => {
  const create =
    "docker buildx create --name mirrored --driver docker-container --buildkitd-config buildkitd.toml --use";

  /** @returns the file that the command writes, and the calls of docker. */
  function created(facts: typeof OPEN): [config: unknown, ...calls: string[]] {
    const { run, read } = createSandbox();
    const { status, stderr, calls } = run(snippetWith(buildkitGuide(facts, en), "buildkitd.toml"));
    expect([status, stderr]).toEqual([0, ""]);
    return [parseToml(read("buildkitd.toml") ?? ""), ...calls];
  }

  test("mirrors Docker Hub, with the path secret if there is one", () => {
    expect(created(OPEN)).toEqual([
      { registry: { "docker.io": { mirrors: ["mirror.example.com"] } } },
      create,
    ]);
    expect(created(SECRET_PATH)[0]).toEqual({
      registry: { "docker.io": { mirrors: [`mirror.example.com/${SECRET}`] } },
    });
  });

  test("mirrors every registry", () => {
    const mirrors = ["mirror.example.com"];
    expect(created(MANY)[0]).toEqual({
      registry: { "docker.io": { mirrors }, "ghcr.io": { mirrors }, "quay.io": { mirrors } },
    });
  });

  test("reaches a mirror on this machine over http", () => {
    expect(created(LOCAL)).toEqual([
      {
        registry: {
          "docker.io": { mirrors: ["localhost:8787"] },
          "localhost:8787": { http: true },
        },
      },
      create.replace("--buildkitd", "--driver-opt network=host --buildkitd"),
    ]);
  });
});

test.each([
  ["Docker Hub", OPEN, "--registry-mirror=mirror.example.com"],
  ["a path secret and users", PATH_AND_USERS, `--registry-mirror=mirror.example.com/${SECRET}`],
  ["another registry", QUAY, "--registry-map=quay.io=mirror.example.com"],
  [
    "several registries",
    MANY,
    "--registry-mirror=mirror.example.com\n" +
      "--registry-map=ghcr.io=mirror.example.com/ghcr.io\n" +
      "--registry-map=quay.io=mirror.example.com/quay.io",
  ],
  [
    "Docker Hub behind another registry",
    {
      ...QUAY,
      otherRegistries: [{ name: "docker.io", host: "registry-1.docker.io", ownHosts: [] }],
    },
    "--registry-map=quay.io=mirror.example.com\n--registry-mirror=mirror.example.com/docker.io",
  ],
  ["http", LOCAL, "--registry-mirror=localhost:8787\n--insecure-registry=localhost:8787"],
])("kaniko has flags for %s", (_, facts, flags) => {
  expect(snippetsOf(kanikoGuide(facts, en))).toEqual([["/kaniko/executor", flags]]);
});

test.each([
  [
    "https",
    OPEN,
    "skopeo inspect docker://mirror.example.com/nginx\n" +
      "skopeo copy docker://mirror.example.com/nginx docker-archive:image.tar",
  ],
  [
    "http",
    LOCAL,
    "skopeo inspect --tls-verify=false docker://localhost:8787/nginx\n" +
      "skopeo copy --src-tls-verify=false docker://localhost:8787/nginx docker-archive:image.tar",
  ],
])("skopeo pulls by full name over %s", (_, facts, commands) => {
  expect(snippetsOf(skopeoGuide(facts, en))).toEqual([["Shell", commands]]);
});

test.each([
  [
    "https, with a path secret",
    PATH_AND_USERS,
    `crane manifest mirror.example.com/${SECRET}/nginx\n` +
      `crane pull mirror.example.com/${SECRET}/nginx image.tar`,
  ],
  [
    "http",
    LOCAL,
    "crane manifest --insecure localhost:8787/nginx\n" +
      "crane pull --insecure localhost:8787/nginx image.tar",
  ],
])("crane pulls by full name over %s", (_, facts, commands) => {
  expect(snippetsOf(craneGuide(facts, en))).toEqual([["Shell", commands]]);
});

test.each([
  ["Podman", podmanGuide],
  ["kaniko", kanikoGuide],
  ["skopeo", skopeoGuide],
  ["crane", craneGuide],
])("%s has a reason instead of commands if a path secret is the only lock", (_, guide) => {
  expect(guide(SECRET_PATH, en).steps).toEqual([{ text: en.guides.needsUser, code: null }]);
});
