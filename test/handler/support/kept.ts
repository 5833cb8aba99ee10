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

/** @returns every key, value and metadata of KV. */
export async function textOf(namespace: KVNamespace): Promise<string> {
  const { keys } = await namespace.list();
  const lines = keys.map(async ({ name, metadata }) => {
    return `${name} ${JSON.stringify(metadata)} ${await namespace.get(name)}`;
  });
  return (await Promise.all(lines)).join("\n");
}
