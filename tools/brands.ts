/** Names that phishing reports look for. The account's part of a workers.dev name counts too. */
const BRANDS = /docker|dckr|ghcr|quay|gcr\b|k8s|kubernetes|google|github|microsoft|nvidia|hub/i;

/** @returns the brand that a host name imitates: such hosts get reported, then blocked; or null. */
export function brandIn(host: string): string | null {
  return BRANDS.exec(host)?.[0] ?? null;
}
