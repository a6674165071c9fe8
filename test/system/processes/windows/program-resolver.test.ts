import {
  type WindowsResolverAddon,
  windowsProgramResolver,
} from '../../../../src/system/processes/windows/program-resolver.ts'

const PROCESS = { pid: 8, startTicks: 80, userId: 'S-1-5-21-1-2-3-1001' }
const MANIFEST = '{"name":"@acme/agent","bin":"cli.js"}'

function resolverOf(answer: ReturnType<WindowsResolverAddon['programResolve']>) {
  const asked: [string, number][] = []
  const resolver = windowsProgramResolver({
    addon: {
      programResolve(path, bytes) {
        asked.push([path, bytes.length])
        if (bytes.length > 0) Buffer.from(MANIFEST).copy(bytes)
        return answer
      },
    },
  })
  return { asked, resolver }
}

test('a script is where its links lead, with its package', () => {
  const { asked, resolver } = resolverOf({
    path: 'D:\\store\\agent\\cli.js',
    folder: 'D:\\store\\agent',
    bytes: MANIFEST.length,
  })
  const found = resolver.resolve(PROCESS, 'C:/Users/ann/AppData/Roaming/npm/agent/cli.js', {
    kind: 'script',
    manifest: true,
  })
  expect(found).toEqual({
    path: 'D:/store/agent/cli.js',
    manifest: { folder: 'D:/store/agent', text: MANIFEST },
  })
  expect(asked).toEqual([['C:\\Users\\ann\\AppData\\Roaming\\npm\\agent\\cli.js', 64 * 1024]])
})

test('without a wish for a manifest none is looked for', () => {
  const { asked, resolver } = resolverOf({ path: 'C:\\a.exe', folder: '', bytes: 0 })
  expect(resolver.resolve(PROCESS, 'c:\\a.exe', { kind: 'executable', manifest: false })).toEqual({ path: 'C:/a.exe' })
  expect(asked).toEqual([['C:\\a.exe', 0]])
})

test.each(['\\\\server\\share\\cli.js', 'cli.js', 'C:/NUL', '/home/ann/cli.js', 'C:/a\0b', ''])(
  'of %j Windows is not asked',
  (path) => {
    const { asked, resolver } = resolverOf({ path: 'C:\\a.exe', folder: '', bytes: 0 })
    expect(resolver.resolve(PROCESS, path, { kind: 'script', manifest: true })).toBeUndefined()
    expect(asked).toEqual([])
  },
)

test.each<[string, ReturnType<WindowsResolverAddon['programResolve']>]>([
  ['what is not there', undefined],
  ['what lies on another computer', { path: '\\\\server\\share\\cli.js', folder: '', bytes: 0 }],
])('%s is not resolved', (_, answer) => {
  const { resolver } = resolverOf(answer)
  expect(resolver.resolve(PROCESS, 'C:/a/cli.js', { kind: 'script', manifest: true })).toBeUndefined()
})
