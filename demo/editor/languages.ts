/** Which language a file is written in, by its name. */
import { css } from '@codemirror/lang-css';
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { markdown } from '@codemirror/lang-markdown';
import { EditorView } from '@codemirror/view';
import type { Extension } from '@codemirror/state';

const languages: readonly (readonly [RegExp, () => Extension])[] = [
  [/\.(html?|xhtml|svg|xml|rss|vue)$/i, () => html()],
  [/\.(css|scss|less)$/i, () => css()],
  [/\.(m|c)?jsx?$/i, () => javascript({ jsx: true })],
  [/\.(m|c)?ts$/i, () => javascript({ typescript: true })],
  [/\.tsx$/i, () => javascript({ typescript: true, jsx: true })],
  [/\.(json|jsonc|webmanifest|geojson|map)$/i, () => json()],
  [/\.(md|markdown)$/i, () => [markdown(), EditorView.lineWrapping]],
  [
    /(\.(txt|rst|adoc|log)|(^|\/)(LICENSE|COPYING|NOTICE|AUTHORS))$/i,
    () => EditorView.lineWrapping,
  ],
];

export function languageOf(path: string): Extension {
  return languages.find(([pattern]) => pattern.test(path))?.[1]() ?? [];
}
