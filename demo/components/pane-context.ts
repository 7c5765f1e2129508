/** Which side of the editor a component stands in. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { allPanes, type Pane } from '../state/panes.js';

export const PaneContext = createContext<Pane>(allPanes[0]);

export function usePane(): Pane {
  return useContext(PaneContext);
}
