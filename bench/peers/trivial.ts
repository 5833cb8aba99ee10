const BODY = JSON.stringify({ schemaVersion: 2, manifests: [], filler: "x".repeat(2000) });

/** A Worker that does nothing, so that what it reaches is the most that can be measured. */
export default {
  fetch: () => new Response(BODY, { headers: { "content-type": "application/json" } }),
} satisfies ExportedHandler;
