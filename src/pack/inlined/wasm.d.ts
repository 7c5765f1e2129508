/** The engine compiled to WebAssembly, in base64. Made by scripts/build-pack.mjs, not kept in git. */

/** Uses vectors of 128 bits. */
export const simdEngine: string;
/** The same for where there are none. */
export const plainEngine: string;
