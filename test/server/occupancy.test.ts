/** Who is one too many, counted without a socket. With sockets: limits.enforcement.test.ts, resume.test.ts. */
import { describe, expect, it } from 'vitest';
import { completeLimits, type Limits } from '../../server/limits/limits.js';
import { Occupancy, type Visit } from '../../server/admission/occupancy.js';

const [here, there] = ['192.0.2.1', '192.0.2.2'];
const [ada, eve] = [{ name: 'ada' }, { name: 'eve' }];

function counting(limits: Partial<Limits>): Occupancy {
  return new Occupancy(completeLimits(limits));
}

/** A session whose connection was lost. @returns whether it may wait. */
function lost(occupancy: Occupancy, address = here, user = ada, bytes = 1): [boolean, Visit] {
  const visit = occupancy.arrive(address);
  visit.enter();
  visit.identify(user);
  return [visit.detach(bytes), visit];
}

describe('sessions that wait for lost clients', () => {
  it('are at most maxDetached: one more ends at once, until another is over', () => {
    const occupancy = counting({ maxDetached: 2 });
    const [first, visit] = lost(occupancy);
    expect([first, lost(occupancy, there, eve)[0]]).toEqual([true, true]);
    expect(lost(occupancy, '192.0.2.3', { name: 'zoe' })[0]).toBe(false);
    expect(occupancy.detached).toBe(2);
    visit.leave();
    expect(occupancy.detached).toBe(1);
    expect(lost(occupancy)[0]).toBe(true);
  });

  it('hold at most maxDetachedBytes together, counted as the most that each may', () => {
    const occupancy = counting({ maxDetachedBytes: 100 });
    const [first, visit] = lost(occupancy, here, ada, 60);
    expect(first).toBe(true);
    expect(lost(occupancy, there, eve, 41)[0]).toBe(false);
    expect(lost(occupancy, there, eve, 40)[0]).toBe(true);
    visit.attach();
    expect(lost(occupancy, there, eve, 60)[0]).toBe(true);
    expect(lost(occupancy, there, eve, 1)[0]).toBe(false);
  });

  it('of one user are at most maxDetachedPerUser, wherever from, and new ones are refused', () => {
    const occupancy = counting({ maxDetachedPerUser: 1 });
    const [first, visit] = lost(occupancy, here, ada);
    expect(first).toBe(true);
    expect(lost(occupancy, there, ada)[0]).toBe(false);
    expect(lost(occupancy, there, eve)[0]).toBe(true);
    const next = occupancy.arrive(there);
    expect(next.identify(ada)).toMatchObject({ code: 4429 });
    visit.attach();
    expect(occupancy.arrive(there).identify(ada)).toBeUndefined();
  });

  it('of one address are at most maxDetachedPerAddress, and new ones are refused', () => {
    const occupancy = counting({ maxDetachedPerAddress: 1 });
    expect(lost(occupancy, here, ada)[0]).toBe(true);
    expect(lost(occupancy, here, eve)[0]).toBe(false);
    expect(lost(occupancy, there, ada)[0]).toBe(true);
    expect(occupancy.arrive(here).enter()).toMatchObject({ code: 4429 });
  });

  it('leave nothing in the count when they are over, however often that is said', () => {
    const occupancy = counting({ maxDetached: 1, maxDetachedBytes: 1, maxSessions: 1 });
    for (let round = 0; round < 3; round += 1) {
      const [may, visit] = lost(occupancy);
      expect(may).toBe(true);
      visit.attach();
      visit.attach();
      visit.leave();
      visit.leave();
      expect(occupancy.detached).toBe(0);
    }
    expect(occupancy.arrive(here).enter()).toBeUndefined();
    expect(occupancy.arrive(here).enter()).toMatchObject({ code: 4503 });
  });
});
