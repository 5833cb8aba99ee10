import { describe, expect, test } from "vitest";
import { containerdGuide } from "../../../src/page/guides/containerd.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, codeWith, texts } from "./guide-for-test.ts";
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

test("config_path goes where each version of containerd looks for it", () => {
  const files = codesOf(containerdGuide(OPEN, texts)).filter(([title]) => title.endsWith(".toml"));
  expect(files.map(([title]) => title)).toEqual(Array(2).fill("/etc/containerd/config.toml"));
  const registry = { config_path: "/etc/containerd/certs.d" };
  expect(files.map(([, text]) => parseToml(text))).toEqual([
    { version: 3, plugins: { "io.containerd.cri.v1.images": { registry } } },
    { version: 2, plugins: { "io.containerd.grpc.v1.cri": { registry } } },
  ]);
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
