/**
 * The types of isomorphic-ws as far as they are used. Its own are those of `ws`, which would make
 * every type of Node visible in code that runs in pages.
 */
declare const WebSocket: unknown;
export default WebSocket;
