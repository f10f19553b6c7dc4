import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'shared', include: ['shared/test/**/*.test.ts'], environment: 'happy-dom' } },
      { oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } }, test: { name: 'widget', include: ['widget/test/**/*.test.{ts,tsx}'], environment: 'happy-dom' } },
      { plugins: [vue()], test: { name: 'console', include: ['console/test/**/*.test.ts'], environment: 'happy-dom' } },
    ],
  },
})
