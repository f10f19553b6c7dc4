import { useEffect } from 'preact/hooks'
import { Composer } from './Composer.tsx'
import { DeskContext, useDesk } from './context.ts'
import type { Desk } from './desk.ts'
import { Header } from './Header.tsx'
import { Log } from './Log.tsx'
import { QueueCard } from './QueueCard.tsx'

export interface Given { text: string, listener: ((text: string) => void) | undefined }

export function App({ desk, given, onClose }: { desk: Desk, given: Given, onClose?: () => void }) {
  const { t } = useDesk(desk)
  useEffect(() => {
    document.documentElement.lang = desk.locale
    document.title = t.title
  }, [desk.locale, t])
  return (
    <DeskContext.Provider value={desk}>
      <main class="app">
        <Header onClose={onClose} />
        {desk.broken && (
          <div class="banner" role="status">
            {t.offline}
            <button type="button" class="link" onClick={() => desk.reconnect()}>{t.reconnect}</button>
          </div>
        )}
        <Log />
        <QueueCard />
        <Composer key={desk.person} given={given} />
      </main>
    </DeskContext.Provider>
  )
}
