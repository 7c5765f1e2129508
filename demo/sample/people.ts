/** Who writes the sample repository's history. */
import type { Person } from './commits.js';

export const maren: Person = { name: 'Maren Holt', email: 'maren@ternisland.example' };
export const inaki: Person = { name: 'Iñaki Etxeberria', email: 'inaki@ternisland.example' };
export const yuki: Person = { name: 'Yuki Tanaka', email: 'yuki@ternisland.example' };
