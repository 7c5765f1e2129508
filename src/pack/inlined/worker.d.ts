/** The worker as the text of a script. Made by scripts/build-pack.mjs, not kept in git. */
export const workerScript: string;
