import { useDesk } from './context.ts'
import { Avatar, CloseIcon } from './icons.tsx'
import { remember } from './store.ts'
import { Transcript } from './Transcript.tsx'

/** Who the visitor talks to. */
export function Header({ onClose }: { onClose?: () => void }) {
  const { desk, t } = useDesk()
  const human = desk.owner === 'human' && desk.status === 'open'
  const line = desk.status === 'resolved' ? t.resolvedLine : human ? `${desk.assignee?.name ?? t.agent} ${t.humanLine}` : desk.owner === 'queue' ? t.queueLine : t.botLine
  const switchLocale = () => {
    const other = desk.locale === 'en' ? 'zh-CN' : 'en'
    remember('frontdesk.locale', other)
    desk.setLocale(other)
  }
  return (
    <header class="header">
      <Avatar kind={human ? 'agent' : 'bot'} name={desk.assignee?.name} />
      <div class="who">
        <h1>{desk.siteName || t.title}</h1>
        <p>{line}</p>
      </div>
      {desk.events.length > 0 && <Transcript key={`${desk.conv} ${desk.who}`} />}
      <button type="button" class="icon" onClick={switchLocale} aria-label={t.language} title={t.language} lang={desk.locale === 'en' ? 'zh-CN' : 'en'}>{t.languageMark}</button>
      {onClose && <button type="button" class="icon" onClick={onClose} aria-label={t.close} title={t.close}><CloseIcon /></button>}
    </header>
  )
}
