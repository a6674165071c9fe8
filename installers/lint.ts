import { join } from 'node:path'
import { runTool } from './run-tool.ts'

const RPMLINT_CONFIGURATION = join(import.meta.dirname, 'linux/rpmlint.toml')

/** @throws with what lintian and rpmlint say, beside what the packages and `rpmlint.toml` explain. */
export function lintPackages(paths: readonly string[]): void {
  const [debs, rpms] = ['.deb', '.rpm'].map((end) => paths.filter((path) => path.endsWith(end)))
  if (debs !== undefined && debs.length > 0)
    runTool('/usr/bin/lintian', ['--allow-root', '--fail-on=error,warning', '--tag-display-limit=0', ...debs])
  if (rpms === undefined || rpms.length === 0) return
  const said = runTool('/usr/bin/rpmlint', ['--config', RPMLINT_CONFIGURATION, ...rpms])
  if (!/ 0 errors, 0 warnings,/.test(said)) throw new Error(`rpmlint: ${said}`)
}
