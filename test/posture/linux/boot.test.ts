import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkKernelLockdown, checkSecureBoot, checkSetupMode } from '../../../src/posture/linux/boot/boot.ts'
import { checkTpmPresent } from '../../../src/posture/linux/boot/tpm.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const efi = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../fixtures/efi', `${name}.bin`)))
const VARIABLES = '/sys/firmware/efi/efivars'
const SECURE = `${VARIABLES}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`
const SETUP = `${VARIABLES}/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c`

test('secure boot as OVMF with keys shows it', async () => {
  const components = machine({ [SECURE]: efi('secure-boot-on'), [SETUP]: efi('setup-mode-off') })
  expect([await checkSecureBoot(components), await checkSetupMode(components)]).toEqual([
    { state: 'pass', detail: 'Secure boot is on.' },
    { state: 'pass', detail: 'The firmware is not in setup mode: its secure boot keys are set.' },
  ])
})

test.each<[string, Tree, 'fail' | 'unknown', 'fail' | 'unknown']>([
  ['no EFI', { '/sys/firmware/acpi/x': '' }, 'fail', 'fail'],
  [
    'secure boot off, in setup mode',
    { [SECURE]: Uint8Array.of(6, 0, 0, 0, 0), [SETUP]: Uint8Array.of(6, 0, 0, 0, 1) },
    'fail',
    'fail',
  ],
  ['firmware without secure boot', { [`${VARIABLES}/BootOrder-x`]: 'x' }, 'fail', 'fail'],
  ['efivarfs not mounted', { [VARIABLES]: { folder: true } }, 'unknown', 'unknown'],
  [
    'a value that is no flag',
    { [SECURE]: Uint8Array.of(6, 0, 0, 0, 2), [SETUP]: Uint8Array.of(6, 0, 0, 0, 255) },
    'unknown',
    'unknown',
  ],
  ['a variable cut short', { [SECURE]: Uint8Array.of(6, 0, 0, 0), [SETUP]: Uint8Array.of(1) }, 'unknown', 'unknown'],
  [
    'a variable too long',
    { [SECURE]: Uint8Array.of(6, 0, 0, 0, 1, 1), [SETUP]: Uint8Array.of(6, 0, 0, 0, 0, 0) },
    'unknown',
    'unknown',
  ],
])('%s', async (_, tree, secure, setup) => {
  const components = machine(tree)
  expect([(await checkSecureBoot(components)).state, (await checkSetupMode(components)).state]).toEqual([secure, setup])
})

test('a variable that may not be read is an error of the check, not an answer', async () => {
  await expect(checkSecureBoot(machine({ [SECURE]: { denied: true } }))).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
  })
})

test.each<[string, Tree, 'pass' | 'fail' | 'unknown']>([
  ['integrity', { '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n' }, 'pass'],
  ['confidentiality', { '/sys/kernel/security/lockdown': 'none integrity [confidentiality]\n' }, 'pass'],
  ['none', { '/sys/kernel/security/lockdown': '[none] integrity confidentiality\n' }, 'fail'],
  ['two chosen', { '/sys/kernel/security/lockdown': 'none [integrity] [confidentiality]\n' }, 'unknown'],
  ['a mode not known', { '/sys/kernel/security/lockdown': 'none [strict]\n' }, 'unknown'],
  ['a kernel without lockdown', { '/sys/kernel/security/lsm': 'capability' }, 'fail'],
  ['securityfs not mounted', { '/sys/kernel/security': { folder: true } }, 'unknown'],
  ['no folder for it', {}, 'unknown'],
])('kernel lockdown: %s', async (_, tree, state) => {
  expect((await checkKernelLockdown(machine(tree))).state).toBe(state)
})

const CHIP = { '/sys/class/tpm/tpm0/tpm_version_major': '2\n' }
test.each<[string, Tree, 'pass' | 'fail' | 'unknown']>([
  ['a TPM 2.0 with its device', { ...CHIP, '/dev/tpmrm0': '' }, 'pass'],
  ['a TPM 2.0 without its device', { ...CHIP, '/dev/tpm0': '' }, 'fail'],
  ['a TPM 1.2', { '/sys/class/tpm/tpm0/tpm_version_major': '1\n', '/dev/tpmrm0': '' }, 'fail'],
  ['a version not told', { '/sys/class/tpm/tpm0/device/x': '', '/dev/tpmrm0': '' }, 'unknown'],
  ['a version not known', { '/sys/class/tpm/tpm0/tpm_version_major': '3\n', '/dev/tpmrm0': '' }, 'unknown'],
  ['none', { '/sys/class/tpm': { folder: true } }, 'fail'],
  ['no class of them', {}, 'fail'],
])('TPM: %s', async (_, tree, state) => {
  expect((await checkTpmPresent(machine(tree))).state).toBe(state)
})
