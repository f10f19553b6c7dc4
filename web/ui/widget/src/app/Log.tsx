import type { Event } from '@frontdesk/shared/api/types'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Bubble, Pending, SystemLine } from './Bubble.tsx'
import { useDesk } from './context.ts'
import { Avatar } from './icons.tsx'
import { fill } from './texts.ts'

/** The conversation. It stays at the newest message unless the visitor has scrolled up. */
export function Log() {
  const { desk, t } = useDesk()
  const box = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [below, setBelow] = useState(false)
  const events = desk.events.filter(event => !['hidden', 'note', 'feedback', 'edited', 'deleted'].includes(event.kind ?? ''))
  const pending = desk.pending
  const lastVisitor = events.findLast(event => event.author?.kind === 'visitor')?.seq ?? 0
  // The newest own message tells how far it has come; with an answer of the bot below it, that is plain.
  const lastMine = events.findLast(event => event.kind === 'message' && (event.author?.kind === 'visitor' || (event.author?.kind === 'bot' && desk.owner === 'bot')))
  const typing = desk.typing ?? (desk.botThinks && !pending.length ? { kind: 'bot', name: '' } : undefined)
  const size = `${events.at(-1)?.seq}/${pending.length}/${Boolean(typing)}/${desk.shown}`

  const toEnd = () => {
    const element = box.current!
    element.scrollTop = element.scrollHeight
    setBelow(false)
  }
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current!
    stuck.current = scrollHeight - scrollTop - clientHeight < 48
    if (stuck.current) setBelow(false)
  }
  useLayoutEffect(() => {
    if (stuck.current || pending.length > 0) toEnd()
    else setBelow(true)
  }, [size])
  // The text field grows, the keyboard opens: the newest stays in sight.
  useEffect(() => {
    const sizes = new ResizeObserver(() => { if (stuck.current) toEnd() })
    sizes.observe(box.current!)
    return () => sizes.disconnect()
  }, [])

  return (
    <div class="logbox">
      <div class="log" role="log" aria-live="polite" aria-label={t.log} tabIndex={0} ref={box} onScroll={onScroll}>
        <div class="welcome">
          <p class="hello">{t.welcome}</p>
          <p>{t.welcomeMore}</p>
        </div>
        {desk.lost && <p class="system">{t.lost}</p>}
        {events.map((event, i) => event.kind === 'message'
          ? <Bubble key={event.seq} event={event} first={events[i - 1]?.kind !== 'message' || voice(events[i - 1]!) !== voice(event)} open={(event.seq ?? 0) > lastVisitor} last={event === lastMine && !pending.length} />
          : <SystemLine key={event.seq} event={event} />)}
        {pending.map(item => <Pending key={item.cid} item={item} />)}
        {typing && (
          <div class="row theirs">
            <Avatar kind={typing.kind === 'agent' ? 'agent' : 'bot'} name={typing.name} />
            <span class="dots" role="status" aria-label={fill(t.typing, { name: typing.name || t.bot })}><i /><i /><i /></span>
          </div>
        )}
      </div>
      {below && <button type="button" class="jump" onClick={toEnd}>{t.newMessages} ↓</button>}
    </div>
  )
}

function voice({ author }: Event): string {
  return `${author?.kind} ${author?.name}`
}
