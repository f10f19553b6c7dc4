import { Session, type ConnectionState, type Signal } from '@frontdesk/shared/session/session'
import { socketURL } from '@frontdesk/shared/session/socket'
import { defineStore } from 'pinia'
import { markRaw, onScopeDispose, ref } from 'vue'
import { credentials } from './api.ts'
import { useAuth } from './auth.ts'
import { clearDraftsOf } from './drafts.ts'

/** The agent's connection: one socket for the inbox and every open conversation. */
export const useDesk = defineStore('desk', () => {
  const auth = useAuth()
  const state = ref<ConnectionState>('idle')
  const broken = ref(false)
  const session = markRaw(new Session({
    url: socketURL('/ws/agent'),
    scope: `agent.${auth.agent?.id ?? ''}`,
    storage: localStorage,
    inbox: true,
    credentials: async (refused) => {
      if (refused) credentials.onEnded()
      return refused || !credentials.csrf ? undefined : { csrf: credentials.csrf }
    },
  }))
  session.subscribe((signal) => {
    if (signal.type === 'state') state.value = signal.state
    else if (signal.type === 'broken') broken.value = session.broken
    else if (signal.type === 'hello') void auth.refreshPresence()
    else if (signal.type === 'presence') auth.heardPresence(signal.presence.agent?.id, signal.presence.presence)
    else if (signal.type === 'gone') clearDraftsOf(signal.conv)
  })

  /** Hears the connection until the caller's scope ends. */
  function listen(listener: (signal: Signal) => void): void {
    onScopeDispose(session.subscribe(listener))
  }

  return { state, broken, session, listen, start: () => session.start(), stop: () => session.stop() }
})
