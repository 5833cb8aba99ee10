import { expect, test } from "vitest";
import { askDomain, parseHost } from "../../../tools/setup/domain.ts";
import { readPresent } from "../../../tools/setup/present.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld } from "./support/world.ts";

const present = readPresent(SHIPPED, []);

test.each([
  ["mirror.example.com", "mirror.example.com"],
  ["Mirror.Example.COM", "mirror.example.com"],
  ["https://mirror.example.com/", "mirror.example.com"],
  ["镜像.example.com", "xn--o1q148n.example.com"],
  ["example.co", "example.co"],
])("%s is a host name", (answer, host) => {
  expect(parseHost(answer)).toBe(host);
});

test.each([
  "mirror",
  "mirror.example.com/path",
  "mirror.example.com:8443",
  "*.example.com",
  "-a.example.com",
  "a..example.com",
  "a_b.example.com",
  "192.0.2.1",
  "sampan.you.workers.dev",
  `${"a".repeat(64)}.example.com`,
  'a.example.com"',
  "",
])("%j is none", (answer) => {
  expect(parseHost(answer)).toBeNull();
});

test("workers.dev is no domain", async () => {
  const { terminal } = createWorld({ answers: ["workers.dev"] });
  expect(await askDomain(terminal, { ...present, domain: "mirror.example.com" })).toBeNull();
});

test("a host that is named after Docker is taken, with a warning", async () => {
  const { terminal, said } = createWorld({ answers: ["docker.example.com"] });
  expect(await askDomain(terminal, present)).toBe("docker.example.com");
  expect(said.at(-1)).toContain("reported as phishing");
});
