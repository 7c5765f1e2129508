/** Where commits stand in a drawing of the history: each line of it keeps its lane from a commit to its parent. */

/** What is drawn beside a commit. Lanes count from 0. */
export interface GraphRow {
  /** Where the commit stands. */
  readonly lane: number;
  /** Lanes that come from above and end at it: its children's. */
  readonly above: readonly number[];
  /** Lanes in which its parents are further below. */
  readonly below: readonly number[];
  /** Lanes that only pass. */
  readonly passing: readonly number[];
}

/** A commit with its place in the drawing. */
export interface Placed {
  readonly oid: string;
  readonly parents: readonly string[];
}

/** Gives commits their lanes, one after the other, children first. */
export class Lanes {
  /** The commit that each lane leads to; undefined where it is free. */
  readonly #leadsTo: (string | undefined)[] = [];
  readonly #placed = new Set<string>();

  /** @param commit the next one below. A parent that was above it, where clocks were wrong, is not led to. */
  place({ oid, parents }: Placed): GraphRow {
    const above = this.#lanesTo(oid);
    const passing = this.#taken().filter((lane) => !above.includes(lane));
    for (const lane of above) this.#leadsTo[lane] = undefined;
    const lane = above[0] ?? this.#free();
    this.#placed.add(oid);
    const below = new Set<number>();
    for (const [at, parent] of parents.entries()) {
      if (this.#placed.has(parent)) continue;
      // The first parent goes on where the commit is; of the others one lane is enough.
      const [known] = this.#lanesTo(parent);
      const next = at === 0 ? lane : (known ?? this.#free());
      this.#leadsTo[next] = parent;
      below.add(next);
    }
    return { lane, above, below: [...below], passing };
  }

  #lanesTo(oid: string): number[] {
    return this.#taken().filter((lane) => this.#leadsTo[lane] === oid);
  }

  #taken(): number[] {
    return [...this.#leadsTo.keys()].filter((lane) => this.#leadsTo[lane] !== undefined);
  }

  #free(): number {
    const at = this.#leadsTo.indexOf(undefined);
    return at === -1 ? this.#leadsTo.length : at;
  }
}
