import { PLACE_NAMES } from "./faults.ts";
import { testQuickly } from "./quick.ts";

testQuickly(PLACE_NAMES.filter((place) => !place.startsWith("registry")));
