import { expect, test } from "vitest";
import {
  type AcceptClass,
  ALL_TYPES,
  acceptHeader,
  essence,
  isManifestType,
  isSignedManifest,
  manifestType,
  parseAccept,
} from "../../src/protocol/media-type.ts";

const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

test.each([
  ["one type", OCI_INDEX, "oi"],
  ["two types in any order", `${OCI_MANIFEST}, ${DOCKER_LIST}`, "dl+om"],
  ["two types without a space", `${DOCKER_LIST},${OCI_MANIFEST}`, "dl+om"],
  ["a repeated type", `${OCI_INDEX}, ${OCI_INDEX}`, "oi"],
  ["upper case", OCI_INDEX.toUpperCase(), "oi"],
  ["parameters", `${OCI_INDEX}; charset=utf-8; q=0.5`, "oi"],
  ["an unknown type beside a known one", `text/html, ${DOCKER_MANIFEST}`, "dm"],
  ["a q-value of 0", `${OCI_INDEX};q=0, ${OCI_MANIFEST}`, "om"],
  ["a q-value of 0.000", `${OCI_INDEX} ; Q=0.000 , ${OCI_MANIFEST}`, "om"],
  ["a q-value just above 0", `${OCI_INDEX};q=0.001`, "oi"],
  ["a wildcard with a q-value of 0", `*/*;q=0, ${OCI_INDEX}`, "oi"],
  ["empty elements", `,, ${OCI_INDEX},`, "oi"],
  ["no header", null, "dl+dm+oi+om"],
  ["an empty header", "", "dl+dm+oi+om"],
  ["a wildcard", "*/*", "dl+dm+oi+om"],
  ["a wildcard for applications", "application/*", "dl+dm+oi+om"],
  ["a wildcard after a type", `${OCI_INDEX}, */*;q=0.1`, "dl+dm+oi+om"],
  ["only unknown types", "text/html, application/json", "dl+dm+oi+om"],
  ["only a q-value of 0", `${OCI_INDEX};q=0`, "dl+dm+oi+om"],
  ["the names of object properties", "constructor, __proto__", "dl+dm+oi+om"],
  ["a longer type", `${OCI_INDEX}x`, "dl+dm+oi+om"],
])("parseAccept reads %s", (_, header, expected) => {
  expect(parseAccept(header)).toBe(expected);
});

test.each([
  ["oi", OCI_INDEX],
  ["dl+om", `${DOCKER_LIST}, ${OCI_MANIFEST}`],
  [ALL_TYPES, `${DOCKER_LIST}, ${DOCKER_MANIFEST}, ${OCI_INDEX}, ${OCI_MANIFEST}`],
])("acceptHeader writes the types of %s, and parseAccept reads them", (accepted, header) => {
  expect(acceptHeader(accepted as AcceptClass)).toBe(header);
  expect(parseAccept(header)).toBe(accepted);
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

test.each([
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", true],
  ["application/vnd.docker.distribution.manifest.v1+json", false],
  [OCI_INDEX, false],
])("%s is a signed manifest: %s", (mediaType, expected) => {
  expect(isSignedManifest(mediaType)).toBe(expected);
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
])("%j may be the type of a manifest: %s", (mediaType, expected) => {
  expect(isManifestType(mediaType)).toBe(expected);
});

const encode = (text: string) => new TextEncoder().encode(text);

test("the type of a manifest is its Content-Type, without parameters", () => {
  const type = manifestType(`${OCI_INDEX}; charset=utf-8`, encode('{"layers":[]}'));
  expect(type).toBe(OCI_INDEX);
});

test.each([
  [`{"mediaType":"${DOCKER_LIST}","layers":[]}`, DOCKER_LIST],
  ['{"mediaType":"text/html","manifests":[]}', OCI_INDEX],
  ['{"manifests":[],"layers":[]}', OCI_INDEX],
  ['{"layers":[]}', OCI_MANIFEST],
  ['{"layers":{}}', null],
  ["{}", null],
  ["<html>", null],
])("the type of %s without a usable Content-Type is %s", (text, expected) => {
  for (const contentType of [null, "", "application/json", "text/plain"]) {
    expect(manifestType(contentType, encode(text))).toBe(expected);
  }
});
