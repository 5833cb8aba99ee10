/** The tokens of one token service, which gives them to anybody. */
export interface Tokens {
  /** @returns a new one. */
  issue(): string;
  /** Does this `Authorization` have one that is still good? */
  isGood(authorization: string | null): boolean;
  /** All of them end now, whatever was said of their life. */
  end(): void;
}

/** @param issuer what the tokens begin with, so that a stray one can be told. */
export function createTokens(issuer: string): Tokens {
  const good = new Set<string>();
  let count = 0;
  return {
    issue() {
      count += 1;
      const token = `stand-in.${issuer}.${count}`;
      good.add(`Bearer ${token}`);
      return token;
    },
    isGood: (authorization) => good.has(authorization ?? ""),
    end: () => good.clear(),
  };
}

/** @returns what a host may be sent that takes the tokens of one token service. */
export function bearerOf(issuer: string): RegExp {
  return new RegExp(`^Bearer stand-in\\.${issuer.replaceAll(".", "\\.")}\\.\\d+$`);
}

/** @returns 401 with a challenge. */
export function challenge(header: string): Response {
  const body = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';
  return new Response(body, {
    status: 401,
    headers: { "content-type": "application/json", "www-authenticate": header },
  });
}
