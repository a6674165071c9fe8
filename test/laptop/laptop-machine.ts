import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { missingPrerequisites } from '../../scripts/test-prerequisites.ts'
import { encryptInto } from './encrypt-image.ts'

/**
 * A whole laptop in QEMU, from Debian packages alone: UEFI with Secure Boot, a TPM behind the kernel's driver, and an encrypted root.
 * The kernel is started by the firmware itself, which measures it and does not refuse an unsigned one. A signed chain from the disk is not
 * tested here.
 */

const PACKAGES = [
  ...['linux-image-cloud-amd64', 'systemd', 'systemd-sysv', 'udev', 'kmod', 'dbus', 'iproute2', 'nftables'],
  ...['ca-certificates', 'libatomic1', 'libstdc++6', 'init-system-helpers', 'cryptsetup-initramfs'],
] as const

/** Debian's initramfs finds the root by what it sees of the build machine, so these two name it. */
const HOOK = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/sbin/cryptsetup
mkdir -p "$DESTDIR/etc/keys"
cp /etc/keys/root.key "$DESTDIR/etc/keys/root.key"
for module in dm_mod dm_crypt xts aesni_intel af_alg algif_skcipher; do manual_add_modules $module; done
`
const OPEN_ROOT = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
modprobe -a dm_mod dm_crypt xts
for attempt in $(seq 120); do [ -b /dev/nvme0n1 ] && break; sleep 0.5; done
cryptsetup open --type luks2 --key-file /etc/keys/root.key /dev/nvme0n1 root
`
const DRIVER = `[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec > /dev/ttyS1 2>&1; mkdir -p /root/payload; modprobe virtio_blk; until [ -b /dev/vda ]; do sleep 0.5; done; tar -x -f /dev/vda -C /root/payload && sh /root/payload/run.sh'
ExecStopPost=/bin/sh -c 'echo "ended with $EXIT_STATUS" > /dev/ttyS1; systemctl --no-block poweroff --force'
[Install]
WantedBy=multi-user.target
`
const IMAGE_MIB = 1600
const LUKS_OFFSET = 16 * 1024 * 1024

/** Why there can be no such laptop here; undefined if there can. */
export function laptopLacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root makes images'
  const missing = missingPrerequisites('laptop').map(({ packageName }) => packageName)
  return missing.length === 0 ? undefined : `apt-get install ${missing.join(' ')}`
}

export interface LaptopInit {
  /** For all files, with 3 GB. */
  readonly folder: string
  /** A TPM of swtpm, which runs no more. */
  readonly tpmState: string
  /** Unpacked into `/root/payload` of the laptop, where `run.sh` is run as root. */
  readonly payload: string
  readonly withinMs: number
}

const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** @returns what `run.sh` wrote, once the laptop has powered off. @throws with it when `run.sh` or the laptop failed. */
export async function runOnLaptop({ folder, tpmState, payload, withinMs }: LaptopInit): Promise<string> {
  const [tree, image, root] = ['tree', 'laptop.img', 'root.ext4'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const key = join(folder, 'root.key')
  writeFileSync(key, crypto.getRandomValues(new Uint8Array(64)), { mode: 0o600 })
  run(
    '/usr/bin/mmdebstrap',
    '--quiet',
    '--variant=minbase',
    `--include=${PACKAGES.join()}`,
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Check-Valid-Until "false"', 'stable', tree],
  )
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), content)
    chmodSync(join(tree, path), mode)
  }
  put('etc/keys/root.key', readFileSync(key), 0o600)
  put('etc/initramfs-tools/hooks/open-root', HOOK, 0o755)
  put('etc/initramfs-tools/scripts/local-top/open-root', OPEN_ROOT, 0o755)
  put('etc/initramfs-tools/conf.d/laptop', 'MODULES=list\nUMASK=0077\n')
  put('etc/initramfs-tools/modules', 'dm-crypt\nxts\naesni_intel\naes_generic\n')
  put('etc/fstab', '/dev/mapper/root / ext4 defaults 0 1\n')
  put('etc/systemd/system/driver.service', DRIVER)
  run('/usr/bin/systemctl', `--root=${tree}`, 'enable', 'driver.service')
  run('/usr/sbin/chroot', tree, '/usr/sbin/update-initramfs', '-u')
  const version = run('/bin/sh', '-c', `ls ${tree}/lib/modules`).trim()
  const [kernel, initrd] = [join(folder, 'vmlinuz'), join(folder, 'initrd')]
  const snakeoil = '/usr/share/ovmf/PkKek-1-snakeoil'
  const pin = join(folder, 'snakeoil.key')
  run('/usr/bin/openssl', 'rsa', '-in', `${snakeoil}.key`, '-passin', 'pass:snakeoil', '-out', pin)
  run(
    '/usr/bin/sbsign',
    '--key',
    pin,
    '--cert',
    `${snakeoil}.pem`,
    '--output',
    kernel,
    join(tree, `boot/vmlinuz-${version}`),
  )
  copyFileSync(join(tree, `boot/initrd.img-${version}`), initrd)
  run('/usr/sbin/mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-d', tree, root, `${IMAGE_MIB}M`)
  run('/usr/bin/truncate', '-s', `${IMAGE_MIB + LUKS_OFFSET / 1024 / 1024}M`, image)
  run(
    '/usr/sbin/cryptsetup',
    'luksFormat',
    '--batch-mode',
    '--type=luks2',
    '--pbkdf=pbkdf2',
    ...['--pbkdf-force-iterations=1000', '--sector-size=512', '--cipher=aes-xts-plain64', '--key-size=512'],
    ...[`--offset=${LUKS_OFFSET / 512}`, '--volume-key-file', key, '--key-file', key, image],
  )
  encryptInto(image, { content: root, key: readFileSync(key), offset: LUKS_OFFSET })
  const archive = join(folder, 'payload.tar')
  run('/usr/bin/tar', '--create', '--file', archive, '--directory', payload, '.')
  run('/usr/bin/truncate', '-s', '%1M', archive)
  copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd', join(folder, 'vars.fd'))
  return boot({ folder, tpmState, kernel, initrd, image, archive, withinMs })
}

