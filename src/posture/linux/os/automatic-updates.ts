import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { parseKeyFile } from '../../parsers/key-file.ts'
import { parseAptConfig } from '../../parsers/os/apt-config.ts'
import { listOptional, readOptional } from '../../read-optional.ts'
import { runsByItself, unitState } from '../programs/systemd-unit.ts'

const APT_CONF_D = '/etc/apt/apt.conf.d'
/** The suffixes run-parts rules leave in; apt takes `name` and `name.conf` (apt.conf(5)). */
const APT_CONF_NAME = /^[A-Za-z0-9_-]+(?:\.conf)?$/

/** `os.automatic-updates`: security updates are installed without a request. */
export async function checkAutomaticUpdates(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const { files } = components
  if ((await listOptional(files, '/var/lib/dpkg')) !== undefined) return unattendedUpgrades(components, context)
  if ((await readOptional(files, '/etc/dnf/automatic.conf')) !== undefined || (await hasDnf(files))) {
    return dnfAutomatic(components, context)
  }
  return unknown('how this system installs updates automatically is not known to this check')
}

async function hasDnf(files: PostureComponents['files']): Promise<boolean> {
  return (await listOptional(files, '/etc/dnf')) !== undefined
}

async function unattendedUpgrades(
  { files, commands }: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const installed = (await listOptional(files, '/usr/bin'))?.some(({ name }) => name === 'unattended-upgrade') ?? false
  if (!installed) return fail('Automatic updates are off: the package unattended-upgrades is missing.')
  const texts = await readAptConfig(files)
  const config = parseAptConfig(texts)
  if (config === undefined) return unknown('the configuration of apt was not understood')
  if (!isInterval(config.get('apt::periodic::enable')?.at(-1) ?? '1')) {
    return fail('Automatic updates are switched off (APT::Periodic::Enable).')
  }
  if (!isInterval(config.get('apt::periodic::update-package-lists')?.at(-1))) {
    return fail(
      'Automatic updates are switched off: package lists are not fetched (APT::Periodic::Update-Package-Lists).',
    )
  }
  if (!isInterval(config.get('apt::periodic::unattended-upgrade')?.at(-1))) {
    return fail('Automatic updates are switched off (APT::Periodic::Unattended-Upgrade).')
  }
  const sources = ['unattended-upgrade::allowed-origins', 'unattended-upgrade::origins-pattern']
  if (!sources.some((name) => (config.get(name) ?? []).some((origin) => /security/i.test(origin)))) {
    return fail('Automatic updates are on, but no security archive is among those they may install from.')
  }
  return timerOutcome(['apt-daily.timer', 'apt-daily-upgrade.timer'], 'unattended-upgrades', commands, context)
}

/** apt reads the folder in order of names, then /etc/apt/apt.conf over it. */
async function readAptConfig(files: PostureComponents['files']): Promise<readonly string[]> {
  const names = ((await listOptional(files, APT_CONF_D)) ?? [])
    .map(({ name }) => name)
    .filter((name) => APT_CONF_NAME.test(name))
  const texts: string[] = []
  for (const name of names) texts.push((await readOptional(files, `${APT_CONF_D}/${name}`)) ?? '')
  texts.push((await readOptional(files, '/etc/apt/apt.conf')) ?? '')
  return texts
}

/** apt.systemd.daily takes days, or a number with a unit, or `always`; 0 is off. */
function isInterval(value: string | undefined): boolean {
  return value !== undefined && (value === 'always' || (/^\d+[smhd]?$/.test(value) && !/^0+[smhd]?$/.test(value)))
}

async function dnfAutomatic({ files, commands }: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const text =
    (await readOptional(files, '/etc/dnf/automatic.conf')) ??
    (await readOptional(files, '/usr/share/dnf5/dnf5-plugins/automatic.conf'))
  if (text === undefined) return fail('Automatic updates are off: dnf-automatic is missing.')
  const settings = parseKeyFile(text)?.get('commands')
  if (settings === undefined) return unknown('the configuration of dnf-automatic was not understood')
  // dnf-automatic-install.timer installs whatever the file says.
  const install = await unitState(commands, 'dnf-automatic-install.timer', context)
  if (install !== undefined && runsByItself(install))
    return pass('Updates are installed automatically (dnf-automatic-install.timer).')
  if (!/^(?:yes|true|1|on)$/i.test(settings.get('apply_updates') ?? 'no')) {
    return fail('dnf-automatic only announces updates: apply_updates is not set.')
  }
  const timer = await unitState(commands, 'dnf5-automatic.timer', context)
  if (timer !== undefined && runsByItself(timer))
    return pass('Updates are installed automatically (dnf5-automatic.timer).')
  return timerOutcome(['dnf-automatic.timer'], 'dnf-automatic', commands, context)
}

async function timerOutcome(
  timers: readonly `${string}.timer`[],
  what: string,
  commands: PostureComponents['commands'],
  context: CheckContext,
): Promise<CheckOutcome> {
  for (const timer of timers) {
    const state = await unitState(commands, timer, context)
    if (state === undefined) return unknown(`${what} is set up, but systemd cannot be asked whether ${timer} runs`)
    if (!runsByItself(state)) return fail(`${what} is set up, but ${timer} does not run, so nothing starts it.`)
  }
  return pass(`Security updates are installed automatically (${what}).`)
}
