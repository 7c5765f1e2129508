/** A mouse and a keyboard over WebDriver: its Actions, under Playwright's names. */
import type { TestPage } from './browser.js';

/** Sends what devices do, to one window. */
export type Act = (actions: unknown[]) => Promise<unknown>;

/** Keys that make no letter, as WebDriver writes them (section 17.4.2). */
const codes: Readonly<Record<string, string>> = {
  Backspace: '\uE003',
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Control: '\uE009',
  Alt: '\uE00A',
  Escape: '\uE00C',
  End: '\uE010',
  F1: '\uE031',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
};

export function makeMouse(act: Act): TestPage['mouse'] {
  return {
    async click(x, y) {
      const actions = [
        { type: 'pointerMove', duration: 0, origin: 'viewport', x, y },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await act([{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }]);
    },
  };
}

export function makeKeyboard(act: Act): TestPage['keyboard'] {
  const send = async (actions: readonly { type: string; value: string }[]): Promise<void> => {
    await act([{ type: 'key', id: 'keyboard', actions }]);
  };
  const down = (key: string) => ({ type: 'keyDown', value: codes[key] ?? key });
  const up = (key: string) => ({ type: 'keyUp', value: codes[key] ?? key });
  return {
    down: (key) => send([down(key)]),
    up: (key) => send([up(key)]),
    press: (key) => send([down(key), up(key)]),
    type: (text) => send([...text].flatMap((letter) => [down(letter), up(letter)])),
  };
}
