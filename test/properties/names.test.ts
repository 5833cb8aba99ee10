import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDigest } from "../../src/protocol/digest.ts";
import { RegistryError } from "../../src/protocol/errors.ts";
import { parseImageGlob } from "../../src/protocol/glob.ts";
import { inNamespace, type Name, parseImageName } from "../../src/protocol/name.ts";
import { customerPrefix, parseNetwork } from "../../src/protocol/network.ts";
import { isAllowedTarget, isLoopback } from "../../src/protocol/origin.ts";
import { parseReference, referenceText, type Tag } from "../../src/protocol/reference.ts";
import { parseRoute, type Route } from "../../src/protocol/route.ts";
import { digests, hostileText, names, near, PURE, tags } from "./arbitrary.ts";

const COMPONENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

test("a valid name is read unchanged, and belongs to its namespace", () => {
  const check = (name: Name) => {
    expect(parseImageName(name)).toEqual({ requestedName: name, host: null, name });
    expect(parseImageName(`docker.io/${name}`)).toMatchObject({ host: "docker.io", name });
    expect(inNamespace(name, "library")).toBe(name.includes("/") ? name : `library/${name}`);
  };
  fc.assert(fc.property(names, check), PURE);
});

test("whatever is read as a name is valid", () => {
  const check = (text: string) => {
    const image = parseImageName(text);
    if (image === null) return;
    expect(image.requestedName).toBe(text);
    expect(image.host === null ? image.name : `${image.host}/${image.name}`).toBe(text);
    expect(image.name.length).toBeLessThanOrEqual(255);
    for (const component of image.name.split("/")) expect(component).toMatch(COMPONENT);
  };
  fc.assert(fc.property(fc.oneof(hostileText("a/", "a.b/"), names), check), PURE);
});

test("a reference is a tag or a digest, and is written back as it was read", () => {
  const check = (text: string) => {
    const reference = parseReference(text);
    if (reference === null) return;
    expect(referenceText(reference)).toBe(text);
    const isDigest = parseDigest(text) !== null;
    expect(reference.kind).toBe(isDigest ? "digest" : "tag");
    if (!isDigest) expect(text).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
  };
  const near = fc.tuple(digests, hostileText()).map(([digest, rest]) => digest + rest);
  fc.assert(fc.property(fc.oneof(tags, digests, near, hostileText("sha256:")), check), PURE);
});

test("a path made of valid parts is parsed into them", () => {
  const check = (name: Name, tag: Tag, digest: string) => {
    const image = { requestedName: name, host: null, name };
    const routes: [string, object][] = [
      [`manifests/${tag}`, { kind: "manifest", image, reference: { kind: "tag", tag } }],
      [`manifests/${digest}`, { kind: "manifest", image, reference: { kind: "digest", digest } }],
      [`blobs/${encodeURIComponent(digest)}`, { kind: "blob", image, digest }],
      [`referrers/${digest}`, { kind: "referrers", image, digest }],
      ["tags/list", { kind: "tags", image }],
    ];
    for (const [path, route] of routes) expect(parseRoute(`/v2/${name}/${path}`)).toEqual(route);
  };
  fc.assert(fc.property(names, tags, digests, check), PURE);
});

test("any other path is a registry error", () => {
  const codes = ["UNSUPPORTED", "NAME_INVALID", "DIGEST_INVALID", "MANIFEST_UNKNOWN"];
  const check = (text: string) => {
    const route = attempt(() => parseRoute(`/v2/${text}`));
    if (route instanceof RegistryError) expect(codes).toContain(route.code);
    else expect(["base", "manifest", "blob", "tags", "referrers"]).toContain(route.kind);
  };
  const pieces = ["a", "/manifests/", "/blobs/", "/tags/list", "sha256:", "%3A", "%2f"];
  fc.assert(fc.property(hostileText(...pieces), check), PURE);
});

const globs = fc
  .array(fc.constantFrom("a", "b", "/", "-", "*", "**"), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(""));
const candidates = fc
  .array(fc.constantFrom("a", "b", "/", "-"), { maxLength: 8 })
  .map((parts) => parts.join("") as Name);

test("an image pattern matches like the equivalent regular expression", () => {
  const check = (text: string, candidate: Name) => {
    const glob = parseImageGlob(text);
    if (glob === null) return;
    expect(glob.matchesName(candidate)).toBe(patternOf(text).test(candidate));
  };
  fc.assert(fc.property(globs, candidates, check), PURE);
});

test("an image pattern that is not read matches no name", () => {
  const check = (text: string, filling: string) => {
    if (parseImageGlob(text) !== null) return;
    const candidate = text.replace(/\*+/g, filling);
    expect(patternOf(text).test(candidate) && parseImageName(candidate) !== null).toBe(false);
  };
  fc.assert(fc.property(globs, candidates, check), PURE);
});