interface Boot {
  readonly folder: string
  readonly tpmState: string
  readonly kernel: string
  readonly initrd: string
  readonly image: string
  readonly archive: string
  readonly withinMs: number
}

async function boot({ folder, tpmState, kernel, initrd, image, archive, withinMs }: Boot): Promise<string> {
  const [socket, serial, said] = ['tpm.sock', 'console', 'said'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const tpmArgs = ['socket', '--tpm2', '--tpmstate', `dir=${tpmState}`, '--ctrl', `type=unixio,path=${socket}`]
  const tpm = spawn('/usr/bin/swtpm', [...tpmArgs, '--terminate'], { stdio: 'ignore' })
  const disk = (id: string, path: string) =>
    ['-drive', `file=${path},if=none,id=${id},format=raw,snapshot=on,cache=unsafe`] as const
  const flash = (unit: number, path: string, mode: string) =>
    ['-drive', `if=pflash,format=raw,unit=${unit},${mode}file=${path}`] as const
  const args = [
    // qemu64: emulating newer processors takes three times as long. There may be a /dev/kvm that does not work.
    ...['-machine', 'q35,smm=on', '-accel', 'tcg,thread=multi', '-cpu', 'qemu64', '-smp', '2', '-m', '1536'],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${serial}`, '-serial', `file:${said}`],
    ...[
      '-chardev',
      `socket,id=tpm,path=${socket}`,
      '-tpmdev',
      'emulator,id=tpm0,chardev=tpm',
      '-device',
      'tpm-crb,tpmdev=tpm0',
    ],
    ...['-device', 'virtio-rng-pci', '-kernel', kernel, '-initrd', initrd],
    ...[
      '-append',
      'root=/dev/mapper/root rw rootdelay=120 console=ttyS0 quiet loglevel=3 mitigations=off no_timer_check tsc=reliable panic=-1 systemd.show_status=0',
    ],
    ...disk('root', image),
    ...disk('payload', archive),
    // Of two NVMe disks either may become /dev/nvme0n1: Linux looks for them at once.
    ...['-device', 'nvme,drive=root,serial=1', '-device', 'virtio-blk-pci,drive=payload'],
    ...['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...flash(0, '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', 'readonly=on,'),
    ...flash(1, join(folder, 'vars.fd'), ''),
  ]
  const laptop = spawn('/usr/bin/qemu-system-x86_64', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const late = setTimeout(() => laptop.kill('SIGKILL'), withinMs)
  const [code] = await once(laptop, 'exit')
  clearTimeout(late)
  tpm.kill()
  const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
  if (code !== 0 || !text(said).includes('ended with 0')) {
    throw new Error(`the laptop ended with ${code}: ${text(serial).slice(-2000)}\n${text(said).slice(-6000)}`)
  }
  return text(said)
}
