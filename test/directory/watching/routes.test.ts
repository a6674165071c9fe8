import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

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

test('devices add no series, whatever they call themselves', async () => {
  const before = seriesOf((await directory.ask('GET', '/metrics')).text)
  for (let i = 0; i < 5; i++) await seedDevice(directory, testKey(`metrics ${i}`))
  const { device } = await seedDevice(directory, testKey('invents a check'))
  directory.store.findings.put(device, { check: 'invented.check', state: 'fail', detail: 'x' }, 1)
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
