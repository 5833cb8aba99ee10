import { RegistryError } from "../protocol/errors.ts";
import { discard } from "./body.ts";
import type { Origin } from "./upstream.ts";

/** The reason of the failure that means a wrong username or password. */
export const ACCOUNT_REJECTED = "account rejected";

/** @returns the failure of the mirror's own account, at a token service or a registry. */
export function accountRejected({ host }: URL): RegistryError {
  return new RegistryError(
    "UNAVAILABLE",
    `${host} rejects the mirror's account: its owner must check UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS`,
    { reason: ACCOUNT_REJECTED },
  );
}

/**
 * With HTTP Basic there is no token service that would say so: an account that `/v2/` does not take
 * either is wrong, and not just without rights to what was asked for.
 *
 * @param header the `Authorization` that was refused, or null.
 * @throws RegistryError UNAVAILABLE if the account is wrong, and as `Http.send`.
 */
export async function checkBasicAccount(
  { http }: Origin,
  { origin }: URL,
  header: string | null,
): Promise<void> {
  if (!header?.startsWith("Basic ")) return;
  const url = new URL("/v2/", origin);
  const response = await http.send({ url, method: "GET", headers: { authorization: header } });
  discard(response);
  if (response.status === 401) throw accountRejected(url);
}
