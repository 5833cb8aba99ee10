import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDigest } from "../../../src/protocol/digest.ts";
import { RegistryError } from "../../../src/protocol/errors.ts";
import { parseImageGlob } from "../../../src/protocol/glob.ts";
import { inNamespace, type Name, parseImageName } from "../../../src/protocol/name.ts";
import { parseReference, referenceText, type Tag } from "../../../src/protocol/reference.ts";
import { parseRoute, type Route } from "../../../src/protocol/route.ts";
import { digests, hostileText, names, tags } from "../arbitrary.ts";
import { PURE } from "../runs.ts";

const COMPONENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

test("a name by the grammar is read as it is, and belongs to its namespace", () => {
  const check = (name: Name) => {
    expect(parseImageName(name)).toEqual({ asked: name, host: null, name });
    expect(parseImageName(`docker.io/${name}`)).toMatchObject({ host: "docker.io", name });
    expect(inNamespace(name, "library")).toBe(name.includes("/") ? name : `library/${name}`);
  };
  fc.assert(fc.property(names, check), PURE);
});

test("whatever is read as a name is one by the grammar", () => {
  const check = (text: string) => {
    const image = parseImageName(text);
    if (image === null) return;
    expect(image.asked).toBe(text);
    expect(image.host === null ? image.name : `${image.host}/${image.name}`).toBe(text);
    expect(image.name.length).toBeLessThanOrEqual(255);
    for (const component of image.name.split("/")) expect(component).toMatch(COMPONENT);
  };
  fc.assert(fc.property(fc.oneof(hostileText("a/", "a.b/"), names), check), PURE);
});

test("a reference is a tag or a digest, and is written as it was read", () => {
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

test("a path that is put together of its parts is taken apart into them", () => {
  const check = (name: Name, tag: Tag, digest: string) => {
    const image = { asked: name, host: null, name };
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

test("any other path is an error of the registry, and nothing else", () => {
  const codes = ["UNSUPPORTED", "NAME_INVALID", "DIGEST_INVALID", "MANIFEST_UNKNOWN"];
  const check = (text: string) => {
    const route = attempt(() => parseRoute(`/v2/${text}`));
    if (route instanceof RegistryError) expect(codes).toContain(route.code);
    else expect(["base", "manifest", "blob", "tags", "referrers"]).toContain(route.kind);
  };
  const pieces = ["a", "/manifests/", "/blobs/", "/tags/list", "sha256:", "%3A", "%2f"];
  fc.assert(fc.property(hostileText(...pieces), check), PURE);
});

test("a pattern matches what the same pattern matches as a regular expression", () => {
  const globs = fc
    .array(fc.constantFrom("a", "b", "/", "-", "*", "**"), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(""));
  const candidates = fc
    .array(fc.constantFrom("a", "b", "/", "-"), { maxLength: 8 })
    .map((parts) => parts.join("") as Name);
  const check = (text: string, candidate: Name) => {
    const pattern = text.replace(/\*\*+/g, "(.|)*").replace(/(?<!\))\*/g, "[^/]*");
    expect(parseImageGlob(text)?.matchesName(candidate)).toBe(
      new RegExp(`^${pattern}$`).test(candidate),
    );
  };
  fc.assert(fc.property(globs, candidates, check), PURE);
});

test("a pattern of any text is read as it is, or not at all", () => {
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
