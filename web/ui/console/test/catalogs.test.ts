import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { later } from '../src/i18n/later.ts'
import { messages } from '../src/i18n/messages.ts'

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, prefix = ''): Record<string, string> {
  return Object.assign({}, ...Object.entries(texts).map(([key, text]) => typeof text === 'string' ? { [prefix + key]: text } : flat(text, `${prefix}${key}.`))) as Record<string, string>
}

const more = await Promise.all(Object.values(later).map(load => load()))
const english = Object.assign({}, ...[messages, ...more.map(m => m.messages)].map(m => flat(m.en as Texts))) as Record<string, string>
const chinese = Object.assign({}, ...[messages, ...more.map(m => m.messages)].map(m => flat(m['zh-CN'] as Texts))) as Record<string, string>

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => entry.isDirectory() ? sources(join(folder, entry.name)) : /\.(vue|ts)$/.test(entry.name) ? [readFileSync(join(folder, entry.name), 'utf8')] : [])
}

describe('the catalogs', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort())
  })
  it('have no empty text and the same places for values', () => {
    const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const [key, text] of Object.entries(english)) {
      expect(text, key).not.toBe('')
      expect(chinese[key], key).not.toBe('')
      expect(places(chinese[key]!), key).toEqual(places(text))
    }
  })
  it('hold every key that a page names', () => {
    const used = sources(join(import.meta.dirname, '../src')).flatMap(source => [...source.matchAll(/\bt\('([\w.]+)'/g)].map(match => match[1]!))
    expect(used.length).toBeGreaterThan(100)
    expect(used.filter(key => !(key in english))).toEqual([])
  })
})
