import type { Event } from '@frontdesk/shared/api/types'
import { editedAt, isDeleted } from '@frontdesk/shared/session/amend'
import type { Outgoing } from '@frontdesk/shared/session/outbox'
import { useState } from 'preact/hooks'
import { useDesk } from './context.ts'
import { Avatar, PageIcon, ThumbIcon, TrashIcon } from './icons.tsx'
import { Markdown } from './Markdown.tsx'
import { fill, type Texts } from './texts.ts'

function clock(time: string | number | undefined, locale: string): string {
  const date = new Date(time ?? Date.now())
  return date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
}

interface BubbleProps {
  event: Event
  /** First of several by one author. */
  first: boolean
  /** The visitor has not written since: buttons can be pressed. */
  open: boolean
  /** Tells how far it has come. */
  last: boolean
}

/** A stored message. */
export function Bubble({ event, first, open, last }: BubbleProps) {
  const { desk, t } = useDesk()
  const mine = event.author?.kind === 'visitor'
  const gone = isDeleted(event)
  if (mine) return <Mine event={event} gone={gone} last={last} />
  const bot = event.author?.kind !== 'agent'
  const name = bot ? t.bot : event.author?.name || t.agent
  return (
    <div class={`row theirs ${bot ? 'bot' : 'agent'}`}>
      {first && <Avatar kind={bot ? 'bot' : 'agent'} name={event.author?.name} />}
      {first && (
        <p class="name">
          {name}
          {bot && <span class="mark">{t.botMark}</span>}
          <time dateTime={event.time}>{clock(event.time, desk.locale)}</time>
        </p>
      )}
      {gone
        ? <div class="bubble gone">{t.goneTheirs}</div>
        : (
            <div class="bubble" lang={event.locale || undefined}>
              <Markdown text={event.content ?? ''} />
              {event.source?.title && <Source event={event} t={t} />}
            </div>
          )}
      {editedAt(event) !== undefined && <p class="meta">{t.edited}</p>}
      {event.source && <Votes event={event} />}
      {open && !gone && <Buttons event={event} />}
    </div>
  )
}

/** A stored message of the visitor's own: with its mark, and a way to delete it. */
function Mine({ event, gone, last }: { event: Event, gone: boolean, last: boolean }) {
  const { desk, t } = useDesk()
  const [asking, setAsking] = useState(false)
  const seq = event.seq ?? 0
  const deletion = desk.edits.get(seq)
  const state = desk.stateOf(seq)
  if (gone || (deletion && !deletion.failed)) return <div class="row mine"><div class="bubble gone">{t.goneMine}</div></div>
  const remove = () => {
    setAsking(false)
    desk.remove(seq)
  }
  return (
    <div class="row mine own">
      <div class="bubble"><span class="sr-only">{`${t.you}: `}</span>{event.content}</div>
      {!asking && !deletion && <button type="button" class="trash" aria-label={t.remove} title={t.remove} onClick={() => setAsking(true)}><TrashIcon /></button>}
      {asking && (
        <p class="meta ask" role="group" aria-label={t.removeAsk} onKeyDown={e => e.key === 'Escape' && (e.stopPropagation(), setAsking(false))}>
          {t.removeAsk}
          <button type="button" class="link danger" ref={button => button?.focus()} onClick={remove}>{t.removeYes}</button>
          <button type="button" class="link" onClick={() => setAsking(false)}>{t.removeNo}</button>
        </p>
      )}
      {deletion && (
        <p class="meta bad" role="alert">
          {t.removeFailed}
          <button type="button" class="link" onClick={() => desk.retry(deletion.cid)}>{t.retry}</button>
          <button type="button" class="link" onClick={() => desk.discard(deletion.cid)}>{t.removeNo}</button>
        </p>
      )}
      {last && !asking && !deletion && <p class={`meta mark-${state}`}>{`${clock(event.time, desk.locale)} · ${t[state]}`}</p>}
    </div>
  )
}

function Source({ event, t }: { event: Event, t: Texts }) {
  const title = event.source!.title!
  return (
    <details class="source">
      <summary>
        <PageIcon />
        <span>{event.source!.reworded ? fill(t.reworded, { title }) : `${t.source}: ${title}`}</span>
      </summary>
      <p>{fill(event.source!.reworded ? t.rewordedMore : t.sourceMore, { title })}</p>
    </details>
  )
}

/** Whether the answer helped. The choice stays visible and can be changed. */
function Votes({ event }: { event: Event }) {
  const { desk, t } = useDesk()
  const seq = event.seq ?? 0
  const given = desk.votes.get(seq)
  return (
    <div class="votes" role="group" aria-label={t.helped}>
      {[true, false].map(helpful => (
        <button key={String(helpful)} type="button" title={helpful ? t.helpful : t.unhelpful} aria-label={helpful ? t.helpful : t.unhelpful} aria-pressed={given === helpful} onClick={() => void desk.vote(seq, helpful)}>
          <ThumbIcon down={!helpful} />
        </button>
      ))}
      <span role="status">{given === undefined ? '' : given ? t.thanksUp : t.thanksDown}</span>
    </div>
  )
}

function Buttons({ event }: { event: Event }) {
  const { desk } = useDesk()
  // "Talk to a person" stands above the text field at all times.
  const offers = event.buttons?.filter(button => button.kind !== 'human') ?? []
  if (!offers.length) return null
  return (
    <div class="buttons">
      {offers.map(button => (
        <button key={button.id} type="button" class={button.kind === 'article' ? 'choice' : 'choice quiet'} onClick={() => desk.send(button.label ?? '', button.id)}>
          {button.label}
        </button>
      ))}
    </div>
  )
}

/** A message on its way. */
export function Pending({ item }: { item: Outgoing }) {
  const { desk, t } = useDesk()
  const waits = desk.connection !== 'online'
  const soon = item.seq || item.failed ? 0 : desk.secondsTo(item.cid)
  const state = item.failed ? t.failed : item.seq ? t.sent : waits ? t.waiting : soon ? fill(t.slower, { n: soon }) : t.sending
  return (
    <div class={`row mine ${item.failed ? 'failed' : 'pending'}`}>
      <div class="bubble"><span class="sr-only">{`${t.you}: `}</span>{item.content}</div>
      <p class="meta" role={item.failed ? 'alert' : undefined}>
        {state}
        {item.failed === 'too_large' && ` · ${t.tooLong}`}
        {item.failed === 'blocked' && ` · ${t.blocked}`}
        {(item.failed || (waits && !item.seq)) && <button type="button" class="link" onClick={() => desk.retry(item.cid)}>{t.retry}</button>}
        {item.failed && <button type="button" class="link" onClick={() => desk.discard(item.cid)}>{t.discard}</button>}
      </p>
    </div>
  )
}

/** A row that tells of a change rather than a message. Kinds we do not know are shown by their text, if they have one. */
export function SystemLine({ event }: { event: Event }) {
  const { t } = useDesk()
  const name = event.state?.assignee?.name || event.author?.name || t.agent
  const texts: Record<string, string> = {
    handover: event.content || t.sysHandover,
    claimed: fill(t.sysClaimed, { name }),
    transferred: fill(t.sysTransferred, { name: event.state?.assignee?.name || t.agent }),
    released: t.sysReleased,
    resolved: t.sysResolved,
    reopened: t.sysReopened,
    email: t.sysEmail,
  }
  const text = texts[event.kind ?? ''] ?? event.content
  return text ? <p class="system">{text}</p> : null
}