test("an image pattern that is read matches a name", () => {
  const check = (text: string) => {
    const glob = parseImageGlob(text);
    if (glob === null) return;
    const image = parseImageName(text.replace(/\*+/g, "a"));
    expect(image !== null && glob.matchesName(image.name)).toBe(true);
  };
  fc.assert(fc.property(globs, check), PURE);
});

function patternOf(glob: string): RegExp {
  const pattern = glob.replace(/\*\*+/g, "(.|)*").replace(/(?<!\))\*/g, "[^/]*");
  return new RegExp(`^${pattern}$`);
}

test("an image pattern of any text is read unchanged, or not at all", () => {
  const check = (text: string, name: Name) => {
    const glob = parseImageGlob(text);
    if (glob === null) return;
    expect(glob.text).toBe(text);
    expect(typeof glob.matchesName(name)).toBe("boolean");
  };
  fc.assert(fc.property(fc.oneof(hostileText("a/*", "**"), names), names, check), PURE);
});

function attempt(work: () => Route): Route | RegistryError {
  try {
    return work();
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}

const HUB = new URL("https://registry-1.docker.io");
const nowhere = { country: null, asn: null };
const bits32 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const bits128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

test("an address is in a prefix if their first bits are the same", () => {
  const check =
    (write: (bits: bigint) => string, width: number) =>
    (a: bigint, b: bigint, length: number, isNear: boolean) => {
      const shift = BigInt(width - length);
      const other = isNear ? ((a >> shift) << shift) | (b & ((1n << shift) - 1n)) : b;
      const network = parseNetwork(`${write(a)}/${length}`);
      if (network === null) throw new Error(`${write(a)}/${length} is not read`);
      const isIn = a >> shift === other >> shift;
      expect(network({ ...nowhere, address: write(other) })).toBe(isIn);
    };
  const four = fc.property(bits32, bits32, fc.nat({ max: 32 }), fc.boolean(), check(dotted, 32));
  fc.assert(four, PURE);
  // Of those that begin with zeros some are IPv4 addresses in disguise.
  const real = bits128.map((bits) => bits | (1n << 127n));
  const length = fc.integer({ min: 1, max: 128 });
  fc.assert(fc.property(real, real, length, fc.boolean(), check(groups, 128)), PURE);
});

test("a network of any text, and an address of any text, are read without an error", () => {
  const check = (text: string, address: string) => {
    const network = parseNetwork(text);
    if (network === null) return;
    expect(typeof network({ ...nowhere, address })).toBe("boolean");
    expect(network({ ...nowhere, address: null })).toBe(false);
  };
  const networks = near(["10.0.0.0/8", "2001:db8::/32", "country:CN", "asn:64496"], "/", "::", "1");
  const addresses = near(["10.1.2.3", "2001:db8::1"], "::", ".", "1");
  fc.assert(fc.property(networks, addresses, check), PURE);
});

test("all addresses of a /64 have one prefix, and no two networks share one", () => {
  const check = (a: bigint, b: bigint) => {
    const prefix = customerPrefix(groups(a));
    expect(customerPrefix(groups(((a >> 64n) << 64n) | (b & (2n ** 64n - 1n))))).toBe(prefix);
    expect(customerPrefix(groups(b)) === prefix).toBe(a >> 64n === b >> 64n);
  };
  const real = bits128.map((bits) => bits | (1n << 127n));
  fc.assert(fc.property(real, real, check), PURE);
});

const urls = fc
  .tuple(
    fc.constantFrom("https:", "http:", "ftp:", "data:", "javascript:", ""),
    fc.constantFrom("//", "", "///", "\\\\"),
    hostileText(
      "docker.io",
      "auth.",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "0x7f.1",
      "@",
      ".internal",
      ".home.arpa",
      ".lan",
    ),
  )
  .map((parts) => URL.parse(parts.join(""), HUB.href))
  .filter((url) => url !== null);

test("redirects and realms of the upstream lead to https and public host names only", () => {
  const check = (url: URL) => {
    if (!isAllowedTarget(url, HUB)) return;
    expect(url.protocol).toBe("https:");
    expect(url.username + url.password).toBe("");
    expect(isLoopback(url.hostname)).toBe(false);
    expect(url.hostname).not.toMatch(/^[\d.]+$|^\[|:|\.(localhost|local|internal|home\.arpa|lan)$/);
    expect(url.hostname).toContain(".");
  };
  fc.assert(fc.property(urls, check), PURE);
});

function dotted(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
}

function groups(bits: bigint): string {
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n];
  return shifts.map((shift) => ((bits >> shift) & 0xffffn).toString(16)).join(":");
}
