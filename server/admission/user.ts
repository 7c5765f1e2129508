/** A user, as sign-in, rules, limits and logs know one. */

/** Somebody whose credentials were right. */
export interface User {
  /** For rules, logs and messages. */
  readonly name: string;
  /** Groups beside those of a rules file, by the names that it declares. */
  readonly groups?: readonly string[] | undefined;
  /**
   * If given, whatever the rules say, the user may do no more than these: `ACCESS:GLOB`, for
   * example `read:team/*`. What is not so written gives nothing. An `authorize` of one's own has to
   * look at them itself.
   */
  readonly permissions?: readonly string[] | undefined;
}
