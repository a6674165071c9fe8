import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runDirectory, serveForAll } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The way of the record to a SIEM and to an auditor: exported from a served directory, verified without it. */

const SURETY = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const directory = serveForAll()
const folder = temporaryFolder()
const at = (name: string) => join(folder.path, name)
afterAll(() => folder[Symbol.dispose]())

const run = (...args: readonly string[]) => runDirectory([...args, '--data', directory.path])

async function json(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(...args, '--json')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** With no daemon, no directory and no environment to find one. */
function verify(file: string, key: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [SURETY, 'audit', 'verify', file, '--key', key, '--json'],
    {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    },
  )
  expect(stderr).toBe('')
  return { status, report: JSON.parse(stdout) }
}

test('what was done reaches a SIEM, and verifies at an auditor until a byte is changed', async () => {
  const { token } = await json('tokens', 'create', '--owner', 'ada@example.org', '--minimum-tier', 'software')
  const covered = async () => (await json('audit', 'list', '--kind', 'token-created')).entries[0]?.index !== undefined
  await waitFor('an index of the entry', covered)

  await json('audit', 'export', '--out', at('record.jsonl'))
  const events = readFileSync(at('record.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const created = events.find(({ metadata }) => metadata.event_code === 'token-created')
  expect(created).toMatchObject({
    class_uid: 3004,
    activity_id: 1,
    entity: { uid: token.id },
    src_endpoint: { ip: '127.0.0.1' },
  })
  expect(events.at(-1).unmapped.entries).toBe(events.length - 1)

  const { key } = await json('audit', 'log')
  const { entries } = await json('audit', 'export', '--format', 'plain', '--out', at('plain.record'))
  expect(verify(at('plain.record'), key)).toMatchObject({
    status: 0,
    report: { ok: true, entries: { from: 0, to: entries } },
  })

  const text = readFileSync(at('plain.record'), 'utf8')
  writeFileSync(at('changed.record'), text.replace('token-created', 'token-revoked'))
  writeFileSync(at('cut.record'), text.slice(0, text.trimEnd().lastIndexOf('\n') + 1))
  for (const name of ['changed.record', 'cut.record']) {
    expect(verify(at(name), key)).toMatchObject({
      status: 7,
      report: { ok: false, problem: { code: 'PROOF_INVALID' } },
    })
  }
})
