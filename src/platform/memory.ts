/** A bounded map that removes its least recently used values. It holds plain data only. */
export interface Memory<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
}

/**
 * @param maxWeight the limit for all values together.
 * @param weigh the weight of one value; 1 by default, so that `maxWeight` is a number of values.
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
