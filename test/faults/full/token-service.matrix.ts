import { testPlace } from "../test-place.ts";

testPlace("token service");
