/**
 * How many of the bytes are whole characters of UTF-8: what is cut off at the end comes with the next part. All of them
 * where they are no UTF-8 at the end at all.
 */
export function wholeCharacters(bytes: Uint8Array): number {
  const longest = 4;
  for (let back = 1; back <= Math.min(longest, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    // A byte that goes on a character.
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back && back < bytes.length ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
