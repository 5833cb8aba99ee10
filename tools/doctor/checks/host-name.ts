import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";

/** Names that phishing reports are made of; the account's part of a workers.dev name counts too. */
const BRANDS = /docker|dckr|ghcr|quay|gcr\b|k8s|kubernetes|google|github|microsoft|nvidia|hub/i;

/** A look-alike of a brand gets reported, and then blocked. */
export const hostName: Check = {
  name: "host-name",
  async run({ target }) {
    const { hostname } = target.origin;
    const [brand] = BRANDS.exec(hostname) ?? [];
    if (brand !== undefined) {
      return warning(
        `${hostname} has "${brand}" in it`,
        "such names get reported as phishing, and are blocked then: take one without a brand",
      );
    }
    return ok(
      hostname.endsWith(".workers.dev")
        ? `${hostname}; workers.dev is blocked in places, a domain of your own seldom is`
        : hostname,
    );
  },
};
