import { bodyResponse, status, withHeaders } from "../../support/hub/responses.ts";
import type { Interceptor, Fault as NetworkFault } from "../../support/hub.ts";
import type { Clock } from "../../support/mirror/clock.ts";
import { callOf } from "../tables/calls.ts";
import type { Fault } from "../tables/faults.ts";
import { type Place, strikes } from "../tables/places.ts";
import { bodyThat } from "./bodies.ts";
import type { Stall } from "./stall.ts";

/** Makes a fault happen at a place. */
export interface Spoiler {
  readonly interceptor: Interceptor;
  /** The network, which is silent where the fault says so until the mirror gives up. */
  through(network: typeof fetch): typeof fetch;
  /** How many calls were struck. */
  struck(): number;
  /** What hangs breaks at last. */
  end(): void;
}

/** What an error of the network might tell, and nobody else may. */
const ERROR = "lost https://production.cloudfront.docker.com/data?Signature=secret&Key-Pair-Id=1";

export function createSpoiler(
  place: Place,
  fault: Fault,
  time: { readonly clock: Clock; readonly stall: Stall },
): Spoiler {
  let count = 0;
  let isEnded = false;
  const silences: (() => void)[] = [];
  const endings: (() => void)[] = [];
  return {
    through: (network) => (input, init) =>
      network(input as string, init).catch((error) => {
        silences.shift()?.();
        throw error;
      }),
    interceptor: async (request, next) => {
      if (isEnded || !strikes(place, callOf(request))) return undefined;
      count += 1;
      const isFirst = count === 1;
      if (fault.kind === "silent") silences.push(time.stall.begin());
      const { method } = request;
      return spoil(fault, { method, next, isFirst, isRaw: isRaw(place), endings, ...time });
    },
    struck: () => count,
    end() {
      isEnded = true;
      for (const end of endings.splice(0)) end();
    },
  };
}

/** What a fault has to work with. */
export interface Exchange {
  readonly method: string;
  readonly next: () => Promise<Response>;
  readonly isFirst: boolean;
  /** Whether the mirror asks for the bytes as they are stored. */
  readonly isRaw: boolean;
  readonly clock: Clock;
  readonly stall: Stall;
  /** To be called when the upstream breaks at last. */
  readonly endings: (() => void)[];
}

type Spoiled = Response | NetworkFault | undefined;

async function spoil(fault: Fault, exchange: Exchange): Promise<Spoiled> {
  const { next, method, isFirst, isRaw } = exchange;
  switch (fault.kind) {
    case "unreachable":
      throw new TypeError(ERROR);
    case "unreachable once":
      return isFirst ? "reset" : undefined;
    case "expired once":
      return isFirst ? answerOf(fault, method) : undefined;
    case "silent":
      return "hang";
    case "cut":
    case "stuck":
    case "slow":
    case "truncated":
    case "told more":
    case "told less":
    case "changed":
      return bodyThat(fault.kind, await next(), exchange);
    case "limited":
    case "page":
    case "astray":
    case "status":
    case "failing":
      return answerOf(fault, method);
    case "mislabelled":
      return withHeaders(await next(), { "content-type": "text/plain" });
    case "encoded":
      return encoded(await next(), isRaw);
  }
}

/** What the fault says, and nothing of the upstream's own; 304 can have no body. */
function answerOf({ body = "", headers, status: code = 200 }: Fault, method: string): Response {
  if (code === 304) return status(code, { ...headers });
  return bodyResponse(method, code, body, { ...headers });
}

/** The runtime undoes an encoding, and leaves the length of what was sent. */
function encoded(response: Response, isRaw: boolean): Response {
  const length = isRaw ? {} : { "content-length": "20" };
  return withHeaders(response, { "content-encoding": "gzip", ...length });
}

function isRaw(place: Place): boolean {
  return place === "blob storage";
}
