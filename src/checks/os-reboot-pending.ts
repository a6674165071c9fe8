import { check } from './check.ts'

export const osRebootPending = check('os.reboot-pending', {
  weight: 'advisory',
  passes: 'no installed update waits for a restart',
  systems: { linux: 'kernels, marks', macos: 'Software Update', windows: 'registry' },
  minutes: 5,
  english: {
    title: 'No update waits for a restart',
    problem: 'An update waits for a restart',
    why: 'An installed update protects only after the restart that it asks for.',
    person: { any: 'a restart ends your work and needs your decision when' },
    steps: {
      any: ['Save your work.', 'Start again.'],
      windows: ['Save your work.', 'Open the Start menu, and choose Power > Update and restart, or Restart.'],
      macos: ['Save your work.', 'Choose Restart in the Apple menu.'],
    },
  },
  german: {
    title: 'Kein Update wartet auf einen Neustart',
    problem: 'Ein Update wartet auf einen Neustart',
    why: 'Ein installiertes Update schützt erst nach dem Neustart, den es verlangt.',
    person: { any: 'ein Neustart beendet Ihre Arbeit: Sie entscheiden, wann.' },
    steps: {
      any: ['Sichern Sie Ihre Arbeit.', 'Starten Sie neu.'],
      windows: [
        'Sichern Sie Ihre Arbeit.',
        'Öffnen Sie das Startmenü, und wählen Sie Ein/Aus > Aktualisieren und neu starten, oder Neu starten.',
      ],
      macos: ['Sichern Sie Ihre Arbeit.', 'Wählen Sie im Apple-Menü „Neustart“.'],
    },
  },
})
