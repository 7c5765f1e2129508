/** A setting for `git -c`. */
export type GitSetting = readonly [key: string, value: string];
