import { describe, expect, test } from "vitest";
import { containerdGuide } from "../../../src/page/guides/containerd.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, codeWith, saidBy, texts } from "./guide-for-test.ts";
import { createSandbox, parseToml } from "./sandbox.ts";

const HUB = "etc/containerd/certs.d/docker.io/hosts.toml";

/** @returns the files that the command writes on a machine without any. */
function hostsWritten(facts: typeof OPEN, ...paths: string[]): unknown[] {
  const { run, read } = createSandbox();
  const command = codeWith(containerdGuide(facts, texts), "hosts.toml");
  expect(run(command)).toEqual({ status: 0, stderr: "", done: [] });
  return paths.map((path) => parseToml(read(path) ?? ""));
}

describe("the command that writes hosts.toml", () => {
  test("asks the mirror first and Docker Hub itself if it fails", () => {
    expect(hostsWritten(OPEN, HUB)).toEqual([
      {
        server: "https://registry-1.docker.io",
        host: { "https://mirror.example.com": { capabilities: ["pull", "resolve"] } },
      },
    ]);
  });

  test("has the path secret without the API's path, which containerd adds by itself", () => {
    expect(hostsWritten(SECRET_PATH, HUB)).toMatchObject([
      { host: { [`https://mirror.example.com/${SECRET}`]: {} } },
    ]);
  });

  test("has http only where the page was asked over http", () => {
    expect(hostsWritten(LOCAL, HUB)).toMatchObject([{ host: { "http://localhost:8787": {} } }]);
  });

  test("writes a file for each registry", () => {
    const paths = ["ghcr.io", "quay.io"].map((name) => `etc/containerd/certs.d/${name}/hosts.toml`);
    const host = { "https://mirror.example.com": { capabilities: ["pull", "resolve"] } };
    expect(hostsWritten(MANY, HUB, ...paths)).toEqual([
      { server: "https://registry-1.docker.io", host },
      { server: "https://ghcr.io", host },
      { server: "https://quay.io", host },
    ]);
  });
});

describe("config_path", () => {
  const isConfig = ([title]: readonly string[]) => title === "/etc/containerd/config.toml";
  const files = codesOf(containerdGuide(OPEN, texts)).filter(isConfig);

  test("goes where each version of containerd looks for it", () => {
    const registry = { config_path: "/etc/containerd/certs.d" };
    expect(files.map(([, text]) => parseToml(text))).toEqual([
      { plugins: { "io.containerd.cri.v1.images": { registry } } },
      { plugins: { "io.containerd.grpc.v1.cri": { registry } } },
    ]);
  });

  test("is a heading and a line, of which a file that is there may have either", () => {
    const inFile = "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\n";
    const [heading = "", line = "", ...rest] = files[0]?.[1].split("\n") ?? [];
    expect(rest).toEqual([]);
    expect(parseToml(inFile + line)).toEqual(parseToml(`version = 3\n${heading}\n${line}`));
    // What containerd does not start with, and the reason for the words above the snippet.
    expect(() => parseToml(`${inFile}${heading}\n${line}`)).toThrow(/twice|redefine|overwrite/);
    expect(saidBy(containerdGuide(OPEN, texts)).slice(1, 3)).toEqual([
      expect.stringMatching(/only where it is missing.*`version = 3`.*`registry.mirrors`/),
      expect.stringContaining("`version = 2`"),
    ]);
  });
});

test("it is restarted, and tried with the full name", () => {
  expect(codesOf(containerdGuide(OPEN, texts)).slice(-2)).toEqual([
    ["Shell", "sudo systemctl restart containerd"],
    [
      "Shell",
      "sudo ctr image pull --hosts-dir /etc/containerd/certs.d docker.io/library/nginx:latest",
    ],
  ]);
});
