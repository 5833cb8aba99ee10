/** A network from which clients may be allowed. */
export type Network =
  | {
      readonly kind: "prefix";
      readonly version: 4 | 6;
      readonly bits: bigint;
      readonly length: number;
    }
  | { readonly kind: "country"; readonly code: string }
  | { readonly kind: "asn"; readonly number: number };

/** The network location of a client, as the platform reports it. */
export interface ClientLocation {
  /** IP address, or null. */
  readonly address: string | null;
  /** ISO 3166-1 alpha-2, or null. */
  readonly country: string | null;
  /** Number of the autonomous system, or null. */
  readonly asn: number | null;
}

const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

/**
 * Parses a CIDR prefix (RFC 4632, RFC 4291 section 2.3) or single address, `country:CN` or
 * `asn:4134`.
 *
 * @returns null if it is none of these.
 */
export function parseNetwork(raw: string): Network | null {
  const [, kind, value = ""] = /^(country|asn):(\w+)$/i.exec(raw) ?? [];
  if (kind?.toLowerCase() === "country") {
    return /^[a-z]{2}$/i.test(value) ? { kind: "country", code: value.toUpperCase() } : null;
  }
  if (kind) return /^\d{1,10}$/.test(value) ? { kind: "asn", number: Number(value) } : null;
  return parsePrefix(raw);
}

/** @returns whether the client is in the network; an unknown location is in none. */
export function isInNetwork(network: Network, from: ClientLocation): boolean {
  if (network.kind === "country") return from.country === network.code;
  if (network.kind === "asn") return from.asn === network.number;
  const address = from.address === null ? null : parseAddress(from.address);
  if (address === null || address.version !== network.version) return false;
  const shift = BigInt(ADDRESS_BITS[network.version] - network.length);
  return address.bits >> shift === network.bits >> shift;
}

/**
 * @returns the address; for IPv6 its /64 prefix, which one customer usually has; null if it is not
 * an address.
 */
export function customerPrefix(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const { version, bits } = parsed;
  return version === 4 ? dotted(bits) : `${(bits >> 64n).toString(16)}/64`;
}

/**
 * @returns the /24 or /48 network of the address, which identifies no single person; null if it is
 * not an address.
 */
export function anonymizeAddress(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const { version, bits } = parsed;
  if (version === 4) return `${dotted((bits >> 8n) << 8n)}/24`;
  const groups = [112n, 96n, 80n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  return `${groups.join(":")}::/48`;
}

function dotted(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
}

function parsePrefix(raw: string): Network | null {
  const [, text = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(raw) ?? [];
  const address = parseAddress(text);
  if (address === null) return null;
  const most = ADDRESS_BITS[address.version];
  const length = digits === undefined ? most : Number(digits);
  return length > most ? null : { kind: "prefix", ...address, length };
}

function parseAddress(raw: string): { version: 4 | 6; bits: bigint } | null {
  const v4 = parseV4(raw);
  if (v4 !== null) return { version: 4, bits: v4 };
  const v6 = parseV6(raw);
  if (v6 === null) return null;
  // An IPv4 client of an IPv6 socket (RFC 4291, section 2.5.5.2).
  return v6 >> 32n === 0xffffn ? { version: 4, bits: v6 & 0xffffffffn } : { version: 6, bits: v6 };
}

function parseV4(raw: string): bigint | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(raw)) return null;
  const bytes = raw.split(".").map(Number);
  if (bytes.some((byte) => byte > 255)) return null;
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** RFC 4291, section 2.2. The URL parser knows the grammar and writes the canonical form. */
function parseV6(raw: string): bigint | null {
  if (!/^[0-9a-f:.]{2,45}$/i.test(raw)) return null;
  const host = URL.parse(`http://[${raw}]`)?.hostname.slice(1, -1);
  if (host === undefined) return null;
  const [head = "", tail] = host.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(Number.parseInt(group, 16)), 0n);
}
