/** `gitws/element`: `<git-repository>`, defined where there are elements. */
import { GitRepositoryElement } from './element.js';
import type { GitWsElementEvents } from './events.js';

export { GitRepositoryElement } from './element.js';
export type * from './events.js';
export type { Place, View } from './place.js';
export type { OnAuth } from './session.js';

declare global {
  interface HTMLElementTagNameMap {
    'git-repository': GitRepositoryElement;
  }
  /** They bubble: whoever listens further up hears them, too. */
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, no-restricted-syntax -- the platform's word
  interface GlobalEventHandlersEventMap extends GitWsElementEvents {}
}

const { customElements: registry } = globalThis as { customElements?: CustomElementRegistry };

// A page may load it twice.
if (registry !== undefined && registry.get('git-repository') === undefined) {
  registry.define('git-repository', GitRepositoryElement);
}
