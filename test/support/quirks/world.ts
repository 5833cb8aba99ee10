/** One host of a stand-in. */
export interface Host {
  answer(request: Request): Response;
  /** What an `Authorization` may look like that is sent here; none may, unless told. */
  readonly welcomes?: RegExp;
}

export type Hosts = Readonly<Record<string, Host>>;

/** Hosts by their names, and nothing else: what is sent elsewhere is a leak. */
export interface World {
  readonly fetch: typeof fetch;
  /** What was asked since the last time, such as `ghcr.io GET /token?service=ghcr.io`. */
  calls(): string[];
  /** The header of every request since the beginning, null where there was none. */
  sent(header: string): (string | null)[];
  /** What should never have been sent where it was; a test wants it empty. */
  readonly leaks: readonly string[];
}

export function createWorld(hosts: Hosts): World {
  const requests: Request[] = [];
  const leaks: string[] = [];
  let seen = 0;
  return {
    leaks,
    async fetch(input, init) {
      const request = new Request(input as string, init as RequestInit);
      requests.push(request);
      const { protocol, host } = new URL(request.url);
      const known = protocol === "https:" ? hosts[host] : undefined;
      const authorization = request.headers.get("authorization");
      if (known === undefined) leaks.push(`${callOf(request)}: a host that is not of this world`);
      else if (authorization !== null && !known.welcomes?.test(authorization)) {
        leaks.push(`${callOf(request)}: an Authorization that is not for it`);
      }
      if (known === undefined) throw new TypeError("Name not resolved.");
      return known.answer(request);
    },
    calls() {
      const fresh = requests.slice(seen).map(callOf);
      seen = requests.length;
      return fresh;
    },
    sent: (header) => requests.map(({ headers }) => headers.get(header)),
  };
}

function callOf({ method, url }: Request): string {
  const { protocol, host, pathname, search } = new URL(url);
  const origin = protocol === "https:" ? host : `${protocol}//${host}`;
  return `${origin} ${method} ${pathname}${decodeURIComponent(search)}`;
}
