/**
 * `npm run build [-- [--system SYSTEM] [--out FOLDER] [--without-runtime] [--replace FILE=FILE] PROGRAM …]`: writes a folder per program to `dist/`, with the
 * program, the code that it loads on demand, and the native addon if it was built. For another system, `darwin` or `windows`, it
 * writes to `dist/SYSTEM/`: what an installer puts into one folder, with the runtime, the service host and the launchers.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { joinCatalogue } from '../src/discovery/catalogue/built-in.ts'
import { buildCli } from './build-cli.ts'
import { buildConsole } from './build-console.ts'
import { buildDaemon } from './build-daemon.ts'
import { buildLayout } from './build-layout.ts'
import { buildReader } from './build-reader.ts'
import { withoutCheckTexts, withoutOtherSystems, withReplacements } from './left-out.ts'

const root = resolve(import.meta.dirname, '..')
const { values, positionals: wanted } = parseArgs({
  options: {
    out: { type: 'string' },
    system: { type: 'string' },
    'without-runtime': { type: 'boolean' },
    replace: { type: 'string', multiple: true },
  },
  allowPositionals: true,
})
const SYSTEMS = {
  linux: {
    platform: 'linux',
    addon: 'surety-native.node',
    programs: ['surety-exec-gate', 'surety-canary', 'surety-hook'],
  },
  darwin: { platform: 'darwin', addon: 'surety-native-darwin.node', programs: ['surety-canary-darwin'] },
  windows: { platform: 'win32', addon: 'surety-native-win32-x64.node', programs: ['surety-canary.exe'] },
} as const
const own = Object.values(SYSTEMS).find(({ platform }) => platform === process.platform) ?? SYSTEMS.linux
const system = values.system === undefined ? own : Object.entries(SYSTEMS).find(([name]) => name === values.system)?.[1]
if (system === undefined) throw new Error(`--system is one of ${Object.keys(SYSTEMS).join(', ')}`)
const out = resolve(
  values.out ?? (values.system === undefined ? join(root, 'dist') : join(root, 'dist', values.system)),
)
/** Replaces the readable-stream package, which winston brings along for old versions of Node, by Node's own streams. */
const ownStreams: Plugin = {
  name: 'own-streams',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^readable-stream(\/lib\/_stream_writable\.js)?$/ }, ({ path }) => ({
      path,
      namespace: 'own-streams',
    }))
    onLoad({ filter: /.*/, namespace: 'own-streams' }, ({ path }) => ({
      contents: `module.exports = require('node:stream')${path.endsWith('.js') ? '.Writable' : ''}`,
    }))
  },
}
/**
 * Loads Node's modules without their facades for `import`. A facade reads every member, and so loads code behind unused members,
 * such as streams in `node:fs` and WebCrypto in `node:crypto`. That costs a daemon 6 MB and 10 ms.
 */
const builtinsWithoutFacades: Plugin = {
  name: 'builtins-without-facades',
  setup({ onResolve, onLoad }) {
    // One per importing file, because shared ones would be additional files to load.
    onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
      kind === 'import-statement' ? { path: `${path} for ${importer}`, namespace: 'builtin' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const [name = ''] = path.split(' ')
      const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((member) => member !== 'default')
      return {
        contents: [
          `const builtin = process.getBuiltinModule('${name}')`,
          'const take = (name) => builtin[name]',
          // Pure, so that unused members are removed.
          ...names.map((member, at) => `const taken${at} = /* @__PURE__ */ take('${member}')`),
          `export { builtin as default, ${names.map((member, at) => `taken${at} as ${member}`).join(', ')} }`,
        ].join('\n'),
      }
    })
  },
}
const PLUGINS = [
  withReplacements(values.replace ?? []),
  withoutOtherSystems(system.platform),
  builtinsWithoutFacades,
  ownStreams,
]
const SHARED: BuildOptions = {
  bundle: true,
  minify: true,
  // No keepNames: setting the name of each closure costs more memory than the closure.
  platform: 'node',
  target: 'node26',
  external: ['pkcs11js', '*.node'],
  plugins: PLUGINS,
  define: {
    // Without these, ws would search every folder above the program for two packages, and load them.
    'process.env.WS_NO_BUFFER_UTIL': '"1"',
    'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    // Removes code of packages for development, whatever the environment says.
    'process.env.NODE_ENV': '"production"',
    // A bundle holds the implementation of its own system alone; see src/system/platform/this-platform.ts.
    'process.platform': JSON.stringify(system.platform),
  },
  legalComments: 'linked',
  logLevel: 'warning',
}
const PROGRAMS = { suretyd: 'main-daemon', surety: 'main-cli', 'surety-directory': 'main-directory' } as const

// The daemon refuses program files that other users may write.
process.umask(0o022)
for (const [program, source] of Object.entries(PROGRAMS)) {
  if (wanted.length > 0 && !wanted.includes(program)) continue
  rmSync(join(out, program), { recursive: true, force: true })
  mkdirSync(join(out, program), { recursive: true })
  copyBuilt(system.addon, join(program, 'surety-native.node'))
  if (program === 'suretyd') for (const name of system.programs) copyBuilt(name, join(program, name))
  if (program !== 'surety') {
    // A file and not a module, which would stay in memory.
    const catalogue = joinCatalogue((path) => readFileSync(join(root, 'src/discovery/catalogue', path), 'utf8'))
    writeFileSync(join(out, program, 'catalogue.json'), JSON.stringify(catalogue))
  }
  if (program === 'suretyd') {
    await buildReader(join(out, program), SHARED)
    await buildDaemon(join(out, program), { ...SHARED, plugins: [withoutCheckTexts, ...PLUGINS] })
    if (system.platform === 'linux') {
      await buildModules(program, 'gate', 'main-gate')
      copyCedar(join(out, program, 'cedar'))
    }
  } else if (program === 'surety') {
    await buildCli(join(out, program), SHARED)
  } else {
    await buildModules(program, program, source)
    copyCedar(join(out, program, 'cedar'))
    await buildConsole(join(out, program, 'console'))
  }
  const files = readdirSync(join(out, program), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(mjs|cjs|js|cache)$/.test(file),
  )
  const sizeBytes = files.reduce((sum, file) => sum + statSync(join(out, program, file)).size, 0)
  console.log(`${join(out, program)}: ${files.length} files, ${Math.round(sizeBytes / 1024)} KiB`)
}

if (system !== own)
  buildLayout({ root, out, platform: system.platform, withoutRuntime: values['without-runtime'] === true })

function copyBuilt(name: string, to: string): void {
  const built = join(root, 'native/build', name)
  if (!existsSync(built)) return
  copyFileSync(built, join(out, to))
  // A copy keeps the mode of the original.
  chmodSync(join(out, to), 0o755)
}

/** It reads its WebAssembly from beside it, so it stays a file of its own. */
function copyCedar(to: string): void {
  const from = join(root, 'node_modules/@cedar-policy/cedar-wasm/nodejs')
  mkdirSync(to)
  for (const name of ['cedar_wasm.js', 'cedar_wasm_bg.wasm', 'package.json'])
    copyFileSync(join(from, name), join(to, name))
}

/** Splitting keeps code that is imported on demand out of the main file. */
async function buildModules(folder: string, program: string, source: string): Promise<void> {
  await build({
    ...SHARED,
    entryPoints: { [program]: join(root, 'src', `${source}.ts`) },
    outdir: join(out, folder),
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
}
