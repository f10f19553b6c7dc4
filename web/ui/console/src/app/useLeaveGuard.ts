import { useDialog } from 'naive-ui'
import { onScopeDispose, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave } from 'vue-router'

/** Asks before a page with unsaved changes is left; the browser asks in its own words when the tab closes. */
export function useLeaveGuard(dirty: Ref<boolean>, question: () => string): void {
  const { t } = useI18n()
  const dialog = useDialog()
  onBeforeRouteLeave(() => {
    if (!dirty.value) return true
    return new Promise<boolean>((answer) => {
      dialog.warning({
        title: t('kb.unsaved'), content: question(), positiveText: t('kb.leave'), negativeText: t('common.cancel'),
        onPositiveClick: () => answer(true), onNegativeClick: () => answer(false), onClose: () => answer(false), onMaskClick: () => answer(false), onEsc: () => answer(false),
      })
    })
  })
  const unload = (event: BeforeUnloadEvent) => { if (dirty.value) event.preventDefault() }
  window.addEventListener('beforeunload', unload)
  onScopeDispose(() => window.removeEventListener('beforeunload', unload))
}
