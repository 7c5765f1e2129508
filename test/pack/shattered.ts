/**
 * The first collision of SHA-1 (Stevens, Bursztein, Karpman, Albertini and Markov, "The first collision
 * for full SHA-1", 2017): what the two PDF files begin with, up to where the same may follow in both.
 */

const start = Buffer.concat([
  Buffer.from('%PDF-1.3\n%\xe2\xe3\xcf\xd3\n\n\n1 0 obj\n', 'latin1'),
  Buffer.from('<</Width 2 0 R/Height 3 0 R/Type 4 0 R/Subtype 5 0 R/Filter 6 0 R', 'latin1'),
  Buffer.from('/ColorSpace 7 0 R/Length 8 0 R/BitsPerComponent 8>>\nstream\n', 'latin1'),
  Buffer.from('\xff\xd8\xff\xfe\x00$SHA-1 is dead!!!!!\x85/\xec\t', 'latin1'),
  Buffer.from('#9u\x9c9\xb1\xa1\xc6<L\x97\xe1\xff\xfe\x01', 'latin1'),
]);

/** Two messages with one hash; the first blocks of each alone do not collide, but nearly. */
export const shattered: readonly { readonly whole: Buffer; readonly nearly: Buffer }[] = [
  {
    first:
      '7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df6' +
      '14f86db1690901c56b45c1530afedfb76038e972722fe7ad728f0e4904e046c2',
    second:
      '30570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514' +
      'e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1',
  },
  {
    first:
      '7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de2' +
      '18f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d2',
    second:
      '3c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500' +
      'eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1',
  },
].map(({ first, second }) => {
  const nearly = Buffer.concat([start, Buffer.from(first, 'hex')]);
  return { nearly, whole: Buffer.concat([nearly, Buffer.from(second, 'hex')]) };
});
