/** Puts a session into the element's shadow tree, again and again. */
import { render } from 'preact';
import type { Session } from '../session.js';
import { App } from './app.js';

/** @param session undefined where there is no address: the element's own content is shown. */
export function draw(root: ShadowRoot, session: Session | undefined): void {
  render(session === undefined ? <slot /> : <App session={session} state={session.state} />, root);
}
