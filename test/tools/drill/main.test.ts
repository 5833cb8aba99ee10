import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDrillArguments } from "../../../tools/drill/arguments.ts";

const MAIN = join(import.meta.dirname, "../../../tools/drill/main.ts");

function run(...args: string[]) {
  const environment = { ...process.env, MIRROR_URL: "", MIRROR_USER: undefined };
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: environment });
}

describe("npm run drill", () => {
  test("--help prints the usage on stdout", () => {
    const { stdout, status } = run("--help");
    expect(stdout).toContain("npm run drill -- https://mirror.example.com");
    expect(status).toBe(0);
  });

  test.each([
    [[]],
    [["--unknown"]],
    [["https://mirror.example.com", "--image", "UPPER"]],
    [["https://mirror.example.com", "--json"]],
  ])("%j are invalid arguments: usage on stderr, exit code 2", (args) => {
    const { stderr, status } = run(...args);
    expect(stderr).toContain("npm run drill -- https://mirror.example.com");
    expect(status).toBe(2);
  });

  test("a mirror that cannot be reached is a failure: exit code 1, and no pull is made", () => {
    const { stdout, status } = run("http://127.0.0.1:1/0123456789abcdef");
    expect(stdout).toMatch(/^\| connection \| ✗ \| .*127\.0\.0\.1.*\|$/m);
    expect(stdout).toContain("0 ok, 0 warnings, 1 failure; not checked: tls, ping, login,");
    expect(stdout).toContain("0 requests, 0 B read, 0 pulls used.");
    expect(stdout).not.toContain("0123456789abcdef");
    expect(status).toBe(1);
  });
});

test("an image of its own is the default", () => {
  const environment = { MIRROR_URL: "https://mirror.example.com/0123456789abcdef" };
  expect(parseDrillArguments(["--user", "bob:pw"], environment)).toMatchObject({
    target: { secret: "0123456789abcdef" },
    image: { name: "library/gcc", reference: "14" },
    user: { name: "bob", token: "pw" },
  });
});
