import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { share, useImports } from '../src/features/knowledge/useImports.ts'
import { useFileUpload } from '../src/features/knowledge/useFileUpload.ts'
import { translated } from '../src/features/knowledge/useReasons.ts'

const run = (state: string, more = {}) => ({ id: '7', name: 'a.csv', state, stage: '', done: 0, total: 0, report: { added: 1 }, ...more })
const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

describe('useImports', () => {
  let scope: EffectScope
  const fetch = vi.fn<typeof globalThis.fetch>()
  const paths = () => fetch.mock.calls.map(([input, init]) => `${init?.method} ${String(input)}`)
  beforeEach(() => {
    vi.useFakeTimers()
    scope = effectScope()
    fetch.mockReset()
    vi.stubGlobal('fetch', fetch)
  })
  afterEach(() => {
    scope.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('checks a file, follows it through a restart of the server, and applies what was checked', async () => {
    const imports = scope.run(() => useImports({ every: 100 }))!
    fetch.mockResolvedValueOnce(answer(run('waiting'), 202))
    expect(await imports.checkFile(new File(['id'], 'a.csv'))).toBe(true)
    expect(paths()[0]).toBe('POST /api/admin/kb/imports?name=a.csv&dry_run=true')
    fetch.mockRejectedValueOnce(new TypeError('connection refused'))
    await vi.advanceTimersByTimeAsync(100)
    expect(imports.current.value?.state).toBe('waiting')
    fetch.mockResolvedValueOnce(answer(run('checked', { can_apply: true }))).mockResolvedValueOnce(answer({ imports: [run('checked')] }))
    await vi.advanceTimersByTimeAsync(300)
    expect(imports.current.value?.state).toBe('checked')
    expect(imports.history.value).toHaveLength(1)
    fetch.mockResolvedValueOnce(answer(run('waiting')))
    await imports.apply(true)
    expect(fetch.mock.lastCall?.[1]?.body).toBe('{"drafts":true}')
    fetch.mockResolvedValueOnce(answer(run('done'))).mockResolvedValueOnce(answer({ imports: [] }))
    await vi.advanceTimersByTimeAsync(100)
    expect(imports.current.value?.state).toBe('done')
    await vi.advanceTimersByTimeAsync(5000)
    expect(fetch).toHaveBeenCalledTimes(7)
  })
  it('says what the server refuses, and asks no more once it is left', async () => {
    const imports = scope.run(() => useImports({ every: 100 }))!
    fetch.mockResolvedValueOnce(answer({ status: 429, code: 'too_many_imports' }, 429))
    expect(await imports.checkAddress({ address: 'https://example.com', follow: false, pages: 5 })).toBe(false)
    expect(imports.problem.value?.key).toBe('problem.tooMany')
    fetch.mockResolvedValueOnce(answer(run('running')))
    await imports.open('7')
    scope.stop()
    const before = fetch.mock.calls.length
    await vi.advanceTimersByTimeAsync(5000)
    expect(fetch.mock.calls.length).toBe(before)
  })
  it('knows how far an import is only where somebody counts', () => {
    expect(share(run('running', { done: 3, total: 4 }) as never)).toBe(0.75)
    expect(share(run('running') as never)).toBeUndefined()
    expect(share(run('done', { done: 3, total: 4 }) as never)).toBeUndefined()
  })
  it('uploads a file of an article, and refuses a large one before it is sent', async () => {
    const files = useFileUpload()
    fetch.mockResolvedValueOnce(answer({ url: '/kb-files/x', markdown: '![a](/kb-files/x)', inline: true }, 201))
    expect((await files.upload(new File(['x'], 'a.png')))?.markdown).toBe('![a](/kb-files/x)')
    fetch.mockResolvedValueOnce(answer({ status: 415 }, 415))
    expect(await files.upload(new File(['MZ'], 'a.exe'))).toBeUndefined()
    expect(files.problem.value).toBe('imports.fileType')
    const large = new File(['x'], 'a.png')
    Object.defineProperty(large, 'size', { value: 11 * 1024 * 1024 })
    await files.upload(large)
    expect(files.problem.value).toBe('imports.fileTooLarge')
    expect(fetch).toHaveBeenCalledTimes(2)
  })
})

describe('what the server says of a file', () => {
  it('is said in Chinese, its parts too, and stays as it is where nobody has put it into words', () => {
    const table: readonly [RegExp, string][] = [[/^(\S+) was left out: (.+)$/, '略过了 $1：$2'], [/^"(\w+)" is empty$/, '$1 为空']]
    expect(translated(table, 'https://a.b was left out: "title" is empty')).toBe('略过了 https://a.b：title 为空')
    expect(translated(table, 'something new')).toBe('something new')
  })
})
