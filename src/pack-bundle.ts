/**
 * What is loaded when a pack comes, as the one file that it is beside the library's bundles. Also
 * `indexPack` for pages without a bundler.
 */
export * from './pack/index/index-pack.js';
export * from './isomorphic/loaded-late.js';
