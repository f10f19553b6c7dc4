import { sendsMessage } from '@frontdesk/shared/ime'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Given } from './App.tsx'
import { useDesk } from './context.ts'
import { PersonIcon, SendIcon } from './icons.tsx'

/** The text field. What is typed survives a reload; Enter sends, but never half a word of an input method. */
export function Composer({ given }: { given: Given }) {
  const { desk, t } = useDesk()
  const [text, setText] = useState(() => given.text || desk.draft)
  const [failed, setFailed] = useState<'' | 'blocked' | 'failed'>('')
  // Enter came before the conversation was there: sent as soon as it is, unless the text is changed meanwhile.
  const [early, setEarly] = useState(false)
  const [asking, setAsking] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const write = (value: string) => {
    setText(value)
    desk.draft = value
  }
  useEffect(() => {
    given.listener = (value) => {
      write(value)
      field.current?.focus()
    }
    return () => { given.listener = undefined }
  }, [given])
  useEffect(() => {
    if (desk.shown) field.current?.focus()
  }, [desk.shown])
  useLayoutEffect(() => {
    const element = field.current!
    element.style.height = 'auto'
    if (element.scrollHeight > 0) element.style.height = `${Math.min(element.scrollHeight, 132)}px` // hidden, it has none
  }, [text, desk.shown])

  const tooLong = Array.from(text).length > 10_000
  const send = () => {
    if (!text.trim() || tooLong) return
    setEarly(!desk.conv)
    if (!desk.conv) return
    desk.send(text)
    write('')
    field.current?.focus()
  }
  useEffect(() => {
    if (early) send()
  }, [early, desk.conv])
  const human = async () => {
    setAsking(true)
    setFailed(await desk.requestHuman())
    setAsking(false)
  }
  const offerHuman = desk.owner === 'bot' || desk.status === 'resolved'
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {(offerHuman || failed || tooLong) && (
        <div class="above">
          {offerHuman && <button type="button" class="human" disabled={asking || !desk.conv} onClick={() => void human()}><PersonIcon />{t.human}</button>}
          {failed && <span role="alert">{failed === 'blocked' ? t.humanBlocked : t.humanFailed}</span>}
          {tooLong && <span role="alert">{t.tooLong}</span>}
        </div>
      )}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={t.placeholder}
          aria-label={t.placeholder}
          onInput={(event) => {
            write(event.currentTarget.value)
            setEarly(false)
            if (event.currentTarget.value) desk.typed()
          }}
          onKeyDown={(event) => {
            if (!sendsMessage(event)) return
            event.preventDefault()
            send()
          }}
        />
        <button type="submit" class="send" aria-label={t.send} title={t.send} disabled={!text.trim() || tooLong || !desk.conv}><SendIcon /></button>
      </div>
    </form>
  )
}
