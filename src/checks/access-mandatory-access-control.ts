import { check } from './check.ts'

export const accessMandatoryAccessControl = check('access.mandatory-access-control', {
  weight: 'advisory',
  passes: 'AppArmor, SELinux, SIP, App Control or AppLocker is enforced',
  systems: { linux: 'AppArmor, SELinux', macos: 'SIP', windows: 'App Control' },
  minutes: 10,
  english: {
    title: 'The system confines programs',
    problem: 'The system does not confine programs',
    why: 'A confined program that is taken over can reach only what it needs.',
    person: { any: 'programs may stop working until their profiles fit' },
    steps: {
      any: ['Turn on the access control of your distribution: AppArmor or SELinux.'],
      debian: [
        'Run: sudo apt install apparmor apparmor-profiles',
        'Run: sudo systemctl enable --now apparmor',
        'Start again.',
      ],
      fedora: ['Set SELINUX=enforcing in /etc/selinux/config.', 'Start again.'],
      windows: ['Ask your support: rules of App Control for Business are set by your company.'],
      macos: [
        'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
        'Open Utilities > Terminal.',
        'Run: csrutil enable',
        'Start again.',
      ],
    },
  },
  german: {
    title: 'Das System schränkt Programme ein',
    problem: 'Das System schränkt Programme nicht ein',
    why: 'Ein eingeschränktes Programm, das übernommen wird, erreicht nur, was es braucht.',
    person: { any: 'Programme können ausfallen, bis ihre Profile passen.' },
    steps: {
      any: ['Schalten Sie die Zugriffskontrolle Ihrer Distribution ein: AppArmor oder SELinux.'],
      debian: [
        'Führen Sie aus: sudo apt install apparmor apparmor-profiles',
        'Führen Sie aus: sudo systemctl enable --now apparmor',
        'Starten Sie neu.',
      ],
      fedora: ['Setzen Sie SELINUX=enforcing in /etc/selinux/config.', 'Starten Sie neu.'],
      windows: ['Fragen Sie Ihren Support: Regeln von App Control for Business setzt Ihre Firma.'],
      macos: [
        'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
        'Öffnen Sie Dienstprogramme > Terminal.',
        'Führen Sie aus: csrutil enable',
        'Starten Sie neu.',
      ],
    },
  },
})
