/** Options that are quantities: bytes, or how many of something. Those that are times: tunnel/duration. */
import { GitWsError } from './errors.js';

/** What a quantity may be. */
export interface QuantityRange {
  readonly least: number;
  readonly most: number;
  /** Whether Infinity, for any number, is one, too. */
  readonly endless?: boolean;
}

/**
 * @param name of the option, for the error.
 * @param value undefined for the default.
 * @param range whole numbers.
 * @returns the same value.
 * @throws GitWsError INVALID_OPTION for anything else; `data` has the value by the option's name.
 */
export function checkedQuantity(
  name: string,
  value: number | undefined,
  { least, most, endless = false }: QuantityRange,
): number | undefined {
  if (value === undefined || (endless && value === Infinity)) return value;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  const message = `${name} must be a whole number, ${range}${endless ? ', or Infinity' : ''}.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { [name]: value } });
}
