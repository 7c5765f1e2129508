import history from '../../../server/hooks/history.sh';

/** @returns a number of the hooks, by the name of its variable in sh. */
export function hookNumber(name: string): number {
  return Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(history)?.[1]);
}

/** How often git is asked about one update before all of history is looked at. */
export const askedAlone = hookNumber('asked_alone');
