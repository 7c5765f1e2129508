/** The option `prefetch`, wherever it is given. */
import { checkedQuantity } from '../base/quantity.js';

/** Objects that come along with one that is missed, at most, where nobody says otherwise. */
export const defaultPrefetch = 64;

/** @throws GitWsError INVALID_OPTION for what is no number of objects. */
export function checkPrefetch(prefetch: number | undefined): void {
  checkedQuantity('prefetch', prefetch, { least: 0, most: 10_000 });
}
