import type { Fault, HubFilter, Interceptor } from "../../support/hub.ts";

type Answer = Response | Fault;

/**
 * Answers some of the upstream's requests differently.
 *
 * @param filter which ones; what is absent does not matter.
 * @param answer `next` is what the upstream would answer.
 */
export function when(
  filter: HubFilter,
  answer: (next: () => Promise<Response>) => Answer | Promise<Answer>,
): Interceptor {
  return (request, next) => {
    const { host = request.host, method = request.method, path = /^/ } = filter;
    const isMeant = request.host === host && request.method === method && path.test(request.path);
    return isMeant ? answer(next) : undefined;
  };
}

/** As `when`, for the first so many of them; one unless said. */
export function once(
  filter: HubFilter,
  answer: Parameters<typeof when>[1],
  count = 1,
): Interceptor {
  const interceptor = when(filter, answer);
  let left = count;
  return async (request, next) => {
    if (left === 0) return undefined;
    const answer = await interceptor(request, next);
    if (answer !== undefined) left -= 1;
    return answer;
  };
}

/** The first that answers counts. */
export function either(...interceptors: readonly Interceptor[]): Interceptor {
  return async (request, next) => {
    for (const interceptor of interceptors) {
      const answer = await interceptor(request, next);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/** An answer without anything but its status. */
export function status(code: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: code, headers });
}
