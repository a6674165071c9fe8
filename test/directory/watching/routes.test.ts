import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { report } from '../stops/stop-fixture.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const LABEL = '[a-z]+="[^"\\\\\\n]*"'
const SAMPLE = new RegExp(`^[a-z_]+(\\{${LABEL}(,${LABEL})*\\})? -?[0-9.e+-]+$`)
const seriesOf = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.replace(/ [^ ]*$/, '')]))

test('metrics count what the directory holds', async () => {
  const { device } = await seedDevice(directory)
  directory.connected.add(device)
  const { status, headers, text } = await directory.ask('GET', '/metrics')
  expect({ status, type: headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
  })
  const lines = text.split('\n')
  expect(lines).toContain('surety_directory_info{version="0.0.0-test"} 1')
  expect(lines).toContain('surety_directory_devices_connected 1')
  expect(lines).toContain('surety_directory_checks{check="disk.root-encrypted",state="fail"} 1')
  expect(lines).toContain('surety_directory_checks{check="os.supported",state="pass"} 1')
  expect(lines).toContain('surety_directory_checks{check="tpm.present",state="pass"} 0')
  expect(lines).toContain('surety_directory_devices_by_tier{tier="software"} 1')
  expect(lines).toContain('surety_directory_sightings{kind="agents"} 2')
  expect(lines).toContain('surety_directory_resident_memory_bytes 1024')
  expect(lines.at(-1)).toBe('')
  expect(lines.filter((line) => line !== '' && !line.startsWith('# ') && !SAMPLE.test(line))).toEqual([])
})

test('metrics say which daemons need a look', async () => {
  const { device } = await seedDevice(directory)
  await report(directory, device, {
    tamperSigns: [1, 2].map((time) => ({ kind: 'stopped', time })),
    health: [{ code: 'SETTINGS_REFUSED', remedy: 'mend', since: 1 }],
    inventory: {
      hostname: HOSTILE_NAME,
      platform: 'linux',
      arch: 'x64',
      osName: 'Debian',
      osVersion: '13',
      kernel: '6.12',
      daemon: { version: '0.0.0', updates: 'failed', channel: 'stable' },
    },
  })
  await directory.store.silence.put(device, { heardAt: 1, noticedAt: 2 })
  const lines = async () => (await directory.ask('GET', '/metrics')).text.split('\n')
  const expected = [
    'devices_tampered{kind="stopped"} 1',
    'devices_tampered{kind="removed"} 0',
    'tamper_signs_total{kind="stopped"} 2',
    'devices_silent_too_long 1',
    'devices_by_version{compared="same"} 1',
    'devices_by_updates{state="failed"} 1',
    'devices_with_warning{code="SETTINGS_REFUSED"} 1',
    'devices_with_warning{code="SPOOL_FULL"} 0',
  ].map((line) => `surety_directory_${line}`)
  expect(await lines()).toEqual(expect.arrayContaining(expected))
  await directory.clock.advance(8 * 86_400_000)
  await directory.services.devices.retire(device, 'sold', 'adm_test')
  expect(
    (await lines()).filter((line) => /^surety_directory_devices_(tampered|silent|with|by_up).* [1-9]/.test(line)),
  ).toEqual([])
})

test('documented alerts use series that there are', async () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/admin/watching.md'), 'utf8')
  const rules = /^groups:\n(.*?)^```/ms.exec(text)?.[0].slice(0, -3) ?? ''
  const { groups } = parse(rules) as { groups: { rules: { alert: string; expr: string; annotations: object }[] }[] }
  const alerts = groups.flatMap((group) => group.rules)
  expect(alerts.length).toBeGreaterThan(4)
  const series = new Set(seriesOf((await directory.ask('GET', '/metrics')).text))
  for (const { alert, expr } of alerts) {
    const [, name = '', label = '', values = ''] =
      /(surety_directory_\w+)(?:\{(\w+)[!=~]+"([^"]*)"\})?/.exec(expr) ?? []
    const used = values === '' ? [name] : values.split('|').map((value) => `${name}{${label}="${value}"}`)
    expect([alert, used.filter((one) => !series.has(one))]).toEqual([alert, []])
  }
  const listed = [...text.matchAll(/^\| `(\w+)` \|(?: `\w+`)? \|/gm)].map(([, name]) => `surety_directory_${name}`)
  expect(listed.length).toBeGreaterThan(6)
  const names = new Set([...series].map((one) => one.replace(/\{.*/, '')))
  expect(listed.filter((name) => !names.has(name))).toEqual([])
})

test('devices add no series under any name', async () => {
  const before = seriesOf((await directory.ask('GET', '/metrics')).text)
  for (let i = 0; i < 5; i++) await seedDevice(directory, testKey(`metrics ${i}`))
  const { device } = await seedDevice(directory, testKey('invents a check'))
  await directory.store.findings.put(device, { check: 'invented.check', state: 'fail', detail: 'x' }, 1)
  await report(directory, device, { health: [{ code: 'INVENTED', remedy: 'x', since: 1 }] })
  const { text } = await directory.ask('GET', '/metrics')
  expect(seriesOf(text)).toEqual(before)
  expect(text).not.toContain(HOSTILE_NAME.slice(0, 8))
})

test.each([
  ['no token', null],
  ['a wrong token', `surety_svc_${'A'.repeat(43)}`],
])('metrics are refused with %s', async (_name, token) => {
  const { status, json } = await directory.ask('GET', '/metrics', { token })
  expect({ status, json }).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } })
})

test.each([
  ['POST', '/metrics'],
  ['GET', '/metrics/devices'],
  ['GET', '/healthz/x'],
  ['GET', '/api/v1/metrics'],
])('%s %s is no route', async (method, path) => {
  expect((await directory.ask(method, path)).status).toBe(404)
  expect((await directory.ask(method, path, { token: null })).status).toBe(401)
})

test('health needs no token, and says nothing but ok', async () => {
  const { status, text } = await directory.ask('GET', '/healthz', { token: null })
  expect({ status, text }).toEqual({ status: 200, text: 'ok\n' })
})

test('health is 503 once the store failed', async () => {
  directory.failing.is = true
  const { status, json } = await directory.ask('GET', '/healthz', { token: null })
  expect({ status, json }).toMatchObject({ status: 503, json: { code: 'STORE_FAILED' } })
})
