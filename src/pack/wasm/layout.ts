/**
 * Where everything lies in the engine's memory: fixed addresses for what has a fixed size, so that
 * they are constants of the code, then the ring, the table of objects and the heap, whose sizes
 * each pack decides. No code.
 */

// Below 64 KiB: tables and small states. The compiler's own data begins at 64 KiB (--memoryBase).
export const CRC_TABLES: usize = 0x1000; // 8 of 256 u32
export const LITERAL_RESULTS: usize = 0x3000; // u32[288]
export const DISTANCE_RESULTS: usize = 0x3500; // u32[32]
export const LENGTH_RESULTS: usize = 0x3600; // u32[19]
export const LENGTH_ORDER: usize = 0x3700; // u8[19]
export const CODE_LENGTHS: usize = 0x3800; // u8[320], and as much as a repetition overruns
export const LENGTH_LENGTHS: usize = 0x3a00; // u8[19]
export const COUNTS: usize = 0x3a40; // u32[16]
export const STARTS: usize = 0x3a80; // u32[16]
export const SORTED: usize = 0x3b00; // u16[320]
export const LENGTH_TABLE: usize = 0x3e00; // u32[128]
export const LITERAL_TABLE: usize = 0x4000; // u32[4096]; a code of 11 + 4 bits needs 2342
export const DISTANCE_TABLE: usize = 0x8000; // u32[1024]
export const FIXED_LITERAL_TABLE: usize = 0x9000; // u32[512]
export const FIXED_DISTANCE_TABLE: usize = 0x9800; // u32[32]
export const SCHEDULE: usize = 0xa000; // 80 of 16 bytes
export const LANE_STATES: usize = 0xa600; // 5 of 16 bytes; of one lane, a state of 20
export const LANES: usize = 0xa700; // 4 of 32 bytes
export const PACK_HASH: usize = 0xa800; // state of a streaming hash, 128 bytes
export const OBJECT_HASH: usize = 0xa900; // the same for an object that is never whole in memory
export const HEADER_TEXT: usize = 0xaa00; // git's header of such an object
export const COPY_SHUFFLES: usize = 0xb000; // 128 of 16 bytes
export const CLASS_LISTS: usize = 0xb800; // u32[128]: the heap's free blocks by size
export const RESULT_OID: usize = 0xbb00; // 20 bytes: where a finished hash is written
export const MIDDLE_STATES: usize = 0xbc00; // 4 of 5 of 16 bytes
export const VECTORS: usize = 0xbe00; // 2 of 16 bytes
// What the compiler has is little.
export const DIFFERENCES: usize = 0x18000; // 64 of u32[81]

/** The pack's bytes as they come, and room beyond their end that may be read but means nothing. */
export const WINDOW: usize = 0x20000;
export const WINDOW_SIZE: usize = 0x100000;
export const WINDOW_SLACK: usize = 0x2000;

/** What is inflated but kept nowhere: the last 32 KiB of history, then room for more. */
export const STREAM: usize = WINDOW + WINDOW_SIZE + WINDOW_SLACK;
export const STREAM_HISTORY: usize = 0x8000;
export const STREAM_END: usize = STREAM + STREAM_HISTORY + 0x40000;
export const STREAM_SLACK: usize = 0x1000;

/** The instructions of one delta. Larger ones are inflated into the heap when they are needed. */
export const DELTA: usize = STREAM_END + STREAM_SLACK;
export const DELTA_SIZE: usize = 0x400000;

/** The ring of resolved objects. */
export const RING: usize = DELTA + DELTA_SIZE + 0x1000;

/** Bytes before each object's content, for git's header, and after it, for SHA-1's padding. */
export const BEFORE: usize = 32;
export const AFTER: usize = 96;

/** "There is none", for indices of objects. */
export const NONE: u32 = 0xffffffff;
/** "That is not known yet": call again. */
export const UNDECIDED: u32 = 0xfffffffe;

// What the exported functions return: what has to happen next.
export const DONE: i32 = 0;
export const MORE: i32 = 1; // bytes of the pack, behind those in the window
export const FULL: i32 = 2; // the stream's room: the caller takes it and goes on
export const PAUSE: i32 = 3; // nothing: call again, now or after others had their turn
export const READ: i32 = 4; // bytes from another place of the pack, in an emptied window

// Faults: src/pack/index/faults.ts has the sentences, by the same numbers.
export const BAD_ZLIB_HEADER: i32 = 16;
export const BAD_BLOCK_TYPE: i32 = 17;
export const BAD_STORED_LENGTH: i32 = 18;
export const BAD_CODE: i32 = 19;
export const BAD_SYMBOL: i32 = 20;
export const BAD_DISTANCE: i32 = 21;
export const TOO_LONG: i32 = 22;
export const TOO_SHORT: i32 = 23;
export const BAD_ADLER: i32 = 24;
export const BAD_TYPE: i32 = 25;
export const BAD_SIZE: i32 = 26;
export const BAD_BASE_OFFSET: i32 = 27;
export const BAD_DELTA_HEADER: i32 = 28;
export const BAD_DELTA_BASE_SIZE: i32 = 29;
export const BAD_DELTA_COPY: i32 = 30;
export const BAD_DELTA_INSERT: i32 = 31;
export const BAD_DELTA_COMMAND: i32 = 32;
export const BAD_DELTA_RESULT: i32 = 33;
export const CHANGED: i32 = 34;
export const COLLISION: i32 = 35;
export const OVER_OBJECT_BYTES: i32 = 48;
export const OVER_INFLATED_BYTES: i32 = 49;
export const OVER_RESULT_BYTES: i32 = 50;
export const OVER_DELTA_DEPTH: i32 = 51;
export const OVER_RESOLVING_BYTES: i32 = 52;
export const OUT_OF_MEMORY: i32 = 53;
