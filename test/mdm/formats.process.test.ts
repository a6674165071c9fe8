import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { allRendered, rendered, textOf, VALUES } from './rendered.ts'

/** Files as others read them: shells, shellcheck, xmllint and Python. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

const scripts = allRendered().filter(({ name }) => name.endsWith('.sh'))
const onDisk = (name: string, text: string) => {
  const path = join(folder.path, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
const withTool = (path: string) => (existsSync(path) ? test : test.skip)
const check = (tool: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

withTool('/usr/bin/shellcheck')('shellcheck finds nothing in scripts of the shell, and finds what is planted', () => {
  const paths = scripts.map(({ name, text }) => onDisk(name, text))
  expect(paths.length).toBeGreaterThan(8)
  expect(check('/usr/bin/shellcheck', ['--shell', 'sh', '--', ...paths])).toEqual({ status: 0, said: '' })
  const planted = onDisk('planted.sh', '#!/bin/sh\nif [ $1 = x ]; then rm $2; fi\n')
  expect(check('/usr/bin/shellcheck', ['--shell', 'sh', '--', planted]).status).toBe(1)
})

test('the shell reads each of them to its end', () => {
  for (const { name, text } of scripts) {
    expect([name, check('/bin/sh', ['-n', onDisk(name, text)])]).toEqual([name, { status: 0, said: '' }])
  }
  expect(check('/bin/sh', ['-n', onDisk('cut.sh', 'if true; then\n')]).status).not.toBe(0)
})

const SCHEMA = join(import.meta.dirname, '../fixtures/mdm/policy-definitions.xsd')
const validate = (...paths: readonly string[]) =>
  check('/usr/bin/xmllint', ['--noout', '--nonet', '--schema', SCHEMA, ...paths])
const admx = textOf(rendered('gpo'), 'windows/surety.admx')
const adml = textOf(rendered('gpo'), 'windows/en-US/surety.adml')

withTool('/usr/bin/xmllint')('templates follow the schema of ADMX', () => {
  const paths = [onDisk('surety.admx', admx), onDisk('surety.adml', adml)]
  expect(validate(...paths)).toEqual({ status: 0, said: `${paths.map((path) => `${path} validates`).join('\n')}\n` })
})

withTool('/usr/bin/xmllint').each<[string, string]>([
  ['a class of users', admx.replace('class="Machine"', 'class="Nobody"')],
  ['a policy twice', admx.replace('name="log_level"', 'name="log_format"')],
  ['a policy without its category', admx.replace('<parentCategory ref="Group_log" />', '')],
  ['a reference to a text that is none', admx.replace('$(string.log_level)', 'log level')],
  ['a limit beyond a DWORD', admx.replace('maxValue="4294967295"', 'maxValue="4294967296"')],
  ['a text twice', adml.replace('<string id="log_level">', '<string id="log_format">')],
  ['an element of the future', adml.replace('<multiTextBox', '<future').replace('</multiTextBox', '</future')],
])('the schema refuses %s', (_, text) => {
  expect([admx, adml]).not.toContain(text)
  expect(validate(onDisk('wrong.xml', text)).status).toBe(3)
})

withTool('/usr/bin/xmllint')('profiles are XML to others too', () => {
  const profiles = allRendered().filter(({ name }) => name.endsWith('.mobileconfig'))
  const paths = profiles.map(({ name, text }) => onDisk(name, text))
  expect(paths.length).toBeGreaterThan(6)
  expect(check('/usr/bin/xmllint', ['--noout', '--nonet', ...paths])).toEqual({ status: 0, said: '' })
})

withTool('/usr/bin/python3')('profiles are property lists to others too', () => {
  const path = onDisk('one.mobileconfig', textOf(rendered('kandji'), 'macos/surety-settings.mobileconfig'))
  const program = `import json, plistlib, sys
content = plistlib.load(open(sys.argv[1], 'rb'))['PayloadContent'][0]['PayloadContent']
print(json.dumps(content['org.surety']['Forced'][0]['mcx_preference_settings']))`
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', program, path], { encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual(VALUES)
})
