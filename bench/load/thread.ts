import { parentPort } from "node:worker_threads";
import { applyLoad, type Load } from "./load.ts";

/** Runs in a thread: applies each load that it is sent, and sends back what came of it. */
parentPort?.on("message", async (load: Load) => {
  try {
    parentPort?.postMessage({ result: await applyLoad(load) });
  } catch (error) {
    parentPort?.postMessage({ failure: (error as Error).message });
  }
});
