import { describe, expect, test } from "vitest";
import {
  anonymizeAddress,
  type ClientLocation,
  customerPrefix,
  parseNetwork,
} from "../../src/protocol/network.ts";

const NOWHERE: ClientLocation = { address: null, country: null, asn: null };

function isIn(raw: string, location: Partial<ClientLocation>): boolean {
  const network = parseNetwork(raw);
  if (network === null) throw new Error(`${raw} is not a network`);
  return network({ ...NOWHERE, ...location });
}

describe("a prefix", () => {
  test.each([
    ["0.0.0.0/0", "255.255.255.255"],
    ["10.0.0.0/8", "10.255.0.1"],
    ["10.1.2.3/8", "10.9.9.9"],
    ["198.51.100.128/25", "198.51.100.128"],
    ["198.51.100.7", "198.51.100.7"],
    ["198.51.100.7/32", "198.51.100.7"],
    ["198.51.100.0/24", "::ffff:198.51.100.7"],
    ["198.51.100.0/24", "::FFFF:c633:6407"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["::/0", "2001:db8::1"],
    ["2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2001:DB8::/32", "2001:0db8:0:0:0:0:0:1"],
    ["2001:db8::1", "2001:db8:0:0::1"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["fe80::/10", "febf::1"],
    ["64:ff9b::/96", "64:ff9b::198.51.100.7"],
  ])("%s contains %s", (network, address) => {
    expect(isIn(network, { address })).toBe(true);
  });

  test.each([
    ["0.0.0.0/0", null],
    ["10.0.0.0/8", "11.0.0.0"],
    ["198.51.100.128/25", "198.51.100.127"],
    ["198.51.100.7", "198.51.100.8"],
    ["2001:db8::/32", "2001:db9::"],
    ["2001:db8::/33", "2001:db8:8000::"],
    ["::1", "::2"],
    ["0.0.0.0/0", "2001:db8::1"],
    ["::/0", "198.51.100.7"],
    ["::/0", "::ffff:198.51.100.7"],
    ["10.0.0.0/8", "10.0.0.1, 11.0.0.1"],
    ["10.0.0.0/8", ""],
    ["10.0.0.0/8", "010.0.0.1 "],
    ["10.0.0.0/8", "10.0.0"],
    ["10.0.0.0/8", "10.0.0.256"],
    ["10.0.0.0/8", "167772161"],
    ["::/0", "fe80::1%eth0"],
    ["::/0", "[::1]"],
    ["::/0", ":::"],
    ["::/0", "1:2:3:4:5:6:7:8:9"],
    ["::/0", "x"],
  ])("%s does not contain %s", (network, address) => {
    expect(isIn(network, { address })).toBe(false);
  });
});

test.each([
  ["country:cn", { country: "CN" }, true],
  ["Country:CN", { country: "CN" }, true],
  ["country:CN", { country: "DE", asn: 4134 }, false],
  ["country:CN", {}, false],
  ["asn:4134", { asn: 4134 }, true],
  ["ASN:4134", { asn: 4134 }, true],
  ["asn:4134", { country: "CN", asn: 1 }, false],
  ["asn:4134", {}, false],
])("%s contains %j: %s", (network, location, expected) => {
  expect(isIn(network, location)).toBe(expected);
});

test.each([
  "",
  " ",
  "/",
  "/8",
  "10.0.0.0/",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "10.0.0.0/8.0",
  "10.0.0/8",
  "10.0.0.0.0/8",
  "10.0.0.256",
  "0x0a.0.0.1",
  "2001:db8::/129",
  "2001:db8::g/32",
  "2001::db8::/32",
  "1:2:3:4:5:6:7",
  "::1%eth0",
  "[::1]",
  "country:",
  "country:C",
  "country:CHN",
  "country:C1",
  "asn:",
  "asn:x",
  "asn:12345678901",
  "asn:-1",
  "city:Berlin",
  "example.com",
  "*",
])("%j is not a network", (raw) => {
  expect(parseNetwork(raw)).toBeNull();
});

test.each([
  ["198.51.100.7", "198.51.100.7", "198.51.100.0/24"],
  ["::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2/64", "2001:db8:1::/48"],
  ["2001:db8:1:2::", "2001:db8:1:2/64", "2001:db8:1::/48"],
  ["::1", "0:0:0:0/64", "0:0:0::/48"],
  ["", null, null],
  ["unknown", null, null],
])("the customer of %j is %j, and its anonymous address %j", (address, customer, anonymous) => {
  expect([customerPrefix(address), anonymizeAddress(address)]).toEqual([customer, anonymous]);
});
