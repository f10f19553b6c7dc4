import { useState } from 'preact/hooks'
import { useDesk } from './context.ts'
import { PageIcon } from './icons.tsx'
import { fill } from './texts.ts'

/** Asks for a link to the conversation, to be kept or printed. The visitor opens it: a page that opens itself is stopped by browsers. */
export function Transcript() {
  const { desk, t } = useDesk()
  const [state, setState] = useState<'' | 'busy' | 'failed'>('')
  const [link, setLink] = useState<{ path: string, until: string }>()
  const ask = async () => {
    setState('busy')
    const found = await desk.transcript()
    setLink(found && { path: found.path, until: new Date(found.expires_at).toLocaleDateString(desk.locale) })
    setState(found ? '' : 'failed')
  }
  return (
    <>
      <button type="button" class="icon" onClick={() => void ask()} disabled={state === 'busy'} aria-label={t.transcript} title={t.transcript}><PageIcon /></button>
      {(link || state === 'failed') && (
        <p class="banner transcript" role="status">
          {link && state !== 'failed' ? <a href={link.path} target="_blank" rel="noopener noreferrer">{fill(t.transcriptOpen, { date: link.until })}</a> : t.transcriptFailed}
          <button type="button" class="link" onClick={() => { setLink(undefined); setState('') }}>{t.transcriptHide}</button>
        </p>
      )}
    </>
  )
}
