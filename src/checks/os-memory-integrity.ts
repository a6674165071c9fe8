import { check } from './check.ts'

export const osMemoryIntegrity = check('os.memory-integrity', {
  weight: 'advisory',
  passes: "the hypervisor protects the kernel's code (Windows)",
  systems: {
    linux: { absent: 'memory integrity is a feature of Windows' },
    macos: { absent: 'memory integrity is a feature of Windows' },
    windows: 'HVCI',
  },
  panels: { windows: 'start windowsdefender:' },
  minutes: 10,
  english: {
    title: 'Memory integrity is on',
    problem: 'Memory integrity is off',
    why: 'Without it, a driver that is taken over can change the code of the kernel.',
    person: { any: 'drivers may stop working, and it needs a restart' },
    steps: {
      any: ['Ask your support: only Windows has memory integrity.'],
      windows: [
        'Open Windows Security > Device security > Core isolation details.',
        'Turn on "Memory integrity".',
        'If Windows names drivers that do not fit, update or remove them first.',
        'Start again.',
      ],
    },
  },
  german: {
    title: 'Die Speicherintegrität ist eingeschaltet',
    problem: 'Die Speicherintegrität ist ausgeschaltet',
    why: 'Ohne sie kann ein übernommener Treiber den Code des Kernels ändern.',
    person: { any: 'Treiber können ausfallen, und es braucht einen Neustart.' },
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows hat die Speicherintegrität.'],
      windows: [
        'Öffnen Sie Windows-Sicherheit > Gerätesicherheit > Details zur Kernisolierung.',
        'Schalten Sie „Speicherintegrität“ ein.',
        'Nennt Windows Treiber, die nicht passen, aktualisieren oder entfernen Sie diese zuerst.',
        'Starten Sie neu.',
      ],
    },
  },
})
