/** A network from which clients may be allowed. @returns whether a client is in it. */
export type Network = (from: ClientLocation) => boolean;

/** The network location of a client, as the platform reports it. */
export interface ClientLocation {
  /** IP address, or null. */
  readonly address: string | null;
  /** ISO 3166-1 alpha-2, or null. */
  readonly country: string | null;
  /** Number of the autonomous system, or null. */
  readonly asn: number | null;
}

/** An IP address: four bytes, or eight groups of 16 bits. */
type Address = readonly number[];

/**
 * Parses a CIDR prefix (RFC 4632, RFC 4291 section 2.3) or single address, `country:CN` or
 * `asn:4134`.
 *
 * @returns null if it is none of these. A client of unknown location is in no network.
 */
export function parseNetwork(raw: string): Network | null {
  const [, country] = /^country:([a-z]{2})$/i.exec(raw) ?? [];
  if (country) return (from) => from.country === country.toUpperCase();
  const [, asn] = /^asn:(\d{1,10})$/i.exec(raw) ?? [];
  if (asn) return (from) => from.asn === Number(asn);
  const [, text = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(raw) ?? [];
  const address = parseAddress(text);
  if (address === null) return null;
  const bits = bitsOf(address);
  const length = Number(digits ?? bits.length);
  if (length > bits.length) return null;
  return (from) => {
    const client = parseAddress(from.address ?? "");
    return client?.length === address.length && bitsOf(client).startsWith(bits.slice(0, length));
  };
}

/**
 * @returns the address; for IPv6 its /64 prefix, which one customer usually has; null if it is not
 * an address.
 */
export function customerPrefix(address: string): string | null {
  const groups = parseAddress(address);
  return groups && (isV4(groups) ? groups.join(".") : `${hex(groups.slice(0, 4))}/64`);
}

/**
 * @returns the /24 or /48 network of the address, which identifies no single person; null if it is
 * not an address.
 */
export function anonymizeAddress(address: string): string | null {
  const groups = parseAddress(address);
  if (groups === null) return null;
  const network = groups.slice(0, 3);
  return isV4(groups) ? `${network.join(".")}.0/24` : `${hex(network)}::/48`;
}

function isV4({ length }: Address): boolean {
  return length === 4;
}

function hex(groups: Address): string {
  return groups.map((group) => group.toString(16)).join(":");
}

/** @returns all bits of the address as digits. */
function bitsOf(address: Address): string {
  const width = isV4(address) ? 8 : 16;
  return address.map((group) => group.toString(2).padStart(width, "0")).join("");
}

/** For IPv6 the URL parser knows the grammar (RFC 4291, section 2.2) and writes the canonical form. */
function parseAddress(raw: string): Address | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(raw)) {
    const bytes = raw.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : null;
  }
  if (!/^[0-9a-f:.]{2,45}$/i.test(raw)) return null;
  const host = URL.parse(`http://[${raw}]`)?.hostname.slice(1, -1);
  if (host === undefined) return null;
  const [before = [], after = []] = host.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  // An IPv4 client of an IPv6 socket (RFC 4291, section 2.5.5.2).
  if (!host.startsWith("::ffff:") || after.length !== 3) return groups;
  return groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
}
