/** A bounded map that forgets what was used longest ago. Holds plain data only. */
export interface Memory<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
}

/**
 * @param maxWeight what all values together may weigh.
 * @param weigh the weight of one; 1 unless told, so that `maxWeight` counts values.
 */
export function createMemory<T>(
  maxWeight: number,
  weigh: (value: T) => number = () => 1,
): Memory<T> {
  const values = new Map<string, T>();
  let weight = 0;
  function remove(key: string): void {
    const value = values.get(key);
    if (value === undefined) return;
    weight -= weigh(value);
    values.delete(key);
  }
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      if (weigh(value) > maxWeight) return;
      values.set(key, value);
      weight += weigh(value);
      for (const oldest of values.keys()) {
        if (weight <= maxWeight) return;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
