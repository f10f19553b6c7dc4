import type { Event } from '@frontdesk/shared/api/types'
import type { Outgoing } from '@frontdesk/shared/session/outbox'
import { useDesk } from './context.ts'
import { Avatar, PageIcon, ThumbIcon } from './icons.tsx'
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
  /** The newest of all. */
  last: boolean
}

/** A stored message. */
export function Bubble({ event, first, open, last }: BubbleProps) {
  const { desk, t } = useDesk()
  const mine = event.author?.kind === 'visitor'
  if (mine) {
    return (
      <div class="row mine">
        <div class="bubble"><span class="sr-only">{`${t.you}: `}</span>{event.content}</div>
        {last && <p class="meta">{`${clock(event.time, desk.locale)} · ${t.sent}`}</p>}
      </div>
    )
  }
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
      <div class="bubble" lang={event.locale || undefined}>
        <Markdown text={event.content ?? ''} />
        {event.source?.title && <Source event={event} t={t} />}
      </div>
      {event.source && <Votes event={event} />}
      {open && <Buttons event={event} />}
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
  const state = item.failed ? t.failed : item.seq ? t.sent : waits ? t.waiting : t.sending
  return (
    <div class={`row mine ${item.failed ? 'failed' : 'pending'}`}>
      <div class="bubble"><span class="sr-only">{`${t.you}: `}</span>{item.content}</div>
      <p class="meta" role={item.failed ? 'alert' : undefined}>
        {state}
        {item.failed === 'too_large' && ` · ${t.tooLong}`}
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
