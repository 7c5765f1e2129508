/** The worker of `gitws/worker` as the text of a script. Made by scripts/build-worker.mjs, not kept in git. */
export const gitWorkerScript: string;
