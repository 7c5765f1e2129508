/** A picture out of the repository. */
import { useEffect, useState } from 'preact/hooks';
import { nameOf } from '../../base/folders.js';
import { pictureBlob } from '../text/picture.js';
import type { Session } from '../session.js';
import { Skeleton, Statement } from './states.js';
import { sizeOf } from './time.js';

export function Picture(props: {
  readonly session: Session;
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}) {
  const { path, bytes, type } = props;
  const [url, setUrl] = useState('');
  const [says, setSays] = useState('');
  useEffect(() => {
    let made = '';
    let isOver = false;
    setSays('');
    const make = async (): Promise<void> => {
      const blob = await pictureBlob(bytes, type);
      if (isOver) return;
      made = URL.createObjectURL(blob);
      setUrl(made);
    };
    make().catch(() => !isOver && setSays('broken'));
    return () => {
      isOver = true;
      URL.revokeObjectURL(made);
    };
  }, [bytes, type]);
  if (says === 'broken') {
    return (
      <Statement icon="file" title="The picture cannot be shown">
        <p>{sizeOf(bytes.length)} that are no picture of this kind.</p>
      </Statement>
    );
  }
  if (url === '') return <Skeleton />;
  return (
    <figure class="picture">
      <img
        src={url}
        alt={`The picture ${nameOf(path)}`}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSays(`${naturalWidth} × ${naturalHeight}`)
        }
        onError={() => setSays('broken')}
      />
      <figcaption>{says}</figcaption>
    </figure>
  );
}
