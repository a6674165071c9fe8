import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { CARDS, CHECKS, cardOf, isCheck } from '../../src/checks/checks.ts'

const ROOT = resolve(import.meta.dirname, '../..')

test('the file of a card has the name of its check', () => {
  const files = readdirSync(join(ROOT, 'src/checks')).filter((file) => file.includes('-'))
  expect(files.sort()).toEqual(CHECKS.map((name) => `${name.replaceAll('.', '-')}.ts`).sort())
})

test('a check is named once', () => {
  expect(new Set(CHECKS).size).toBe(CARDS.length)
})

test.each(['', 'disk', 'toString', '__proto__', 'disk.root-encrypted '])('has no card for "%s"', (name) => {
  expect([isCheck(name), cardOf(name)]).toEqual([false, undefined])
})

test('no other file than those of the systems has a table of checks', () => {
  const tables = ['src', 'scripts'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .map((file) => `${room}/${file.split(sep).join('/')}`)
      .filter((file) => file.endsWith('.ts') && !file.startsWith('src/checks/'))
      .filter((file) => {
        const text = readFileSync(join(ROOT, file), 'utf8')
        return CHECKS.filter((name) => text.includes(`'${name}'`)).length > 3
      }),
  )
  // What the devices of a demonstration fail, which is made up.
  const demonstration = 'src/directory/demonstration/company/posture.ts'
  const systems = ['darwin', 'linux', 'windows'].map((system) => `src/posture/${system}/checks.ts`)
  expect(tables.sort()).toEqual([demonstration, ...systems])
})
