import { createHub, type Host, type Hub, type HubOptions } from "./hub.ts";
import { createListener, type Listener } from "./serve/listener.ts";

/** A stand-in Docker Hub on three loopback ports. */
export interface ServedHub {
  readonly hub: Hub;
  readonly origins: Readonly<Record<Host, string>>;
  /** Frees the ports and breaks every connection, as if there were no such hosts any more. */
  goAway(): Promise<void>;
  /** Listens again on the same ports. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** What kind of Docker Hub it is, and where it listens. */
export interface ServeOptions extends Omit<HubOptions, "registry" | "auth" | "storage"> {
  /** The registry's port; token service and blob storage take the next two. Free ones unless said. */
  readonly port?: number;
}

/**
 * Serves a new hub over TCP. What it fails by `intercept` or `become` fails on the wire: `reset`
 * destroys the socket, `hang` leaves it open, and a body shorter than its Content-Length breaks it.
 */
export async function serveHub({ port, ...options }: ServeOptions = {}): Promise<ServedHub> {
  const serve = (request: Request) => hub.fetch(request);
  const listen = (offset: number) => createListener(serve, port === undefined ? 0 : port + offset);
  const [registry, auth, storage] = await Promise.all([listen(0), listen(1), listen(2)]);
  const origins = { registry: registry.origin, auth: auth.origin, storage: storage.origin };
  const hub = createHub({ ...options, ...origins });
  const each = async (act: (listener: Listener) => Promise<void>) => {
    await Promise.all([registry, auth, storage].map(act));
  };
  return {
    hub,
    origins,
    goAway: () => each((listener) => listener.stop()),
    comeBack: () => each((listener) => listener.start()),
    close: () => each((listener) => listener.stop()),
  };
}
