import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { answer, frozen, work } from '../stops/stop-fixture.ts'

/** The example of docs/api.md, pasted into a shell. */
const EXAMPLE = exampleOf(readFileSync(resolve(import.meta.dirname, '../../../docs/api.md'), 'utf8'))

function exampleOf(document: string): string {
  const [, block] = /^```sh\n(.*?)^```$/ms.exec(document) ?? []
  if (block === undefined) throw new Error('docs/api.md has no example')
  return block
}

let directory: TestDirectory
let profile: string
beforeAll(async () => {
  directory = await startTestDirectory()
  const service = { kind: 'service', name: 'vpn', role: 'decide', ttlMs: 3_600_000 } as const
  const { token } = await directory.services.principals.add(service, 'adm_test')
  profile = join(directory.folder, 'vpn.json')
  writeFileSync(profile, JSON.stringify({ url: directory.url, ca: directory.ca, token }), { mode: 0o600 })
})
afterAll(() => directory[Symbol.asyncDispose]())

let seeds = 0
async function seed(result: Partial<AttestationResult>) {
  const { device } = await seedDevice(directory, testKey(`documented ${seeds++}`))
  const now = Date.now()
  await directory.store.results.put(device, {
    verdict: 'compliant',
    tier: 'software',
    reasons: [],
    proven: [],
    reported: [],
    appraisedAt: now,
    validUntil: now + 3_600_000,
    ...result,
  })
  return device
}

/** Runs in a folder of its own. */
async function run(device: string, script = EXAMPLE) {
  using folder = temporaryFolder()
  const child = spawn('sh', ['-eu'], { cwd: folder.path, env: { PATH: process.env.PATH, profile, device } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  child.stdin.end(script)
  const exitCode = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { exitCode, out, err }
}

test('lets a compliant device in', async () => {
  const device = await seed({})
  expect(await run(device)).toEqual({ exitCode: 0, out: `let in ${device} compliant 0 of 0 stops answered\n`, err: '' })
})

test('keeps a device out that has not answered a stop', async () => {
  const device = await seed({})
  directory.connected.add(device)
  await directory.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { device }, reason: 'incident' } })
  const [order] = await work(directory)
  expect(await run(device)).toMatchObject({ exitCode: 1, out: `keep out ${device} compliant 0 of 1 stops answered\n` })
  if (order === undefined) throw new Error('no order')
  await answer(directory, order, { stop: frozen(1, 1) })
  expect(await run(device)).toMatchObject({ exitCode: 0, out: `let in ${device} compliant 1 of 1 stops answered\n` })
})

test('keeps a device out that is not compliant', async () => {
  const device = await seed({ verdict: 'not-compliant' })
  expect(await run(device)).toMatchObject({
    exitCode: 1,
    out: `keep out ${device} not-compliant 0 of 0 stops answered\n`,
  })
})

test('keeps an unknown device out', async () => {
  const { exitCode, out } = await run('nowhere')
  expect({ out, failed: exitCode !== 0 }).toEqual({ out: '', failed: true })
})

test('keeps a device out whose answer was changed on the way', async () => {
  const device = await seed({ verdict: 'not-compliant' })
  const change = `node -e '
    const [header, payload, signature] = fs.readFileSync("verdict.jws", "utf8").split(".")
    const forged = Buffer.from(payload, "base64url").toString().replace(/"ok":false/, String.raw\`"ok":true\`)
    fs.writeFileSync("verdict.jws", [header, Buffer.from(forged).toString("base64url"), signature].join("."))
  '\n`
  const marker = 'IFS=. read'
  expect(EXAMPLE).toContain(marker)
  const { exitCode, out } = await run(
    device,
    EXAMPLE.replace(marker, () => change + marker),
  )
  expect({ out, failed: exitCode !== 0 }).toEqual({ out: '', failed: true })
})
