/** The style sheets of all elements of a page, which no Content-Security-Policy forbids: no `<style>`. */
import code from './styles/code.css';
import forms from './styles/forms.css';
import frame from './styles/frame.css';
import lists from './styles/lists.css';
import prose from './styles/prose.css';
import tokens from './styles/tokens.css';

let sheet: CSSStyleSheet | undefined;

export function adoptStyles(root: ShadowRoot): void {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync([tokens, frame, forms, lists, prose, code].join('\n'));
  }
  root.adoptedStyleSheets = [sheet];
}
