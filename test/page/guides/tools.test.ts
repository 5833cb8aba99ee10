import { describe, expect, test } from "vitest";
import { craneGuide, kanikoGuide, skopeoGuide } from "../../../src/page/guides/tools.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, texts } from "./guide-for-test.ts";

const HUB = { name: "docker.io", host: "registry-1.docker.io", ownHosts: [] };
const BOTH = { ...SECRET_PATH, hasUsers: true };

describe("kaniko", () => {
  test.each([
    ["Docker Hub", OPEN, "--registry-mirror=mirror.example.com"],
    ["a path secret beside users", BOTH, `--registry-mirror=mirror.example.com/${SECRET}`],
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
      { ...QUAY, otherRegistries: [HUB] },
      "--registry-map=quay.io=mirror.example.com\n" +
        "--registry-mirror=mirror.example.com/docker.io",
    ],
    ["http", LOCAL, "--registry-mirror=localhost:8787\n--insecure-registry=localhost:8787"],
  ])("has flags for %s", (_, facts, flags) => {
    expect(codesOf(kanikoGuide(facts, texts))).toEqual([["/kaniko/executor", flags]]);
  });
});

describe("skopeo", () => {
  test("takes images by name", () => {
    expect(codesOf(skopeoGuide(OPEN, texts))).toEqual([
      [
        "Shell",
        "skopeo inspect docker://mirror.example.com/nginx\n" +
          "skopeo copy docker://mirror.example.com/nginx docker-archive:image.tar",
      ],
    ]);
  });

  test("does not look for certificates over http", () => {
    expect(codesOf(skopeoGuide(LOCAL, texts))).toEqual([
      [
        "Shell",
        "skopeo inspect --tls-verify=false docker://localhost:8787/nginx\n" +
          "skopeo copy --src-tls-verify=false docker://localhost:8787/nginx docker-archive:image.tar",
      ],
    ]);
  });
});

describe("crane", () => {
  test("takes images by name", () => {
    expect(codesOf(craneGuide(BOTH, texts))).toEqual([
      [
        "Shell",
        `crane manifest mirror.example.com/${SECRET}/nginx\n` +
          `crane pull mirror.example.com/${SECRET}/nginx image.tar`,
      ],
    ]);
  });

  test("is insecure over http", () => {
    expect(codesOf(craneGuide(LOCAL, texts))).toEqual([
      [
        "Shell",
        "crane manifest --insecure localhost:8787/nginx\n" +
          "crane pull --insecure localhost:8787/nginx image.tar",
      ],
    ]);
  });
});

test.each([
  ["kaniko", kanikoGuide],
  ["skopeo", skopeoGuide],
  ["crane", craneGuide],
])("%s has nothing to copy below a path secret alone, and a reason", (_, guide) => {
  expect(guide(SECRET_PATH, texts).steps).toEqual([{ text: texts.guides.needsUser, code: null }]);
});
