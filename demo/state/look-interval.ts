/** How long the page waits before it asks the server again what is new, in ms: each time is a session of the server's. */
export const lookInterval = 2 * 60_000;
