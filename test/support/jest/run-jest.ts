import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const JEST = resolve(import.meta.dirname, '../../../node_modules/jest/bin/jest.js')

/** Runs test files like `npm test`, in two workers. @returns the output of jest. */
export function runTests(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.test.js`), text)
  const environment = join(import.meta.dirname, 'environment.js')
  const config = { rootDir: folder, testEnvironment: environment, transform: {}, maxWorkers: 2, cacheDirectory: folder }
  const args = ['--experimental-vm-modules', JEST, '--config', JSON.stringify(config)]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, encoding: 'utf8' }, (_, out, err) => resolve(out + err))
  })
}

export const PASSING_TEST = `test('good', () => undefined)`
