import { render } from 'preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Markdown } from '../src/app/Markdown.tsx'
import { catalogs, fill } from '../src/app/texts.ts'
import { shopTexts } from '../src/demo/texts.ts'

function keys(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) => typeof inner === 'object' && inner !== null ? keys(inner as object, `${prefix}${key}.`) : [prefix + key]).sort()
}

describe('the texts', () => {
  it('exist in both languages, with the same places for values', () => {
    expect(keys(catalogs['zh-CN'])).toEqual(keys(catalogs.en))
    expect(keys(shopTexts['zh-CN'])).toEqual(keys(shopTexts.en))
    const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(catalogs.en) as (keyof typeof catalogs.en)[]) expect(places(catalogs['zh-CN'][key]), key).toEqual(places(catalogs.en[key]))
  })
  it('take values', () => {
    expect(fill('{a} of {b}{c}', { a: 1, b: 'x' })).toBe('1 of x')
  })
})

describe('an answer', () => {
  it('is shown as elements and never as the HTML in it', () => {
    const box = document.createElement('div')
    render(<Markdown text={'**Hi** <b onclick="x()">you</b>\n\n- [a](https://a.example)\n- [b](javascript:x)'} />, box)
    expect(box.querySelector('strong')?.textContent).toBe('Hi')
    expect(box.querySelector('b')).toBeNull()
    expect([...box.querySelectorAll('a')].map(link => [link.href, link.rel])).toEqual([['https://a.example/', 'noopener noreferrer nofollow']])
    expect(box.textContent).toContain('[b](javascript:x)')
  })
})

type Api = ((...call: unknown[]) => void) & { q?: unknown[], loaded?: boolean }
const page = window as unknown as { Frontdesk?: Api }

describe('the loader', () => {
  beforeEach(() => {
    vi.resetModules()
    document.body.innerHTML = ''
    delete page.Frontdesk
    localStorage.clear()
    // The frame's page is not to be fetched here: its address is only remembered.
    vi.spyOn(HTMLIFrameElement.prototype, 'src', 'set').mockImplementation(function (this: HTMLIFrameElement, address) { this.dataset.src = address })
    vi.stubGlobal('innerWidth', 1200)
    vi.spyOn(Element.prototype, 'attachShadow').mockImplementation(function (this: Element) { return this as unknown as ShadowRoot })
  })
  afterEach(() => { vi.restoreAllMocks() })

  const load = () => import('../src/loader/loader.ts')
  const launcher = () => document.querySelector<HTMLButtonElement>('button[aria-expanded]')!
  const frame = () => document.querySelector('iframe')
  const fromApp = (data: unknown, origin = location.origin, source: unknown = frame()!.contentWindow) => {
    const event = new MessageEvent('message', { data, origin })
    Object.defineProperty(event, 'source', { value: source })
    window.dispatchEvent(event)
  }

  it('shows a labelled button and fetches the app at the first opening only', async () => {
    await load()
    expect(launcher().getAttribute('aria-label')).toBe('Open chat')
    expect(frame()).toBeNull()
    launcher().click()
    expect(new URL(frame()!.dataset.src!).searchParams.get('origin')).toBe(location.origin)
    expect(launcher().getAttribute('aria-expanded')).toBe('true')
    const first = frame()
    launcher().click()
    launcher().click()
    expect(frame()).toBe(first)
  })
  it('carries out the calls that were queued before it came', async () => {
    const opened = vi.fn()
    page.Frontdesk = Object.assign(() => undefined, { q: [['on', 'open', opened], ['open', 'hello'], ['nonsense']] })
    await load()
    expect(opened).toHaveBeenCalledOnce()
    expect(frame()).not.toBeNull()
  })
  it('does nothing when it is loaded twice', async () => {
    await load()
    vi.resetModules()
    await load()
    expect(document.querySelectorAll('button[aria-expanded]')).toHaveLength(1)
  })
  it('counts unread messages up to 9+, and believes only its own frame', async () => {
    await load()
    page.Frontdesk!('toggle')
    page.Frontdesk!('close')
    fromApp({ frontdesk: 'unread', count: 12 })
    const badge = document.querySelector<HTMLElement>('#badge')!
    expect([badge.textContent, badge.hidden]).toEqual(['9+', false])
    fromApp({ frontdesk: 'unread', count: 3 }, 'https://evil.example')
    fromApp({ frontdesk: 'unread', count: 4 }, location.origin, window)
    expect(badge.textContent).toBe('9+')
    expect(launcher().getAttribute('aria-label')).toBe('Open chat (12 unread messages)')
  })
  it('hides and shows on command', async () => {
    await load()
    page.Frontdesk!('hide')
    expect(launcher().parentElement!.hidden).toBe(true)
    page.Frontdesk!('show')
    expect(launcher().parentElement!.hidden).toBe(false)
  })
})
