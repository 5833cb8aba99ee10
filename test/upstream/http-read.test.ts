import { describe, expect, test } from "vitest";
import { breathe, createNetwork, failureFrom } from "./network.ts";

const ASKED = new URL("https://registry.example:8443/v2/");
const never = () => new Promise<never>(() => {});

describe("reading a body", () => {
  /** A body that never goes on, and tells whether it was let go. */
  function createHanging() {
    const state = { isCancelled: false };
    const cancel = () => {
      state.isCancelled = true;
    };
    return { state, response: new Response(new ReadableStream({ cancel })) };
  }

  test("gives the bytes, or null where there are too many", async () => {
    const { http, timers } = createNetwork(never);
    const bytes = await http.read(new Response("abc"), ASKED, 3);
    expect(new TextDecoder().decode(bytes ?? new Uint8Array())).toBe("abc");
    expect(await http.read(new Response("abcd"), ASKED, 3)).toBeNull();
    expect(timers.length).toBe(0);
  });

  test("fails with 502 where it breaks off or is too short", async () => {
    const { http } = createNetwork(never);
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
    const short = new Response("abc", { headers: { "content-length": "5" } });
    for (const response of [new Response(body), short]) {
      const error = await failureFrom(http.read(response, ASKED, 100));
      expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, isPassing: true });
    }
  });

  test("fails with 504 where it does not end in time", async () => {
    const { http, timers } = createNetwork(never);
    const failure = failureFrom(http.read(createHanging().response, ASKED, 100));
    await breathe();
    expect(timers.map(({ ms }) => ms)).toEqual([10_000]);
    timers[0]?.fire();
    expect(await failure).toMatchObject({ code: "UNAVAILABLE", status: 504, isPassing: true });
    expect(timers.length).toBe(0);
  });

  test("lets go of a body that does not end in time: connections are few", async () => {
    const { http, timers } = createNetwork(never);
    const { state, response } = createHanging();
    const failure = failureFrom(http.read(response, ASKED, 100));
    await breathe();
    timers[0]?.fire();
    await failure;
    await breathe();
    expect(state.isCancelled).toBe(true);
  });
});
