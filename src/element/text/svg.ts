/**
 * SVG without scripts, handlers and whatever else is no drawing. In an `<img>` a browser runs none of
 * them; but a person can open its address in a tab, and that has the page's origin.
 */
import createDOMPurify from 'dompurify';

/** @throws for what is no SVG. */
export function cleanSvg(text: string): string {
  const purify = createDOMPurify(globalThis.window);
  const clean = purify.sanitize(text.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, ''), {
    ...{ USE_PROFILES: { svg: true, svgFilters: true }, NAMESPACE: 'http://www.w3.org/2000/svg' },
    ...{ PARSER_MEDIA_TYPE: 'application/xhtml+xml', FORBID_TAGS: ['a', 'use', 'foreignObject'] },
  });
  const start = clean.indexOf('<svg');
  if (start === -1) throw new Error('There is no SVG in it.');
  return clean.slice(start);
}
