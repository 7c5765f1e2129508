/** A promise that somebody else settles: Promise.withResolvers, which not every browser has yet. */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  /** Does nothing once it is settled. */
  resolve!: (value: Value) => void;
  /** Does nothing once it is settled. */
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
