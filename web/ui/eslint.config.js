import stylistic from '@stylistic/eslint-plugin'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

// Features know the app around them and the shared package, never each other.
const features = ['entry', 'knowledge', 'workbench']
const walls = features.map(feature => ({
  files: [`console/src/features/${feature}/**`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [{
        group: features.filter(other => other !== feature).map(other => `**/${other}/**`),
        message: 'Features do not import each other: what two need belongs in app/ or ui/.',
      }],
    }],
  },
}))

export default ts.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'onnxruntime/**', 'shared/src/gen/**', 'e2e/test-results/**', 'e2e/screenshots/**'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  stylistic.configs.customize({ indent: 2, quotes: 'single', semi: false, braceStyle: '1tbs', commaDangle: 'always-multiline', quoteProps: 'as-needed', jsx: true }),
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: 'error',
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@stylistic/max-statements-per-line': ['error', { max: 2 }],
      '@stylistic/jsx-one-expression-per-line': 'off',
      '@stylistic/jsx-max-props-per-line': 'off',
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/indent-binary-ops': 'off',
      'max-lines': ['error', { max: 800 }],
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'no-undef': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'never', normal: 'always', component: 'always' } }],
      'vue/require-default-prop': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'max-lines': ['error', { max: 200 }],
    },
  },
  {
    files: ['shared/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['@frontdesk/console*', '@frontdesk/widget*', '**/console/**', '**/widget/**'], message: 'shared imports no app.' }] }],
    },
  },
  { files: ['widget/**'], rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['@frontdesk/console*', '**/console/**', 'vue', 'naive-ui'], message: 'The widget is small and stands alone.' }] }] } },
  { files: ['**/scripts/**', 'e2e/**'], rules: { 'no-console': 'off' } },
  ...walls,
)
