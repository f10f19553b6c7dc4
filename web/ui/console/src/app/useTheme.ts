import { darkTheme, type GlobalTheme, type GlobalThemeOverrides } from 'naive-ui'
import { computed, onScopeDispose, ref, shallowRef, watchEffect, type ComputedRef, type ShallowRef } from 'vue'
import { scheme } from './preferences.ts'

/** Sets the page's colours and hands the same tokens on to Naive UI, so that there is one palette. */
export function useTheme(): { theme: ComputedRef<GlobalTheme | null>, overrides: ShallowRef<GlobalThemeOverrides> } {
  const media = matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(media.matches)
  const listen = (event: MediaQueryListEvent) => { systemDark.value = event.matches }
  media.addEventListener('change', listen)
  onScopeDispose(() => media.removeEventListener('change', listen))

  const dark = computed(() => scheme.value === 'dark' || (scheme.value === 'system' && systemDark.value))
  const overrides = shallowRef<GlobalThemeOverrides>({})
  watchEffect(() => {
    document.documentElement.dataset.theme = dark.value ? 'dark' : 'light'
    overrides.value = readTokens()
  })
  return { theme: computed(() => dark.value ? darkTheme : null), overrides }
}

function readTokens(): GlobalThemeOverrides {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    common: {
      fontFamily: token('font'),
      fontFamilyMono: token('font-mono'),
      primaryColor: token('accent'),
      primaryColorHover: token('accent-hover'),
      primaryColorPressed: token('accent-hover'),
      primaryColorSuppl: token('accent'),
      errorColor: token('danger'),
      errorColorHover: token('danger'),
      warningColor: token('wait'),
      textColorBase: token('ink'),
      textColor1: token('ink'),
      textColor2: token('ink'),
      textColor3: token('ink-3'),
      placeholderColor: token('ink-3'),
      borderColor: token('line-strong'),
      dividerColor: token('line'),
      bodyColor: token('ground'),
      cardColor: token('surface'),
      modalColor: token('surface'),
      popoverColor: token('raised'),
      inputColor: token('raised'),
      hoverColor: token('accent-soft'),
      borderRadius: token('radius-md'),
      borderRadiusSmall: token('radius-sm'),
      heightMedium: '38px',
      fontSize: '14px',
    },
    Input: { border: `1px solid ${token('line-strong')}`, borderHover: `1px solid ${token('accent')}`, borderFocus: `1px solid ${token('accent')}`, colorFocus: token('raised'), boxShadowFocus: `0 0 0 1px ${token('accent')}` },
    Button: { textColorPrimary: token('accent-ink'), textColorHoverPrimary: token('accent-ink'), textColorPressedPrimary: token('accent-ink'), textColorFocusPrimary: token('accent-ink'), fontWeight: '550' },
  }
}
