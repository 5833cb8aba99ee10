import { untilKept } from "../test/support/mirror/kept.ts";
import { play, type Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** Docker Hub is well. */
export interface Fresh {
  readonly cold: Scene;
  readonly warm: Scene;
}

/** Docker Hub is not well, and was asked both through the mirror and directly. */
export interface Failing {
  readonly limited: Scene;
  readonly limitedDirectly: string;
  readonly gone: Scene;
  readonly goneDirectly: string;
}

/** In KV: the token, the tag, the index and one manifest. */
const KV_VALUES = 4;

/** Pulls twice through a mirror that has seen nothing yet. */
export async function playFresh({ served, persistTo, startMirror }: Stage): Promise<Fresh> {
  const { origin } = await startMirror();
  const cold = await play("first pull", origin, served.hub);
  const warm = await play("second pull", origin, served.hub);
  const contents = cold.pulled.steps.filter(({ method }) => method === "GET").length;
  await untilKept(persistTo, "kv", KV_VALUES);
  await untilKept(persistTo, "edge", contents);
  return { cold, warm };
}

/** Pulls through a restarted mirror, for which no tag is fresh, so that it has to ask. */
export async function playFailing({ served, startMirror }: Stage): Promise<Failing> {
  const { origin } = await startMirror({ TAG_TTL_SECONDS: 0 });
  served.hub.become("limited");
  const limitedDirectly = await askDirectly(served.origins.registry);
  const limited = await play("429 upstream", origin, served.hub);
  await served.goAway();
  const goneDirectly = await askDirectly(served.origins.registry);
  const gone = await play("upstream gone", origin, served.hub);
  return { limited, limitedDirectly, gone, goneDirectly };
}

async function askDirectly(registry: string): Promise<string> {
  try {
    // An open connection left from a pull would hide that the port is closed.
    const answer = await fetch(`${registry}/v2/`, { headers: { connection: "close" } });
    await answer.arrayBuffer();
    return String(answer.status);
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? "no answer";
  }
}
