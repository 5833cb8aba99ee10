import { PLACE_NAMES } from "./faults.ts";
import { testQuickly } from "./quick.ts";

// In two files, so that two workers share them.
testQuickly(PLACE_NAMES.filter((place) => place.startsWith("registry")));
