/** What went wrong, and where: for the message. The code itself is what a function returns. */

let object: u32 = 0;
let offset: u64 = 0;

/** Remembers where a fault is. @returns its code. */
export function fail(code: i32, inObject: u32, at: u64): i32 {
  object = inObject;
  offset = at;
  return code;
}

export function failedObject(): u32 {
  return object;
}

export function failedOffset(): f64 {
  return <f64>offset;
}
