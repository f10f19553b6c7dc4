// The oracle: Hugging Face's tokenizers behind a native binding, driven over stdin and stdout.
//
// A request is a frame: u32 length, u8 operation, body. A reply is a frame too. All numbers are little-endian, a string is
// its length (u32) and its UTF-8 bytes. The program answers frame by frame and ends when stdin does.
import { createRequire } from 'node:module'
import { writeSync } from 'node:fs'

const { Tokenizer } = createRequire(import.meta.url)('@anush008/tokenizers')

const LOAD = 1 // u16 slot, tokenizer.json
const CONFIGURE = 2 // u16 slot, JSON {truncation?, padding?}; what is absent is switched off
const ENCODE = 3 // u16 slot, u8 flags, u32 count, strings
const CLOCK = 4 // u16 slot, u8 mode, u32 count, strings → f64 wall and f64 CPU nanoseconds

const PAIRS = 1 // strings come in twos
const NO_SPECIALS = 2 // without the post-processor's tokens
const ONE_BY_ONE = 1 // the clock's mode: a call a text, not one call for all

const slots = new Map()

class Reader {
  constructor(buffer) {
    this.buffer = buffer
    this.at = 0
  }
  u8() {
    return this.buffer[this.at++]
  }
  u16() {
    this.at += 2
    return this.buffer.readUInt16LE(this.at - 2)
  }
  u32() {
    this.at += 4
    return this.buffer.readUInt32LE(this.at - 4)
  }
  string() {
    const n = this.u32()
    this.at += n
    return this.buffer.utf8Slice(this.at - n, this.at)
  }
  rest() {
    return this.buffer.utf8Slice(this.at, this.buffer.length)
  }
}

// Writer gathers a reply in one growing buffer that is used again for the next.
class Writer {
  constructor() {
    this.buffer = Buffer.alloc(1 << 20)
    this.at = 4
  }
  room(n) {
    if (this.at + n <= this.buffer.length) return
    const grown = Buffer.alloc(Math.max(2 * this.buffer.length, this.at + n))
    this.buffer.copy(grown, 0, 0, this.at)
    this.buffer = grown
  }
  u8(v) {
    this.room(1)
    this.buffer[this.at++] = v
  }
  u32(v) {
    this.room(4)
    this.at = this.buffer.writeUInt32LE(v, this.at)
  }
  f64(v) {
    this.room(8)
    this.at = this.buffer.writeDoubleLE(v, this.at)
  }
  numbers(list) {
    this.room(4 * list.length)
    for (let i = 0; i < list.length; i++) this.at = this.buffer.writeInt32LE(list[i] ?? -1, this.at)
  }
  string(s) {
    this.room(4 + 3 * s.length)
    const n = this.buffer.utf8Write(s, this.at + 4)
    this.buffer.writeUInt32LE(n, this.at)
    this.at += 4 + n
  }
  send() {
    this.buffer.writeUInt32LE(this.at - 4, 0)
    for (let from = 0; from < this.at; ) {
      try {
        from += writeSync(1, this.buffer, from, this.at - from)
      } catch (err) {
        if (err.code !== 'EAGAIN') throw err
      }
    }
    this.at = 4
  }
}

const out = new Writer()

function write(encoding) {
  out.u8(1)
  const ids = encoding.getIds()
  out.u32(ids.length)
  out.numbers(ids)
  out.numbers(encoding.getTypeIds())
  out.numbers(encoding.getAttentionMask())
  out.numbers(encoding.getSpecialTokensMask())
  out.numbers(encoding.getWordIds())
  const offsets = encoding.getOffsets()
  for (let i = 0; i < offsets.length; i++) out.numbers(offsets[i])
  const tokens = encoding.getTokens()
  for (let i = 0; i < tokens.length; i++) out.string(tokens[i])
  const more = encoding.getOverflowing()
  out.u32(more.length)
  for (const m of more) write(m)
}

function refuse(err) {
  out.u8(0)
  out.string(String(err?.message ?? err))
}

async function encode(r) {
  const tokenizer = slots.get(r.u16())
  const flags = r.u8()
  const count = r.u32()
  const options = { addSpecialTokens: !(flags & NO_SPECIALS) }
  const texts = []
  for (let i = 0; i < count; i++) texts.push(r.string(), flags & PAIRS ? r.string() : undefined)
  if (!(flags & PAIRS)) {
    try {
      const all = await tokenizer.encodeBatch(texts.filter((_, i) => i % 2 === 0), options)
      for (const e of all) write(e)
      return
    } catch {
      // One text spoils a batch: ask for each by itself.
    }
  }
  const each = []
  for (let i = 0; i < texts.length; i += 2) each.push(tokenizer.encode(texts[i], texts[i + 1], options))
  for (const e of await Promise.allSettled(each)) {
    if (e.status === 'fulfilled') write(e.value)
    else refuse(e.reason)
  }
}

async function clock(r) {
  const tokenizer = slots.get(r.u16())
  const mode = r.u8()
  const texts = Array.from({ length: r.u32() }, () => r.string())
  const cpu = process.cpuUsage()
  const from = process.hrtime.bigint()
  const all = []
  if (mode & ONE_BY_ONE) for (const text of texts) all.push(await tokenizer.encode(text))
  else all.push(...(await tokenizer.encodeBatch(texts)))
  const took = Number(process.hrtime.bigint() - from)
  const { user, system } = process.cpuUsage(cpu)
  if (all.length !== texts.length) throw new Error('texts are missing')
  out.f64(took)
  out.f64((user + system) * 1e3)
}

async function answer(frame) {
  const r = new Reader(frame)
  switch (r.u8()) {
    case LOAD:
      try {
        const slot = r.u16()
        slots.set(slot, Tokenizer.fromString(r.rest()))
        out.u8(1)
      } catch (err) {
        refuse(err)
      }
      break
    case CONFIGURE:
      try {
        const tokenizer = slots.get(r.u16())
        const { truncation, padding } = JSON.parse(r.rest())
        if (truncation) tokenizer.setTruncation(truncation.maxLength, truncation)
        else tokenizer.disableTruncation()
        if (padding) tokenizer.setPadding(padding)
        else tokenizer.disablePadding()
        out.u8(1)
      } catch (err) {
        refuse(err)
      }
      break
    case ENCODE:
      await encode(r)
      break
    case CLOCK:
      await clock(r)
      break
    default:
      throw new Error('unknown operation')
  }
  out.send()
}

let pending = Buffer.alloc(0)
for await (const chunk of process.stdin) {
  pending = pending.length ? Buffer.concat([pending, chunk]) : chunk
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
    const end = 4 + pending.readUInt32LE(0)
    const frame = pending.subarray(4, end)
    pending = pending.subarray(end)
    await answer(frame)
  }
}
