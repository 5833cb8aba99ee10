import type { Env } from "../../src/config/settings.ts";
import { RegistryError } from "../../src/protocol/errors.ts";

/** Settings as an owner writes them, valid or not. */
export type Vars = Readonly<Record<string, unknown>>;

/** @returns the error with which `read` rejects the settings. */
export function misconfiguration(read: (env: Env) => unknown, vars: Vars): RegistryError {
  try {
    read(envOf(vars));
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
  throw new Error("the settings are accepted");
}

export function envOf(vars: Vars): Env {
  return vars as unknown as Env;
}
