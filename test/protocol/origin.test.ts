import { describe, expect, test } from "vitest";
import { isLoopback, isSameSite, mayBeRealmOf, mayBeSentTo } from "../../src/protocol/origin.ts";
import { ADDRESSES } from "../support/addresses.ts";

const HUB = new URL("https://registry-1.docker.io");
const LOCAL = new URL("http://127.0.0.1:5000");

describe("mayBeSentTo, from a public registry", () => {
  test.each([
    "https://production.cloudflare.docker.com/x",
    "https://auth.docker.io/token",
    "https://registry-1.docker.io/v2/",
    "https://cdn.example:8443/x",
    "https://xn--bcher-kva.example/x",
    "https://cdn.xn--p1ai/x",
    "HTTPS://CDN.EXAMPLE/x",
  ])("allows %s", (url) => {
    expect(mayBeSentTo(new URL(url), HUB)).toBe(true);
  });

  test.each([
    ["http", "http://cdn.example/x"],
    ["http on the registry itself", "http://registry-1.docker.io/x"],
    ["another protocol", "ftp://cdn.example/x"],
    ["data", "data:text/plain,x"],
    ["a script", "javascript:alert(1)"],
    ["a file", "file:///etc/passwd"],
    ["localhost", "https://localhost/x"],
    ["localhost with a dot", "https://localhost./x"],
    ["a name below localhost", "https://a.localhost/x"],
    ["a name on the local network", "https://printer.local/x"],
    ["this machine by another name", "https://localhost.localdomain/x"],
    ["a name inside a cloud", "https://metadata.google.internal/x"],
    ["a name of one label", "https://metadata/x"],
    ["a loopback address", "https://127.0.0.1/x"],
    ["a loopback address as one number", "https://2130706433/x"],
    ["a loopback address in hex", "https://0x7f.1/x"],
    ["a loopback address in wide digits", "https://１２７.０.０.１/x"],
    ["a link-local address", "https://169.254.169.254/x"],
    ["a private address", "https://10.0.0.1/x"],
    ["a public address", "https://1.1.1.1/x"],
    ["IPv6 loopback", "https://[::1]/x"],
    ["IPv4 in IPv6", "https://[::ffff:127.0.0.1]/x"],
    ["public IPv6", "https://[2606:4700::1111]/x"],
    ["a trailing dot", "https://cdn.example./x"],
    ["a name at home", "https://nas.home.arpa/x"],
    ["a name of an office", "https://wiki.corp/x"],
    ["a user", "https://user@cdn.example/x"],
    ["a password", "https://:secret@cdn.example/x"],
    ["a user on the registry itself", "https://user@registry-1.docker.io/x"],
  ])("refuses %s", (_, url) => {
    expect(mayBeSentTo(new URL(url), HUB)).toBe(false);
  });

  test("allows the registry's own host even if it is an address", () => {
    const registry = new URL("https://10.0.0.1:5000");
    expect(mayBeSentTo(new URL("https://10.0.0.1:5000/x"), registry)).toBe(true);
    expect(mayBeSentTo(new URL("https://10.0.0.1:5001/x"), registry)).toBe(false);
    expect(mayBeSentTo(new URL("http://10.0.0.1:5000/x"), registry)).toBe(false);
  });
});

describe("mayBeSentTo, from a loopback registry", () => {
  test.each([
    "http://127.0.0.1:9/x",
    "http://localhost:9/x",
    "http://[::1]:9/x",
    "https://localhost/x",
  ])("allows %s", (url) => {
    expect(mayBeSentTo(new URL(url), LOCAL)).toBe(true);
  });

  test("allows https to a public host, but not http", () => {
    expect(mayBeSentTo(new URL("https://cdn.example/x"), LOCAL)).toBe(true);
    expect(mayBeSentTo(new URL("http://cdn.example/x"), LOCAL)).toBe(false);
  });

  test.each([
    "http://127.0.0.1.evil.example/x",
    "http://localhost.evil.example/x",
    "ftp://127.0.0.1/x",
  ])("refuses %s", (url) => {
    expect(mayBeSentTo(new URL(url), LOCAL)).toBe(false);
  });
});

describe("mayBeSentTo refuses every spelling of a place that is nobody's business", () => {
  test.each(ADDRESSES)("%j", (address) => {
    const url = URL.parse(address, "https://registry-1.docker.io/v2/");
    expect(url !== null && mayBeSentTo(url, HUB)).toBe(false);
  });
});

