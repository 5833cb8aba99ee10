import { testPlace } from "../test-place.ts";

testPlace("registry, GET alone");
