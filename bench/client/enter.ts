/** What a client sends along once it has been let in. */
export type Pass = Readonly<Record<string, string>>;

/**
 * Enters a registry as docker does at the start of each pull: a ping, and where that is refused, a
 * token from wherever the challenge says.
 *
 * @returns the headers for the requests that follow; none for an open mirror.
 */
export async function enter(origin: string, repository: string): Promise<Pass> {
  const ping = await fetch(`${origin}/v2/`);
  await ping.arrayBuffer();
  if (ping.status === 200) return {};
  const challenge = ping.headers.get("www-authenticate");
  if (ping.status !== 401 || challenge === null) {
    throw new Error(`GET ${origin}/v2/ answers ${ping.status}.`);
  }
  const answer = await fetch(tokenUrl(challenge, repository));
  const { token } = (await answer.json()) as { token?: string };
  if (token === undefined) throw new Error(`${answer.url} answers ${answer.status}, no token.`);
  return { authorization: `Bearer ${token}` };
}

function tokenUrl(challenge: string, repository: string): URL {
  const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const url = new URL(parameter("realm"));
  url.searchParams.set("service", parameter("service"));
  url.searchParams.set("scope", `repository:${repository}:pull`);
  return url;
}
