import { check } from './check.ts'

export const bootSystemIntegrity = check('boot.system-integrity', {
  weight: 'advisory',
  passes: 'System Integrity Protection is on (macOS)',
  systems: {
    linux: { absent: 'System Integrity Protection is a feature of macOS' },
    macos: 'SIP',
    windows: { absent: 'System Integrity Protection is a feature of macOS' },
  },
  minutes: 15,
  english: {
    title: 'System Integrity Protection is on',
    problem: 'System Integrity Protection is off',
    why: 'Without it, a program with root rights can change the system itself and hide in it.',
    person: { any: 'only a person in the recovery system can change it' },
    steps: {
      any: ['Ask your support: only macOS has System Integrity Protection.'],
      macos: [
        'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
        'Open Utilities > Terminal.',
        'Run: csrutil enable',
        'Start again.',
      ],
    },
  },
  german: {
    title: 'Der Systemintegritätsschutz ist eingeschaltet',
    problem: 'Der Systemintegritätsschutz ist ausgeschaltet',
    why: 'Ohne ihn kann ein Programm mit root-Rechten das System selbst ändern und sich darin verstecken.',
    person: { any: 'nur ein Mensch kann es im Wiederherstellungssystem ändern.' },
    steps: {
      any: ['Fragen Sie Ihren Support: nur macOS hat den Systemintegritätsschutz.'],
      macos: [
        'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
        'Öffnen Sie Dienstprogramme > Terminal.',
        'Führen Sie aus: csrutil enable',
        'Starten Sie neu.',
      ],
    },
  },
})
