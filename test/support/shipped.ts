import { readOwn } from "./repository.ts";

/**
 * wrangler.toml as it ships. Its owner edits the one in the root, and the tests have to pass
 * nevertheless: the workflow deploys nothing otherwise.
 */
export const SHIPPED = readOwn("test/support/shipped.toml");
