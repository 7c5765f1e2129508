/** Sessions that wait for their clients: see detached.ts. */
import { expect, it } from 'vitest';
import { commonCost, measureDetached, sessionCost, window } from './detached.js';

it.each([
  [24, 8],
  [200, 20],
])(
  '%i lost sessions hold at most their windows, the next is refused, and time frees all of them',
  async (count, resumeTime) => {
    const { held, grown, received, next, left } = await measureDetached(count, resumeTime);
    const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `${count} lost sessions, windows of ${mib(window)}: ${mib(received)} sent and not ` +
        `acknowledged, ${mib(held)} of live memory held, the process grew by ${mib(grown)}; ` +
        `${mib(left)} more than before when they were over`,
    );
    // Not less than it may be, either: or the memory says nothing.
    expect(received).toBeGreaterThan(count * 0.9 * window);
    expect(held).toBeLessThan(count * (window + sessionCost) + commonCost);
    expect(next).toMatchObject({ code: 4429 });
  },
);
