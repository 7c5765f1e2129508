/** What makes harmless nodes and pictures of what a repository has: loaded together, when it is needed. */
export { renderMarkdown } from './markdown.js';
export { cleanSvg } from './svg.js';
