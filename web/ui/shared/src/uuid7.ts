// The time of the last id and a counter within its millisecond.
let last = 0
let counter = 0

/**
 * Makes a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, a 12-bit
 * counter (section 6.2, method 1), then random bits. Ids of one page sort by the
 * order in which they were made, also within a millisecond and when the clock is
 * set back: the outbox sends in that order.
 */
export function uuid7(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  if (now > last) {
    last = now
    counter = (bytes[6]! & 0x07) << 8 | bytes[7]! // half of the range is left to count in
  } else if (++counter > 0xfff) {
    last++
    counter = 0
  }
  for (let i = 5, rest = last; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  bytes[6] = 0x70 | counter >> 8
  bytes[7] = counter & 0xff
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
