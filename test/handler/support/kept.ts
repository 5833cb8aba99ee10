/** Sees what an edge cache is given to keep. */
export interface Witness {
  readonly seen: string[];
  watch(cache: Cache): Cache;
}

export function createWitness(): Witness {
  const seen: string[] = [];
  return {
    seen,
    watch: (cache) =>
      // Only what the mirror uses.
      ({
        match: (key: string) => cache.match(key),
        delete: (key: string) => cache.delete(key),
        async put(key: string, response: Response) {
          const headers = JSON.stringify([...response.headers]);
          const bytes = await response.clone().arrayBuffer();
          seen.push(`${key} ${headers} ${new TextDecoder().decode(bytes)}`);
          await cache.put(key, response);
        },
      }) as unknown as Cache,
  };
}
