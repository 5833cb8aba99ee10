import { testPlace } from "../test-place.ts";

testPlace("blob storage");
