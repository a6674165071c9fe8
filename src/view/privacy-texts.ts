import type { Language } from './check-catalogue.ts'

/** What leaves this device, by source. docs/threat-model.md has the reasons. */

export interface PrivacyTexts {
  readonly collected: readonly (readonly [source: string, what: string])[]
  readonly never: readonly string[]
  readonly kept: readonly string[]
}

export const PRIVACY_TEXTS: Readonly<Record<Language, PrivacyTexts>> = {
  en: {
    collected: [
      ['Checks', 'the results of the checks, with the names of volumes and accounts that a result needs'],
      ['Machine', 'host name, machine id, serial number, maker, model, system, kernel, processor, memory'],
      ['AI agents', 'name, version, path, user, process number, working folder, known flags, autonomy and its reason'],
      ['Extensions', 'browser and editor extensions: name, version, profile, origin and permissions'],
      ['MCP servers', 'name, client, file, package or host, and risks; names of secrets, never their values'],
      ['Model runtimes', 'programs that serve models: name, process, ports, and names of models'],
      ['Agent files', 'path, kind, owner, size and risks of instructions, skills, hooks and plugins'],
      ['Claims', 'what you write with surety agents claim: purpose, name and end, with your user name'],
      ['Sources', 'which files and folders were read, and why one could not be read'],
    ],
    never: [
      'prompts and answers of agents',
      'the content of your files, mail, browser history and open pages',
      'values of secrets and tokens; of environment variables only the settings of agents that the catalogue lists',
      'arguments of commands, other than listed flags, scripts or packages, work folders and models',
      'keys you press, the screen, camera or microphone',
    ],
    kept: [
      'On this device, until the directory has acknowledged it. A full store drops the oldest first.',
      'In the directory, as long as its administrator keeps it. Ask them how long that is.',
    ],
  },
  de: {
    collected: [
      [
        'Prüfungen',
        'die Ergebnisse der Prüfungen, mit den Namen von Datenträgern und Konten, die ein Ergebnis braucht',
      ],
      ['Gerät', 'Rechnername, Geräte-ID, Seriennummer, Hersteller, Modell, System, Kernel, Prozessor, Speicher'],
      [
        'KI-Agenten',
        'Name, Version, Pfad, Benutzer, Prozessnummer, Arbeitsordner, bekannte Optionen, Autonomie und ihr Grund',
      ],
      ['Erweiterungen', 'Erweiterungen von Browsern und Editoren: Name, Version, Profil, Herkunft und Rechte'],
      ['MCP-Server', 'Name, Client, Datei, Paket oder Rechner und Risiken; Namen von Geheimnissen, nie ihre Werte'],
      ['Modell-Server', 'Programme, die Modelle anbieten: Name, Prozess, Ports und Namen der Modelle'],
      ['Agentendateien', 'Pfad, Art, Eigentümer, Größe und Risiken von Anweisungen, Skills, Hooks und Plugins'],
      ['Angaben', 'was Sie mit surety agents claim schreiben: Zweck, Name und Ende, mit Ihrem Benutzernamen'],
      ['Quellen', 'welche Dateien und Ordner gelesen wurden, und warum eine nicht gelesen werden konnte'],
    ],
    never: [
      'Eingaben und Antworten von Agenten',
      'der Inhalt Ihrer Dateien, Ihrer Mail, des Browserverlaufs und offener Seiten',
      'Werte von Geheimnissen und Token; von Umgebungsvariablen nur die Einstellungen von Agenten aus dem Katalog',
      'Argumente von Befehlen, außer bekannten Optionen, Skripten oder Paketen, Arbeitsordnern und Modellen',
      'Tastendrücke, Bildschirm, Kamera oder Mikrofon',
    ],
    kept: [
      'Auf diesem Gerät, bis das Verzeichnis den Empfang bestätigt hat. Ist der Speicher voll, entfällt das Älteste.',
      'Im Verzeichnis, so lange seine Verwaltung es aufbewahrt. Fragen Sie dort, wie lange.',
    ],
  },
}
