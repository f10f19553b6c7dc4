import { useState } from 'preact/hooks'
import { useDesk } from './context.ts'
import { fill } from './texts.ts'

/** The place in the queue and, when nobody is there or the visitor would rather not wait, the e-mail field. */
export function QueueCard() {
  const { desk, t } = useDesk()
  const [asked, setAsked] = useState(false)
  if (desk.owner !== 'queue' || desk.status !== 'open') return null
  const { position = 0, expected_wait_s: wait = null } = desk.queue ?? {}
  const minutes = wait === null ? '' : wait < 60 ? t.waitShort : fill(t.wait, { n: Math.round(wait / 60) })
  return (
    <section class="queue" aria-live="polite">
      <p class="queue-head">
        <span class="pulse" aria-hidden="true" />
        <strong>{desk.agentsOnline ? position > 0 ? fill(t.position, { n: position }) : t.queued : t.nobody}</strong>
        {desk.agentsOnline && minutes && <span>{minutes}</span>}
      </p>
      {!desk.agentsOnline && !desk.email && <p>{t.nobodyMore}</p>}
      {desk.email && !asked
        ? (
            <p>
              {fill(desk.agentsOnline ? t.emailLater : t.emailSaved, { email: desk.email })}
              <button type="button" class="link" onClick={() => setAsked(true)}>{t.emailChange}</button>
            </p>
          )
        : !desk.agentsOnline || asked
            ? <EmailForm onDone={() => setAsked(false)} />
            : <button type="button" class="link" onClick={() => setAsked(true)}>{t.emailOffer}</button>}
    </section>
  )
}

function EmailForm({ onDone }: { onDone: () => void }) {
  const { desk, t } = useDesk()
  const [bad, setBad] = useState(false)
  const [email, setEmail] = useState(desk.email)
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const plausible = /^\S+@\S+\.\S+$/.test(email.trim())
    const saved = plausible && await desk.leaveEmail(email.trim())
    setBad(!saved)
    if (saved) onDone()
  }
  return (
    <form class="email" onSubmit={event => void save(event)} noValidate>
      <input type="email" autocomplete="email" inputMode="email" aria-label={t.email} placeholder={t.email} value={email} aria-invalid={bad} onInput={event => setEmail(event.currentTarget.value)} />
      <button type="submit" class="primary">{t.emailSave}</button>
      {bad && <p role="alert">{t.emailBad}</p>}
    </form>
  )
}
