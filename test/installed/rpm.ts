import type { InstalledMachine, Version } from './installed-machine.ts'

type Case = readonly [name: string, run: (machine: InstalledMachine) => Promise<void>]

/**
 * In this order, on a machine without our packages. rpm and dnf are those of Debian, whose database knows no library: a package of
 * ours stands for those that dpkg has installed. So this shows the repository, files, scripts, the unit and refusals, and no
 * other distribution.
 */
export const RPM: readonly Case[] = [
  [
    'refused without its libraries',
    async (machine) => {
      await machine.install('--no-install-recommends', 'dnf')
      await uses(machine, '1.0.0')
      const { exitCode, stderr } = await dnf(machine, 'install', 'surety')
      expect(exitCode).toBe(1)
      expect(stderr).toContain('nothing provides libatomic.so.1()(64bit) needed by surety-1.0.0-1.x86_64')
    },
  ],
  [
    'installed from its repository, the unit is enabled and runs, and nothing differs from the package',
    async (machine) => {
      await machine.shell(LIBRARIES)
      expect(await dnf(machine, 'install', 'surety')).toMatchObject({ exitCode: 0 })
      expect(await installed(machine)).toBe('surety-1.0.0-1.x86_64\nactive\nenabled')
      await machine.root('rpm', '--verify', 'surety')
      expect(await machine.shell('stat -c %U:%a /var/lib/surety /etc/surety/managed.d')).toBe('root:700\nroot:755')
      expect(await machine.shell('surety status --json | head -n 2')).toContain('surety/status@1')
    },
  ],
  [
    'upgraded, another daemon runs; an older version is refused',
    async (machine) => {
      const before = await machine.property('suretyd', 'MainPID')
      await uses(machine, '1.1.0')
      expect(await dnf(machine, 'upgrade', 'surety')).toMatchObject({ exitCode: 0 })
      expect(await installed(machine)).toBe('surety-1.1.0-1.x86_64\nactive\nenabled')
      const after = await machine.property('suretyd', 'MainPID')
      expect(after).not.toBe(before)
      const older = await machine.fetch('1.0.0', 'surety-1.0.0-1.x86_64.rpm')
      const refused = await machine.run('rpm', '--upgrade', '--oldpackage', older)
      expect(refused.exitCode).not.toBe(0)
      expect(refused.stderr + refused.stdout).toContain('version 1.1.0 is installed, and 1.0.0 is older')
      expect(await machine.shell('cat /usr/lib/surety/version')).toBe('1.1.0')
      expect(await installed(machine)).toBe('surety-1.1.0-1.x86_64\nactive\nenabled')
      expect(await machine.property('suretyd', 'MainPID')).toBe(after)
      await machine.root('rpm', '--verify', 'surety')
    },
  ],
  [
    'the directory runs as a user of its own',
    async (machine) => {
      expect(await dnf(machine, 'install', 'surety-directory')).toMatchObject({ exitCode: 0 })
      expect(await machine.property('surety-directory', 'ActiveState')).toBe('active')
      expect(await machine.shell('stat -c %U:%a /var/lib/surety-directory')).toBe('surety-directory:700')
    },
  ],
  [
    'removed, the unit is stopped and gone, and the state is kept',
    async (machine) => {
      expect(await dnf(machine, 'remove', 'surety', 'surety-directory')).toMatchObject({ exitCode: 0 })
      expect(await machine.property('suretyd', 'ActiveState')).toBe('inactive')
      expect(await machine.property('suretyd', 'LoadState')).toBe('not-found')
      expect(
        await machine.shell('find /usr /etc -iname "*surety*" -not -path "/etc/apt/*" -not -path "/etc/yum*"'),
      ).toBe('/etc/surety')
      expect(await machine.shell('stat -c %a /var/lib/surety')).toBe('700')
    },
  ],
]

const uses = (machine: InstalledMachine, version: Version) =>
  machine.shell(
    `mkdir -p /etc/yum.repos.d && printf '[surety]\\nname=Surety\\nbaseurl=${machine.addressOf(version)}/rpm\\ngpgcheck=0\\nmetadata_expire=0\\n' > /etc/yum.repos.d/surety.repo`,
  )

const dnf = (machine: InstalledMachine, ...args: readonly string[]) =>
  machine.run('dnf', '--quiet', '--assumeyes', '--releasever=1', ...args)

const installed = async (machine: InstalledMachine) =>
  machine.shell('rpm --query surety && systemctl is-active suretyd && systemctl is-enabled suretyd')

const LIBRARIES = `
cat > /root/libraries.spec << 'END'
Name: libraries-of-debian
Version: 1
Release: 1
Summary: Stands for libraries that dpkg has installed
License: none
BuildArch: noarch
Provides: libc.so.6(GLIBC_2.28)(64bit), libatomic.so.1()(64bit), libgcc_s.so.1()(64bit), libstdc++.so.6()(64bit)
Provides: /bin/sh
%description
Nothing.
%files
END
rpmbuild -bb --quiet --define '_topdir /root/rpmbuild' /root/libraries.spec
rpm --install /root/rpmbuild/RPMS/noarch/libraries-of-debian-1-1.noarch.rpm
`
