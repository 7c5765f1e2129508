/**
 * The engine's inflate by itself, compiled to WebAssembly, in base64. Made by scripts/build-pack.mjs, not
 * kept in git.
 */
export const inflateEngine: string;
