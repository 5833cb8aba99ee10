import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { containerdGuide, kubernetesGuide } from "../../../src/page/guides/kubernetes.ts";
import { en } from "../../../src/page/texts/en.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../fixtures.ts";
import { snippetsOf, snippetWith, stepTextsOf } from "./sandbox.ts";

describe("hosts.toml", () => {
  const capabilities = ["pull", "resolve"];

  /** @returns the files, by registry. */
  function hosts(facts: typeof OPEN): Record<string, unknown> {
    return Object.fromEntries(
      snippetsOf(containerdGuide(facts, en)).flatMap(([title, text]) => {
        const [, name] = /^\/etc\/containerd\/certs\.d\/(.+)\/hosts\.toml$/.exec(title) ?? [];
        return name === undefined ? [] : [[name, parse(text)]];
      }),
    );
  }

  test("names the mirror first, and the registry as its fallback", () => {
    const host = { "https://mirror.example.com": { capabilities } };
    expect(hosts(MANY)).toEqual({
      "docker.io": { server: "https://registry-1.docker.io", host },
      "ghcr.io": { server: "https://ghcr.io", host },
      "quay.io": { server: "https://quay.io", host },
    });
  });

  test("has the path secret without /v2, which containerd appends", () => {
    expect(hosts(SECRET_PATH)).toMatchObject({
      "docker.io": { host: { [`https://mirror.example.com/${SECRET}`]: { capabilities } } },
    });
  });

  test("uses http if the page was requested over http", () => {
    expect(hosts(LOCAL)).toMatchObject({
      "docker.io": { host: { "http://localhost:8787": { capabilities } } },
    });
  });
});

describe("containerd's config_path", () => {
  const isConfig = ([title]: readonly string[]) => title === "/etc/containerd/config.toml";
  const files = snippetsOf(containerdGuide(OPEN, en)).filter(isConfig);

  test("is below the heading of each containerd version", () => {
    const registry = { config_path: "/etc/containerd/certs.d" };
    expect(files.map(([, text]) => parse(text))).toEqual([
      { plugins: { "io.containerd.cri.v1.images": { registry } } },
      { plugins: { "io.containerd.grpc.v1.cri": { registry } } },
    ]);
  });

  test("is a heading and a line, because an existing file may have the heading", () => {
    const existing = "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\n";
    const [heading = "", line = "", ...rest] = files[0]?.[1].split("\n") ?? [];
    expect(rest).toEqual([]);
    expect(parse(existing + line)).toEqual(parse(`version = 3\n${heading}\n${line}`));
    // containerd does not start with such a file: the texts warn of it.
    expect(() => parse(`${existing}${heading}\n${line}`)).toThrow(/twice|redefine|overwrite/);
    expect(stepTextsOf(containerdGuide(OPEN, en)).slice(0, 2)).toEqual([
      expect.stringMatching(/only where it is missing.*`version = 3`.*`registry.mirrors`/),
      expect.stringContaining("`version = 2`"),
    ]);
  });
});

test("containerd is restarted and tested with a full name", () => {
  expect(snippetsOf(containerdGuide(OPEN, en)).slice(-2)).toEqual([
    ["Shell", "sudo systemctl restart containerd"],
    [
      "Shell",
      "sudo ctr image pull --hosts-dir /etc/containerd/certs.d docker.io/library/nginx:latest",
    ],
  ]);
});

describe("Kubernetes", () => {
  function registriesYaml(facts: typeof OPEN): string {
    return snippetWith(kubernetesGuide(facts, en), "mirrors:");
  }

  test("refers kubeadm to containerd, and has a file for k3s", () => {
    const guide = kubernetesGuide(OPEN, en);
    expect(stepTextsOf(guide)[0]).toBe(en.kubernetes.kubeadm);
    expect(snippetsOf(guide)).toEqual([
      [
        "/etc/rancher/k3s/registries.yaml",
        'mirrors:\n  "docker.io":\n    endpoint:\n      - "https://mirror.example.com"',
      ],
      ["Shell", "sudo systemctl restart k3s # k3s-agent, rke2-server, rke2-agent"],
      ["Shell", "sudo k3s crictl pull docker.io/library/nginx:latest"],
    ]);
  });

  test("has the path secret, below which k3s requests images without /v2", () => {
    expect(registriesYaml(SECRET_PATH)).toContain(`- "https://mirror.example.com/${SECRET}"`);
  });

  test("uses http if the page was requested over http", () => {
    expect(registriesYaml(LOCAL)).toContain('- "http://localhost:8787"');
  });

  test("mirrors every registry", () => {
    expect(registriesYaml(MANY)).toBe(`mirrors:
  "docker.io":
    endpoint:
      - "https://mirror.example.com"
  "ghcr.io":
    endpoint:
      - "https://mirror.example.com"
  "quay.io":
    endpoint:
      - "https://mirror.example.com"`);
  });
});
