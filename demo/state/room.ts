/** The room that this page takes in the browser, and whether the browser may take it away again. */
import { signal } from '@preact/signals';
import * as session from './session.js';

/** As far as the browser tells. */
export interface Room {
  /** By everything of this page's origin, in bytes. */
  readonly used: number;
  /** What it may take, in bytes. */
  readonly quota: number;
  /** Whether the browser has promised to keep it when room is short. */
  readonly isKept: boolean;
}

/** Undefined where the browser does not tell: in pages of unsafe origins, for example. */
export const room = signal<Room | undefined>();

export async function measureRoom(): Promise<void> {
  if (!('storage' in navigator)) return;
  try {
    const [{ usage = 0, quota = 0 }, isKept] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ]);
    room.value = { used: usage, quota, isKept };
  } catch {
    // It does not tell, then.
    room.value = undefined;
  }
}

/** Has the browser asked not to remove what is here; some ask the person, others decide alone. */
export async function askToKeep(): Promise<void> {
  const isKept = await navigator.storage.persist().catch(() => false);
  await measureRoom();
  session.notice.value = isKept
    ? { tone: 'good', title: 'The browser keeps what is here, even when room is short' }
    : {
        tone: 'info',
        title: 'The browser did not promise it',
        text: 'Many decide by how often a page is used, or whether it is installed. Push what must not be lost, or download it.',
      };
}
