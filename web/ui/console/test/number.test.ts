import { expect, test } from 'vitest'
import { whenLeft, whileTyped } from '../src/ui/number.ts'

test('a number is taken key by key, and its beginning is not pulled up to the least', () => {
  expect(['1', '15', '150', '9999'].map(text => whileTyped(text, 15, 600))).toEqual([undefined, 15, 150, 600])
  expect(['', ' ', '-', 'e', '2.6'].map(text => whileTyped(text, 0, 600))).toEqual([undefined, undefined, undefined, undefined, 3])
})

test('a field that is left holds a number within its bounds', () => {
  expect(['1', '150', '9999', '-3'].map(text => whenLeft(text, 15, 600))).toEqual([15, 150, 600, 15])
})
