import { expect, it, vi } from 'vitest'
import { levelHeadings } from '../src/app/headings.ts'

it('a heading that comes without a level gets one, and what is within it is none', async () => {
  document.body.innerHTML = '<div role="heading" aria-level="3" id="own"></div>'
  const observer = levelHeadings(document.body)
  const card = document.createElement('div')
  card.innerHTML = '<div role="heading" id="outer"><div role="heading" id="inner">Title</div></div>'
  document.body.append(card)
  await vi.waitFor(() => expect(document.querySelector('#outer')?.getAttribute('aria-level')).toBe('2'))
  expect(document.querySelector('#inner')?.getAttribute('role')).toBe('presentation')
  expect(document.querySelector('#own')?.getAttribute('aria-level')).toBe('3')
  observer.disconnect()
})