describe("mayBeRealmOf", () => {
  test.each([
    ["https://auth.docker.io/token", "https://registry-1.docker.io", true],
    ["https://quay.io/v2/auth", "https://quay.io", true],
    ["https://docker-auth.elastic.co/auth", "https://docker.elastic.co", true],
    ["https://gitlab.com/jwt/auth", "https://registry.gitlab.com", true],
    ["https://ghcr.io/token", "https://lscr.io", true],
    ["https://lscr.io/token", "https://ghcr.io", false],
    ["https://ghcr.io/token", "https://quay.io", false],
    ["https://auth.ghcr.io/token", "https://lscr.io", false],
    ["https://ghcr.io:8443/token", "https://lscr.io", false],
    ["https://ghcr.io/token", "https://x.lscr.io", false],
    ["https://authn.nvidia.com/token", "https://nvcr.io", false],
    ["http://quay.io/v2/auth", "https://quay.io", false],
    ["https://user@quay.io/v2/auth", "https://quay.io", false],
  ])("%s of %s: %s", (realm, registry, expected) => {
    expect(mayBeRealmOf(new URL(realm), new URL(registry))).toBe(expected);
  });
});

describe("isSameSite", () => {
  test.each([
    ["https://auth.docker.io/token", "https://registry-1.docker.io"],
    ["https://docker.io", "https://registry-1.docker.io"],
    ["https://hub.docker.com/token", "https://registry-1.docker.io"],
    ["https://registry-1.docker.io", "https://login.docker.com"],
    ["https://AUTH.Docker.IO:8443/token", "https://registry-1.docker.io"],
    ["https://user:secret@auth.docker.io/token", "https://registry-1.docker.io"],
    ["https://auth.acme.co.uk", "https://registry.acme.co.uk"],
    ["https://a.b.acme.com.br", "https://acme.com.br"],
    ["https://auth.xn--bcher-kva.example", "https://xn--bcher-kva.example"],
    ["https://10.0.0.1:1", "https://10.0.0.1:2"],
    ["https://[2606:4700::1]:1", "https://[2606:4700::1]:2"],
    ["https://registry:1", "https://registry:2"],
    ["http://localhost:1", "http://127.0.0.1:2"],
    ["http://[::1]:1", "http://127.9.9.9:2"],
  ])("%s and %s have one owner", (a, b) => {
    expect(isSameSite(new URL(a), new URL(b))).toBe(true);
    expect(isSameSite(new URL(b), new URL(a))).toBe(true);
  });

  test.each([
    ["https://docker.io.evil.com", "https://registry-1.docker.io"],
    ["https://evildocker.io", "https://registry-1.docker.io"],
    ["https://evil-docker.io", "https://registry-1.docker.io"],
    ["https://auth.evildocker.com", "https://registry-1.docker.io"],
    ["https://registry-1.docker.io@evil.com/token", "https://registry-1.docker.io"],
    ["https://evil.com/registry-1.docker.io", "https://registry-1.docker.io"],
    ["https://evil.com#.docker.io", "https://registry-1.docker.io"],
    ["https://evil.com\\.docker.io", "https://registry-1.docker.io"],
    ["https://docker.io.", "https://registry-1.docker.io"],
    ["https://auth.docker.io.", "https://registry-1.docker.io"],
    ["https://docker", "https://registry-1.docker.io"],
    ["https://io", "https://docker.io"],
    ["https://dоcker.io", "https://registry-1.docker.io"],
    ["https://evil.co.uk", "https://registry.acme.co.uk"],
    ["https://co.uk", "https://registry.acme.co.uk"],
    ["https://evil.com.br", "https://acme.com.br"],
    ["https://10.0.0.1", "https://11.0.0.1"],
    ["https://1.2.3.4", "https://9.9.3.4"],
    ["https://[2606:4700::1]", "https://[2606:4700::2]"],
    ["https://registry", "https://auth"],
    ["https://a.localhost", "https://localhost"],
    ["https://127.0.0.1.evil.com", "https://127.0.0.1"],
  ])("%s and %s have not", (a, b) => {
    expect(isSameSite(new URL(a), new URL(b))).toBe(false);
    expect(isSameSite(new URL(b), new URL(a))).toBe(false);
  });
});

describe("isLoopback", () => {
  test.each(["localhost", "[::1]", "127.0.0.1", "127.255.255.254"])("%s", (hostname) => {
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
  ])("not %j", (hostname) => {
    expect(isLoopback(hostname)).toBe(false);
  });
});
