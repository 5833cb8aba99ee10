import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Load, LoadResult } from "./load.ts";

/** Applies loads from a thread of its own, so that the stand-in and the load do not wait in turn. */
export interface Generator {
  /** One at a time. Rejects at the first answer that is not 200. */
  apply(load: Load): Promise<LoadResult>;
  close(): Promise<void>;
}

type Message = { readonly result: LoadResult } | { readonly failure: string };

/** Starts the thread. */
export function createGenerator(): Generator {
  const thread = new Worker(join(import.meta.dirname, "thread.ts"));
  return {
    async apply(load) {
      const answered = once(thread, "message");
      thread.postMessage(load);
      const [message] = (await answered) as [Message];
      if ("failure" in message) throw new Error(message.failure);
      return message.result;
    },
    async close() {
      await thread.terminate();
    },
  };
}
