import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readAccessPolicy } from '../../../src/directory/access-policy/read-access-policy.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type AccessWorld, seedAccess } from './access-fixture.ts'

/** The examples of docs/admin/access.md, as they are there. */

const DOCUMENT = readFileSync(resolve(import.meta.dirname, '../../../docs/admin/access.md'), 'utf8')
const NGINX = '/usr/sbin/nginx'

function example(language: string): string {
  const [, block] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(DOCUMENT) ?? []
  if (block === undefined) throw new Error(`there is no example in ${language}`)
  return block
}

let directory: TestDirectory
let world: AccessWorld
beforeAll(async () => {
  directory = await startTestDirectory()
  world = await seedAccess(directory)
})
afterAll(() => directory[Symbol.asyncDispose]())

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const LANGUAGES = [
  { language: 'sh curl', file: 'ask.sh', run: ['sh', '-eu', 'ask.sh'], needs: ['curl', 'jq'] },
  { language: 'js', file: 'ask.mjs', run: [process.execPath, 'ask.mjs'], needs: [] },
  { language: 'python', file: 'ask.py', run: ['python3', 'ask.py'], needs: ['python3'] },
  { language: 'go', file: 'ask.go', run: ['go', 'run', 'ask.go'], needs: ['go'] },
]

for (const { language, file, run, needs } of LANGUAGES) {
  const missing = needs.filter((program) => !has(program))
  const when = missing.length === 0 ? test : test.skip
  const title = missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} is missing)`
  when(`the example in ${language} asks, and prints what was decided${title}`, async () => {
    using folder = temporaryFolder()
    const { url, ca } = directory
    writeFileSync(join(folder.path, 'gateway.json'), JSON.stringify({ url, ca, token: world.token }))
    writeFileSync(join(folder.path, file), example(language))
    const ask = async (agent: string) => {
      const [program = '', ...args] = run
      const cache = join(tmpdir(), 'surety-go-cache')
      const env = { PATH: process.env.PATH, HOME: folder.path, GOCACHE: cache, agent, device: world.device }
      const child = spawn(program, args, { cwd: folder.path, env })
      const said = { out: '', err: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said.out += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said.err += text
      })
      await once(child, 'close')
      return said
    }
    expect(await ask(world.agent)).toEqual({ out: 'true\nthis rule permits it\n', err: '' })
    const unknown = 'the register has no such agent: name it by the id of its registration'
    expect(await ask('agt_nobody')).toEqual({ out: `false\n${unknown}\n`, err: '' })
  })
}

test('the rule for people is sound', async () => {
  const { rules, warnings } = await readAccessPolicy(example('cedar'))
  expect({ ids: rules.map(({ id }) => id), warnings }).toEqual({ ids: ['people'], warnings: [] })
})

const behindNginx = existsSync(NGINX) ? test : test.skip
behindNginx('nginx asks before it serves, and takes nothing of a client for its own', async () => {
  using folder = temporaryFolder()
  const port = await freePort()
  const at = (name: string) => join(folder.path, name)
  mkdirSync(at('www'))
  writeFileSync(at('www/index.html'), 'the page')
  writeFileSync(at('ca.pem'), directory.ca)
  writeFileSync(at('token.conf'), `proxy_set_header Authorization "Bearer ${world.token}";\n`)
  // nginx serves with the rights of another user.
  for (const name of ['.', 'www', 'www/index.html', 'ca.pem']) chmodSync(at(name), 0o755)
  const locations = example('nginx')
    // nginx compares names with a certificate, and no addresses.
    .replace('https://directory.example.org:7444', directory.url.replace('127.0.0.1', 'localhost'))
    .replace('/etc/nginx/surety-ca.pem', at('ca.pem'))
    .replace('/etc/nginx/surety-token.conf', at('token.conf'))
    .replace('/srv/www', at('www'))
    .replace('$remote_user', '$http_x_person')
    .replace('$request_method', 'read')
  writeFileSync(
    at('nginx.conf'),
    `daemon off; pid ${at('pid')}; error_log stderr; events {}
http { access_log off; client_body_temp_path ${at('body')}; proxy_temp_path ${at('proxy')};
  fastcgi_temp_path ${at('a')}; uwsgi_temp_path ${at('b')}; scgi_temp_path ${at('c')};
  server { listen 127.0.0.1:${port}; ${locations} } }`,
  )
  const nginx = spawn(NGINX, ['-c', at('nginx.conf'), '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(nginx, 'close')
  let said = ''
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const get = (path: string, headers: Readonly<Record<string, string>>) =>
    new Promise<string>((done, failed) => {
      request({ host: '127.0.0.1', port, path, headers, agent: false }, async (answer) => {
        const body = (await answer.setEncoding('utf8').toArray()).join('')
        done(answer.statusCode === 200 ? body : `${answer.statusCode}`)
      })
        .on('error', failed)
        .end()
    })
  try {
    const ours = { 'x-device': world.device, 'x-agent': world.agent }
    const answers = () =>
      get('/', {}).then(
        () => true,
        () => false,
      )
    await waitFor('nginx to listen', async () => nginx.exitCode !== null || (await answers()), { show: () => said })
    const ada = { ...ours, 'x-person': 'ada@example.org' }
    const bob = { ...ours, 'x-person': 'bob@example.org' }
    expect(await get('/', ada)).toBe('the page')
    expect(await get('/', bob)).toBe('403')
    expect(await get('/', { ...ada, 'x-agent': '' })).toBe('403')
    // No person: the directory refuses the question, and nginx does not serve.
    expect(await get('/', ours)).toBe('500')
    const forged = { 'x-surety-subject': 'ada@example.org', 'x-surety-resource': 'crm', authorization: 'Bearer x' }
    expect(await get('/', { ...bob, ...forged })).toBe('403')
    expect(await get('/', { ...ours, ...forged })).toBe('500')
    await directory.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { all: true }, reason: 'r' } })
    expect(await get('/', ada)).toBe('403')
  } finally {
    nginx.kill()
    await ended
  }
})
