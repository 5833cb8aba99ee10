const WINDOW_SECONDS = 21_600;
const ANONYMOUS_SOURCE = "192.0.2.7";

/** The pulls of each account. */
export interface Quota {
  /** Takes one pull from an account, or from the anonymous. False when none is left. */
  spend(account: string | null): boolean;
  /** The quota headers for an account. */
  headers(account: string | null): Record<string, string>;
  /** How many pulls were spent by everyone since the last reset, however long ago. */
  total(): number;
  reset(): void;
}

/** A quota with the window of Docker Hub: six hours, counted from each pull. */
export function createQuota(limits: {
  anonymous: number;
  account: number;
  now: () => number;
}): Quota {
  const spent = new Map<string | null, number[]>();
  let total = 0;
  const limit = (account: string | null) => (account === null ? limits.anonymous : limits.account);
  function recent(account: string | null): number[] {
    const since = limits.now() - WINDOW_SECONDS * 1000;
    const times = spent.get(account) ?? [];
    spent.set(account, times);
    // The oldest come first.
    while (times[0] !== undefined && times[0] <= since) times.shift();
    return times;
  }
  return {
    spend(account) {
      if (recent(account).length >= limit(account)) return false;
      recent(account).push(limits.now());
      total += 1;
      return true;
    },
    headers: (account) => ({
      "ratelimit-limit": `${limit(account)};w=${WINDOW_SECONDS}`,
      "ratelimit-remaining": `${limit(account) - recent(account).length};w=${WINDOW_SECONDS}`,
      "docker-ratelimit-source": account === null ? ANONYMOUS_SOURCE : `account-${account}`,
    }),
    total: () => total,
    reset() {
      spent.clear();
      total = 0;
    },
  };
}
