/** Often enough for whoever starts another demo on the same port. */
const LOOK_MS = 500;

/**
 * npm runs a program by a shell, which passes no signal on: who ends npm would leave the demo behind.
 *
 * @returns a promise that resolves when the program that started this one is gone; never if it was
 * not npm, since others may leave on purpose what they have started.
 */
export function parentGone(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    if (process.env.npm_lifecycle_event === undefined) return;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve();
    }, LOOK_MS);
    // It keeps nothing up by itself.
    timer.unref();
  });
}
