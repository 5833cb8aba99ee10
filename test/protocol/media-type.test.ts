import { describe, expect, test } from "vitest";
import {
  type AcceptClass,
  ALL_TYPES,
  acceptClass,
  acceptHeader,
  essence,
  isManifestType,
  isSignedManifest,
  manifestType,
  parseAcceptClass,
} from "../../src/protocol/media-type.ts";

const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("acceptClass", () => {
  test("all types are four, sorted", () => {
    expect(ALL_TYPES).toBe("dl+dm+oi+om");
  });

  test.each([
    ["one type", OCI_INDEX, "oi"],
    ["two, in whatever order", `${OCI_MANIFEST}, ${DOCKER_LIST}`, "dl+om"],
    ["two without a space", `${DOCKER_LIST},${OCI_MANIFEST}`, "dl+om"],
    ["one twice", `${OCI_INDEX}, ${OCI_INDEX}`, "oi"],
    ["capitals", OCI_INDEX.toUpperCase(), "oi"],
    ["parameters", `${OCI_INDEX}; charset=utf-8; q=0.5`, "oi"],
    ["types that are not known beside one that is", `text/html, ${DOCKER_MANIFEST}`, "dm"],
    ["a q-value of 0 on one", `${OCI_INDEX};q=0, ${OCI_MANIFEST}`, "om"],
    ["a q-value of 0.000 on one", `${OCI_INDEX} ; Q=0.000 , ${OCI_MANIFEST}`, "om"],
    ["a q-value just above 0", `${OCI_INDEX};q=0.001`, "oi"],
    ["a wildcard that is refused", `*/*;q=0, ${OCI_INDEX}`, "oi"],
    ["empty elements", `,, ${OCI_INDEX},`, "oi"],
  ])("reads %s", (_, header, expected) => {
    expect(acceptClass(header)).toBe(expected);
  });

  test.each([
    ["no header", null],
    ["an empty one", ""],
    ["a wildcard", "*/*"],
    ["a wildcard of applications", "application/*"],
    ["a wildcard behind a type", `${OCI_INDEX}, */*;q=0.1`],
    ["nothing that is known", "text/html, application/json"],
    ["nothing but what is refused", `${OCI_INDEX};q=0`],
    ["what every object has", "constructor, __proto__"],
    ["a type that only begins so", `${OCI_INDEX}x`],
  ])("is all types for %s", (_, header) => {
    expect(acceptClass(header)).toBe(ALL_TYPES);
  });
});

describe("acceptHeader", () => {
  test("asks for the types of the class alone", () => {
    expect(acceptHeader("dl+om" as AcceptClass)).toBe(`${DOCKER_LIST}, ${OCI_MANIFEST}`);
    expect(acceptHeader(ALL_TYPES)).toBe(
      `${DOCKER_LIST}, ${DOCKER_MANIFEST}, ${OCI_INDEX}, ${OCI_MANIFEST}`,
    );
  });

  test("reads back as the same class", () => {
    for (const accepted of ["oi", "dl+om", "dl+dm+oi+om"]) {
      expect(acceptClass(acceptHeader(accepted as AcceptClass))).toBe(accepted);
    }
  });
});

test.each([
  ["application/json", "application/json"],
  [" Application/JSON ; charset=utf-8", "application/json"],
  ["a/b;c;d", "a/b"],
  [";", ""],
  ["", ""],
])("the essence of %j is %j", (mediaType, expected) => {
  expect(essence(mediaType)).toBe(expected);
});

test("only schema 1 with signatures is a signed manifest", () => {
  expect(isSignedManifest("application/vnd.docker.distribution.manifest.v1+prettyjws")).toBe(true);
  expect(isSignedManifest("application/vnd.docker.distribution.manifest.v1+json")).toBe(false);
  expect(isSignedManifest(OCI_INDEX)).toBe(false);
});

test.each([
  [OCI_INDEX, true],
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", true],
  ["application/vnd.example.x-y_z.v1+json", true],
  ["application/json", false],
  ["application/vnd.oci.image.layer.v1.tar+gzip", false],
  ["application/vnd.+json", false],
  [`${OCI_INDEX}; charset=utf-8`, false],
  [`${OCI_INDEX}\r\nx: y`, false],
  ["text/html", false],
  ["", false],
])("%j can be the type of a manifest: %s", (mediaType, expected) => {
  expect(isManifestType(mediaType)).toBe(expected);
});

describe("manifestType", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("is what the bytes were labelled as, without parameters", () => {
    expect(manifestType(`${OCI_INDEX}; charset=utf-8`, bytes('{"layers":[]}'))).toBe(OCI_INDEX);
  });

  test.each([
    [`{"mediaType":"${DOCKER_LIST}","layers":[]}`, DOCKER_LIST],
    ['{"mediaType":"text/html","manifests":[]}', OCI_INDEX],
    ['{"manifests":[],"layers":[]}', OCI_INDEX],
    ['{"layers":[]}', OCI_MANIFEST],
    ['{"layers":{}}', null],
    ["{}", null],
    ["<html>", null],
  ])("is what %s tells of itself where the label is none", (text, expected) => {
    for (const label of [null, "", "application/json", "text/plain"]) {
      expect(manifestType(label, bytes(text))).toBe(expected);
    }
  });
});

describe("a class that is written down", () => {
  test.each(["dl", "dm", "oi", "om", "dl+om", "dl+dm+oi+om"])("is read: %s", (raw) => {
    expect(parseAcceptClass(raw)).toBe(raw);
  });

  test.each(["", "+", "om+oi", "oi+oi", "oi+", "+oi", "oi om", "OI", "xx", "oi+xx", "oi,om"])(
    "is not: %j",
    (raw) => {
      expect(parseAcceptClass(raw)).toBeNull();
    },
  );
});
