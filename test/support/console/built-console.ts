import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { builtConsoleFolder } from '../../../src/directory/console/read-console-files.ts'

const root = resolve(import.meta.dirname, '../../..')

/**
 * The folder with the pages of the console. They are built where they are missing, as in a checkout whose tests jest runs itself;
 * `npm test` builds them when a source has changed.
 */
export function builtConsole(): string {
  const present = builtConsoleFolder()
  if (present !== undefined) return present
  // In a process of its own: esbuild does not work with the globals of jest.
  execFileSync(process.execPath, [join(root, 'scripts/run.cjs'), 'scripts/make-console.ts', '--if-changed'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const built = builtConsoleFolder()
  if (built === undefined) throw new Error('the console was not built')
  return built
}
