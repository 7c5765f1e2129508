/**
 * The machine under random faults: sockets are lost and taken over between any two frames, and
 * each side hears of it when it does. What holds is in network-model.ts.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NetworkModel, type Side } from './network-model.js';
import { kib } from './pair.js';

type Step = readonly [
  kind:
    | 'write'
    | 'stderr'
    | 'consume'
    | 'send'
    | 'deliver'
    | 'lose'
    | 'reconnect'
    | 'accept'
    | 'wait'
    | 'end'
    | 'exit',
  side: Side,
  size: number,
];

const side = fc.constantFrom<Side>('client', 'server');

function step(kind: Step[0], most = 1): fc.Arbitrary<Step> {
  return fc.tuple(fc.constant(kind), side, fc.integer({ min: 1, max: most }));
}

const steps = fc.array(
  fc.oneof(
    { weight: 50, arbitrary: step('write', 200 * kib) },
    { weight: 10, arbitrary: step('stderr', 1000) },
    { weight: 30, arbitrary: step('consume', 4) },
    { weight: 50, arbitrary: step('send') },
    { weight: 80, arbitrary: step('deliver', 6) },
    { weight: 20, arbitrary: step('lose') },
    { weight: 30, arbitrary: step('reconnect') },
    { weight: 30, arbitrary: step('accept') },
    { weight: 20, arbitrary: step('wait', 300) },
    { weight: 1, arbitrary: step('end') },
    { weight: 1, arbitrary: step('exit') },
  ),
  { minLength: 60, maxLength: 200, size: 'max' },
);

const window = fc.integer({ min: 64 * kib, max: 512 * kib });

function play(model: NetworkModel, [kind, at, size]: Step): void {
  model.now += 5;
  switch (kind) {
    case 'write':
      model.write(at, size);
      return;
    case 'stderr':
      model.stderr(size);
      return;
    case 'consume':
      model.consume(at, size);
      return;
    case 'send':
      model.send(at);
      return;
    case 'deliver':
      for (let count = 0; count < size; count += 1) model.deliver(at);
      return;
    case 'lose':
      if (!model.done) model.lose(at);
      return;
    case 'reconnect':
      model.reconnect();
      return;
    case 'accept':
      model.accept();
      return;
    case 'wait':
      model.now += size;
      return;
    case 'end':
      // Servers end by exit: what is written to stderr may come behind git's stdout.
      model.end(at);
      return;
    case 'exit':
      model.exit();
      return;
  }
}

/** The faults stop: the client has a socket, the server takes it up, everybody reads and sends. */
function finish(model: NetworkModel): void {
  model.heal();
  model.end('client');
  model.exit();
  for (let round = 0; round < 500 && !model.done; round += 1) {
    for (const at of ['client', 'server'] as const) {
      model.send(at);
      while (model.deliver(at));
      model.consume(at, Infinity);
    }
    model.now += 200;
  }
}

it('loses nothing, repeats nothing and gets to the end, whenever sockets are lost', () => {
  let resumed = 0;
  fc.assert(
    fc.property(steps, window, window, window, (all, clientWindow, serverWindow, maxReplay) => {
      const model = new NetworkModel({ clientWindow, serverWindow, maxReplay });
      for (const one of all) play(model, one);
      resumed += model.resumed;
      // What is written to a git that has ended need not arrive.
      const early = model.exited;
      if (!model.done) finish(model);
      expect(model.done).toBe(true);
      // A client that has everything need not hear that the server knows.
      for (let round = 0; round < 50; round += 1) {
        model.send('client');
        while (model.deliver('server'));
        model.consume('server', Infinity);
        model.now += 200;
      }
      model.checkWhole(early ? ['server'] : ['client', 'server']);
    }),
    { numRuns: 1_000 },
  );
  expect(resumed).toBeGreaterThan(1_000);
});
