/** What of the library is a script of its own, loaded when a repository is bound or its first pack comes. */
export { keepPack, loadEngine } from '../repository/keep-pack.js';
export { PackedFiles } from '../repository/packed-files.js';
export { boundPromisor } from './bound-promisor.js';
