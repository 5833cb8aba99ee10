/** What is said when lines may come. */
export const CONNECTED = "connected, waiting for requests\n";
