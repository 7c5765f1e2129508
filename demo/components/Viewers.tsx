/** What is no text: pictures, symbolic links, and bytes that nobody knows better. */
import { useEffect, useState } from 'preact/hooks';
import { formatBytes } from '../format.js';
import { openFile } from '../state/files.js';
import { files } from '../state/session.js';
import type { FileContent } from '../worker/files.js';
import { Empty } from './controls.js';

/** A URL for bytes, for as long as they are shown. */
function useObjectUrl(bytes: BlobPart, type: string): string {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const created = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(created);
    return () => URL.revokeObjectURL(created);
  }, [bytes, type]);
  return url;
}

export function Picture(props: {
  readonly path: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}) {
  const url = useObjectUrl(props.bytes, props.type);
  const [size, setSize] = useState('');
  return (
    <figure class="picture">
      {url !== '' && (
        <img
          src={url}
          alt={`The picture ${props.path}`}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize(`${naturalWidth} × ${naturalHeight}, `)
          }
          onError={() => setSize('This browser cannot show it, ')}
        />
      )}
      <figcaption>
        {size}
        {formatBytes(props.bytes.length)}
      </figcaption>
    </figure>
  );
}

export function Link({ path, target }: { readonly path: string; readonly target: string }) {
  const at = followLink(path, target);
  return (
    <Empty icon="link" title="Symbolic link">
      <p>
        It leads to <code>{target}</code>.
      </p>
      {files.value.has(at) && (
        <button type="button" class="button" onClick={() => void openFile(at)}>
          Open {at}
        </button>
      )}
    </Empty>
  );
}

/** @returns the path that a link leads to, should it be in the work tree. */
function followLink(path: string, target: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

export function Binary({ reason, bytes }: { readonly reason: string; readonly bytes: Uint8Array }) {
  return (
    <div class="binary">
      <p>
        <strong>{reason}</strong>, {formatBytes(bytes.length)}.{' '}
        {bytes.length > previewLength && `Its first ${previewLength} bytes:`}
      </p>
      {/* Long lines scroll: the keyboard must be able to, too. */}
      <pre tabIndex={0} aria-label="Its bytes">
        {formatHex(bytes.subarray(0, previewLength))}
      </pre>
    </div>
  );
}

const previewLength = 512;

/** Sixteen bytes a line: offset, hexadecimal, and what of it is ASCII. */
function formatHex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·'));
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text.join('')}`);
  }
  return lines.join('\n');
}

/** Whatever a file is, as one of two versions. */
export function Content({ path, content }: { path: string; content: FileContent | undefined }) {
  switch (content?.kind) {
    case undefined:
      return <p class="compare-none">There is no such file.</p>;
    case 'image':
      return <Picture path={path} type={content.type} bytes={content.bytes} />;
    case 'symlink':
      return <Link path={path} target={content.target} />;
    case 'binary':
      return <Binary reason={content.reason} bytes={content.bytes} />;
    case 'text':
      return <p class="compare-none">A text of {content.size} bytes.</p>;
  }
}
