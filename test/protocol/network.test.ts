import { describe, expect, test } from "vitest";
import { customerPrefix, isInNetwork, parseNetwork } from "../../src/protocol/network.ts";

const NOWHERE = { address: null, country: null, asn: null };

function isIn(network: string, address: string): boolean {
  const parsed = parseNetwork(network);
  if (parsed === null) throw new Error(`${network} is none`);
  return isInNetwork(parsed, { ...NOWHERE, address });
}

describe("an address is in", () => {
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
  ])("%s: %s", (network, address) => {
    expect(isIn(network, address)).toBe(true);
  });

  test.each([
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
  ])("not %s: %s", (network, address) => {
    expect(isIn(network, address)).toBe(false);
  });

  test("nothing is in a prefix that has no address", () => {
    const everything = parseNetwork("0.0.0.0/0");
    expect(everything && isInNetwork(everything, NOWHERE)).toBe(false);
  });
});

test("a country and a network operator are what they are, and nothing else", () => {
  const country = parseNetwork("country:cn");
  const asn = parseNetwork("ASN:4134");
  expect(country).toEqual({ kind: "country", code: "CN" });
  expect(asn).toEqual({ kind: "asn", number: 4134 });
  if (country === null || asn === null) return;
  const from = { ...NOWHERE, country: "CN", asn: 1 };
  expect([isInNetwork(country, from), isInNetwork(asn, from)]).toEqual([true, false]);
  expect(isInNetwork(asn, { ...NOWHERE, asn: 4134 })).toBe(true);
  expect([isInNetwork(country, NOWHERE), isInNetwork(asn, NOWHERE)]).toEqual([false, false]);
});

describe("no network is", () => {
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
  ])("%j", (raw) => {
    expect(parseNetwork(raw)).toBeNull();
  });
});

describe("a customer", () => {
  test.each([
    ["198.51.100.7", "198.51.100.7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["2001:db8:1:2:3:4:5:6", "20010db800010002/64"],
    ["2001:db8:1:2::", "20010db800010002/64"],
    ["::1", "0/64"],
    ["", null],
    ["unknown", null],
  ])("of %j is %j", (address, customer) => {
    expect(customerPrefix(address)).toBe(customer);
  });
});
