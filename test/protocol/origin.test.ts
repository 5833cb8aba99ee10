import { expect, test } from "vitest";
import { isAllowedTarget, isLoopback } from "../../src/protocol/origin.ts";

const HUB = "https://registry-1.docker.io";
const LOCAL = "http://127.0.0.1:5000";
const PRIVATE = "https://10.0.0.1:5000";

test.each([
  [HUB, "https://production.cloudflare.docker.com/x"],
  [HUB, "https://auth.docker.io/token"],
  [HUB, "https://registry-1.docker.io/v2/"],
  [HUB, "https://cdn.example:8443/x"],
  [HUB, "https://xn--bcher-kva.example/x"],
  [HUB, "https://cdn.xn--p1ai/x"],
  [HUB, "HTTPS://CDN.EXAMPLE/x"],
  [HUB, "https://127.0.0.1.example/x"],
  [PRIVATE, "https://10.0.0.1:5000/x"],
  [LOCAL, "http://127.0.0.1:9/x"],
  [LOCAL, "http://localhost:9/x"],
  [LOCAL, "http://[::1]:9/x"],
  [LOCAL, "https://localhost/x"],
  [LOCAL, "https://cdn.example/x"],
])("%s may name %s", (upstream, url) => {
  expect(isAllowedTarget(new URL(url), new URL(upstream))).toBe(true);
});

test.each([
  // The URL parser resolves every spelling of an address.
  ...[
    "127.0.0.1",
    "127.0.0.1:8443",
    "127.0.0.1.",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "127。0。0。1",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "169.254.169.254",
    "0xa9fea9fe",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.257",
    "100.64.0.1",
    "[fe80::1]",
    "1.1.1.1",
    "[2606:4700::1111]",
    // Names without a public meaning.
    "localhost",
    "LocalHost",
    "localhost.",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "a.localhost",
    "a.localhost.",
    "localhost.localdomain",
    "metadata",
    "metadata.google.internal",
    "METADATA.GOOGLE.INTERNAL",
    "metadata.google.internal.",
    "router",
    "printer.local",
    "nas.lan",
    "nas.home",
    "nas.home.arpa",
    "wiki.corp",
    "wiki.intranet",
    "wiki.private",
    "cdn.example.",
    // User information.
    "cdn.example@127.0.0.1",
    "user@cdn.example",
    ":secret@cdn.example",
    "user@registry-1.docker.io",
    "127.0.0.1\\@cdn.example",
  ].map((host) => [HUB, `https://${host}/x`]),
  [HUB, "http://cdn.example/x"],
  [HUB, "http://registry-1.docker.io/x"],
  [HUB, "ftp://cdn.example/x"],
  [HUB, "ws://cdn.example/x"],
  [HUB, "file:///etc/passwd"],
  [HUB, "data:text/plain,x"],
  [HUB, "blob:https://cdn.example/x"],
  [HUB, "javascript:alert(1)"],
  [PRIVATE, "https://10.0.0.1:5001/x"],
  [PRIVATE, "http://10.0.0.1:5000/x"],
  [LOCAL, "http://cdn.example/x"],
  [LOCAL, "http://127.0.0.1.evil.example/x"],
  [LOCAL, "http://localhost.evil.example/x"],
  [LOCAL, "ftp://127.0.0.1/x"],
])("%s may not name %s", (upstream, url) => {
  expect(isAllowedTarget(new URL(url), new URL(upstream))).toBe(false);
});

test.each(["localhost", "[::1]", "127.0.0.1", "127.255.255.254"])("%s is loopback", (hostname) => {
  expect(isLoopback(hostname)).toBe(true);
});

test.each([
  "",
  "::1",
  "LOCALHOST",
  "localhost.",
  "a.localhost",
  "localhost.evil.com",
  "127.0.0.1.evil.com",
  "127.0.0",
  "128.0.0.1",
  "0.0.0.0",
  "[::]",
  "[::ffff:7f00:1]",
  "1127.0.0.1",
  "127.0.0.1\n",
])("%j is not loopback", (hostname) => {
  expect(isLoopback(hostname)).toBe(false);
});
