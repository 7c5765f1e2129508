/** `gitws/storage`: a LightningFS that is fast and safe, for pages and workers. */
export {
  createLightningFS,
  type LightningFile,
  type LightningOptions,
  type StoragePromises,
} from './storage/lightning/create.js';
export { askForPersistence } from './storage/lightning/failure.js';
export type { FileToWrite } from './storage/lightning/many.js';
export type { Stats } from './storage/lightning/node.js';
export type { OpenFlags } from './storage/lightning/open-file.js';
export { GitWsError, isGitWsError } from './base/errors.js';
