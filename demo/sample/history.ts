/**
 * The sample repository's history: the website of a lighthouse station, by three people over four
 * months. It has what a client must cope with: a merge, two branches, both kinds of tag, a
 * symbolic link, executables, binary files, and names with spaces and letters beyond ASCII.
 */
import type { Commit } from './commits.js';
import { founding } from './founding.js';
import { season } from './season.js';

/** The branches that have a ref; `tide-table` was merged and deleted. */
export const sampleBranches = ['main', 'redesign'] as const;

/** Every commit, oldest first. */
export const sampleHistory: readonly Commit[] = [...founding, ...season];
