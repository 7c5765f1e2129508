/** What page and worker say to each other, over Comlink. */
import type { Carried } from './carried.js';

/** Raised whenever one side would not understand the other. */
export const protocolVersion = 1;

/** Which storage the worker opens: see `LightningOptions`. */
export interface StorageSettings {
  readonly storage: string;
  readonly lockTimeout?: number | undefined;
  readonly fileDbName?: string | undefined;
  readonly fileStoreName?: string | undefined;
  readonly promisor?: PromisorSettings | undefined;
}

/** What of `PromisorOptions` can be sent, and which of them are functions of the page's. */
export interface PromisorSettings {
  readonly options: object;
  readonly functions: readonly string[];
}

/** What a worker says of itself. */
export interface Greeting {
  readonly protocol: number;
  /** Names of the functions of `gitws/git`. */
  readonly commands: readonly string[];
  /** Names of isomorphic-git's error classes. */
  readonly errors: readonly string[];
  /** A Web Lock that it holds for as long as it lives; undefined where there are none. */
  readonly lock: string | undefined;
}

/** How a call ended. */
export type Outcome = { readonly value: unknown } | { readonly error: Carried };

/** Something that is asked of the worker. */
export interface Order {
  /** A command of git; a function of the file system, of an open file, of an entry of a walk; a step of one. */
  readonly of: 'git' | 'fs' | 'file' | 'entry' | 'step';
  readonly name: string;
  readonly args: readonly unknown[];
  /** Which file, entry or step. */
  readonly target?: number;
}

/** An order with what it takes to carry it out. */
export interface Call extends Order {
  readonly id: number;
  /** Options that are functions of the page's. */
  readonly functions: readonly string[];
}

/** Functions that stay in the page: those of one call, or of what is open. */
export interface PageFunctions {
  call(name: string, args: readonly unknown[]): Promise<Outcome>;
}

/** What the worker offers. Nothing of it rejects: Comlink loses most of an error. */
export interface Core {
  greet(): Greeting | Promise<Greeting>;
  /** @param page the functions of `settings.promisor`; undefined where there are none. */
  open(settings: StorageSettings, page?: PageFunctions): Promise<Outcome>;
  /** @param page undefined where no option is a function. */
  run(call: Call, page?: PageFunctions): Promise<Outcome>;
  /** The signal of a call has fired. */
  cancel(id: number, reason: Carried): void;
  /** The page is seen again, or online: what waits to connect is tried at once. */
  chance(): void;
  /** Ends all that runs, and closes the storage. */
  close(): Promise<Outcome>;
}

/** A walker as it is sent: isomorphic-git's own are functions. */
export interface WalkerOrder {
  readonly walker: 'TREE' | 'WORKDIR' | 'STAGE';
  readonly options: object | undefined;
}
