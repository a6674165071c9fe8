import { SEEN } from './0001-seen.ts'

/**
 * The register: humans, their groups and accounts, service accounts, registrations of agents, and what was seen of them. The
 * database itself refuses an active agent without a living owner, a transition that is not in the table, and a deleted identity.
 * Triggers count, so no list counts rows.
 */

/** State after state. `retired` has no way out. */
export const AGENT_TRANSITIONS = {
  provisioning: ['active', 'quarantined', 'retiring'],
  active: ['suspended', 'quarantined', 'retiring'],
  suspended: ['active', 'quarantined', 'retiring'],
  quarantined: ['active', 'suspended', 'retiring'],
  retiring: ['retired'],
  retired: [],
} as const

const AGENT_STATES = Object.keys(AGENT_TRANSITIONS)
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ')
const ALLOWED = Object.entries(AGENT_TRANSITIONS)
  .filter(([, after]) => after.length > 0)
  .map(([before, after]) => `(OLD.state = '${before}' AND NEW.state IN (${quoted(after)}))`)
  .join(' OR ')

const HUMANS = `
  CREATE TABLE humans (
    -- In the order of creation.
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    -- As the identity provider spells it, and folded for comparison.
    user_name TEXT NOT NULL,
    user_key TEXT NOT NULL,
    -- What it looks like, to warn of names that look alike.
    user_skeleton TEXT NOT NULL,
    display_name TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    external_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'deactivated')),
    manager TEXT REFERENCES humans (id),
    origin TEXT NOT NULL CHECK (origin IN ('scim', 'hand')),
    -- Rises with each change: the ETag.
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    deactivated_at INTEGER,
    -- The identity provider deleted it. The row stays, its names are free again.
    deleted_at INTEGER,
    -- Further SCIM attributes.
    scim_json TEXT NOT NULL DEFAULT '{}',
    CHECK ((status = 'deactivated') = (deactivated_at IS NOT NULL)),
    CHECK (deleted_at IS NULL OR status = 'deactivated')
  ) STRICT;
  CREATE UNIQUE INDEX humans_by_name ON humans (user_key) WHERE deleted_at IS NULL;
  CREATE UNIQUE INDEX humans_by_external_id ON humans (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;
  CREATE INDEX humans_by_email ON humans (email_key) WHERE email_key IS NOT NULL;
  -- Deleted ones too: a stop of one of them ends where another human gets the name.
  CREATE INDEX humans_by_any_name ON humans (user_key);
  CREATE INDEX humans_by_skeleton ON humans (user_skeleton) WHERE deleted_at IS NULL;
  CREATE INDEX humans_by_status ON humans (status, number) WHERE deleted_at IS NULL;
  CREATE INDEX humans_by_status_and_name ON humans (status, user_key) WHERE deleted_at IS NULL;
  CREATE INDEX humans_by_manager ON humans (manager) WHERE manager IS NOT NULL;

  -- Called people_groups, since groups are of the policy.
  CREATE TABLE people_groups (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    external_id TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('scim', 'hand')),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX people_groups_by_name ON people_groups (name_key) WHERE deleted_at IS NULL;
  CREATE UNIQUE INDEX people_groups_by_external_id ON people_groups (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

  CREATE TABLE group_members (
    people_group TEXT NOT NULL REFERENCES people_groups (id),
    human TEXT NOT NULL REFERENCES humans (id),
    PRIMARY KEY (people_group, human)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX group_members_by_human ON group_members (human, people_group);

  -- An account of a device and the human whose it is. proposed: by the owner of the device; confirmed: by a person, once.
  CREATE TABLE accounts (
    device TEXT NOT NULL REFERENCES devices (id),
    -- uid or SID.
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    human TEXT REFERENCES humans (id),
    state TEXT NOT NULL CHECK (state IN ('unassigned', 'proposed', 'confirmed')),
    seen_at INTEGER NOT NULL,
    -- The folded owner of the device: a human who comes later by that name is proposed.
    owner_key TEXT,
    confirmed_at INTEGER,
    confirmed_by TEXT,
    PRIMARY KEY (device, user_id),
    CHECK ((state = 'unassigned') = (human IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX accounts_by_human ON accounts (human, device) WHERE human IS NOT NULL;
  CREATE INDEX accounts_by_state ON accounts (state, device, user_id);
  CREATE INDEX accounts_by_owner_key ON accounts (owner_key) WHERE owner_key IS NOT NULL AND state <> 'confirmed';

  CREATE TABLE service_accounts (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    purpose TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES humans (id),
    successor TEXT REFERENCES humans (id),
    successor_accepted_at INTEGER,
    status TEXT NOT NULL CHECK (status IN ('active', 'ended')),
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX service_accounts_by_name ON service_accounts (name_key) WHERE status = 'active';
  CREATE INDEX service_accounts_by_owner ON service_accounts (owner) WHERE status = 'active';
  CREATE INDEX service_accounts_by_successor ON service_accounts (successor)
    WHERE status = 'active' AND successor_accepted_at IS NOT NULL;
  CREATE INDEX service_accounts_expiring ON service_accounts (expires_at) WHERE status = 'active';
`

const REGISTRATIONS = `
  CREATE TABLE registrations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (${quoted(AGENT_STATES)})),
    state_at INTEGER NOT NULL,
    state_reason TEXT,
    -- The human who answers for it. NULL only before it is active and after its end.
    owner TEXT REFERENCES humans (id),
    successor TEXT REFERENCES humans (id),
    successor_accepted_at INTEGER,
    contact TEXT REFERENCES humans (id),
    -- What the lookup of a sighting needs of its criteria. All of them are in json. '': any.
    item TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    human TEXT NOT NULL DEFAULT '',
    -- Only one running instance is expected.
    single INTEGER NOT NULL DEFAULT 0,
    autonomy_ceiling TEXT CHECK (autonomy_ceiling IN ('asks', 'autonomous')),
    review_at INTEGER,
    expires_at INTEGER,
    -- When an instance last ran or left a trace.
    used_at INTEGER,
    -- The stop that holds it while it is suspended, quarantined or retiring.
    stop TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    json TEXT NOT NULL,
    CHECK (owner IS NOT NULL OR state IN ('provisioning', 'retiring', 'retired'))
  ) STRICT;
  CREATE INDEX registrations_by_state ON registrations (state, number);
  CREATE INDEX registrations_by_owner ON registrations (owner, state, number);
  CREATE INDEX registrations_owned ON registrations (owner, number) WHERE owner IS NOT NULL;
  CREATE INDEX registrations_succeeding ON registrations (owner, successor, state) WHERE successor IS NOT NULL;
  CREATE INDEX registrations_by_successor ON registrations (successor) WHERE successor IS NOT NULL;
  CREATE INDEX registrations_by_match ON registrations (item, device, human) WHERE state <> 'retired';
  CREATE INDEX registrations_by_human ON registrations (human, number) WHERE human <> '';
  CREATE INDEX registrations_by_device ON registrations (device, number) WHERE device <> '';
  CREATE INDEX registrations_by_item ON registrations (item, number) WHERE item <> '';
  CREATE INDEX registrations_by_item_and_state ON registrations (item, state, number) WHERE item <> '';
  CREATE INDEX registrations_by_name ON registrations (name_key);
  CREATE INDEX registrations_expiring ON registrations (expires_at)
    WHERE expires_at IS NOT NULL AND state IN ('provisioning', 'active', 'suspended', 'quarantined');
  CREATE INDEX registrations_in_review ON registrations (review_at) WHERE review_at IS NOT NULL AND state = 'active';

  CREATE TRIGGER registrations_moved BEFORE UPDATE OF state ON registrations
    WHEN OLD.state <> NEW.state AND NOT (${ALLOWED})
    BEGIN SELECT RAISE(ABORT, 'an agent cannot pass from this state to that one'); END;
`

const living = (row: string) => `(SELECT status FROM humans WHERE id = ${row}.owner) IS 'active'`

/** What is active needs an owner who is active, from both sides. */
const OWNERS = `
  CREATE TRIGGER registrations_owned BEFORE INSERT ON registrations WHEN NEW.state = 'active' AND NOT ${living('NEW')}
    BEGIN SELECT RAISE(ABORT, 'an active agent needs an active owner'); END;
  CREATE TRIGGER registrations_owned_still BEFORE UPDATE OF state, owner ON registrations
    WHEN NEW.state = 'active' AND NOT ${living('NEW')}
    BEGIN SELECT RAISE(ABORT, 'an active agent needs an active owner'); END;
  CREATE TRIGGER service_accounts_owned BEFORE INSERT ON service_accounts
    WHEN NEW.status = 'active' AND NOT ${living('NEW')}
    BEGIN SELECT RAISE(ABORT, 'an active service account needs an active owner'); END;
  CREATE TRIGGER service_accounts_owned_still BEFORE UPDATE OF status, owner ON service_accounts
    WHEN NEW.status = 'active' AND NOT ${living('NEW')}
    BEGIN SELECT RAISE(ABORT, 'an active service account needs an active owner'); END;
  CREATE TRIGGER humans_leaving BEFORE UPDATE OF status ON humans WHEN NEW.status = 'deactivated' AND (
      EXISTS (SELECT 1 FROM registrations WHERE owner = NEW.id AND state = 'active')
      OR EXISTS (SELECT 1 FROM service_accounts WHERE owner = NEW.id AND status = 'active'))
    BEGIN SELECT RAISE(ABORT, 'the human owns active agents or service accounts'); END;
`

const kept = (table: string) => `
  CREATE TRIGGER ${table}_kept BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, '${table} are never deleted'); END;
  CREATE TRIGGER ${table}_same BEFORE UPDATE OF id ON ${table} WHEN OLD.id <> NEW.id
    BEGIN SELECT RAISE(ABORT, 'an id never changes'); END;
`

const add = (noun: string, row: 'OLD' | 'NEW', column: string, by: 1 | -1) =>
  `INSERT INTO register_counts VALUES ('${noun}', ${row}.${column}, ${by}) ON CONFLICT DO UPDATE SET count = count + (${by});`

/** @param shown rows of the table that count. */
const counted = (table: string, column: string, shown: (row: string) => string = () => 'true') => `
  CREATE TRIGGER ${table}_counted AFTER INSERT ON ${table} WHEN ${shown('NEW')} BEGIN
    ${add(table, 'NEW', column, 1)}
  END;
  CREATE TRIGGER ${table}_discounted AFTER UPDATE ON ${table}
    WHEN ${shown('OLD')} AND (OLD.${column} <> NEW.${column} OR NOT (${shown('NEW')})) BEGIN
    ${add(table, 'OLD', column, -1)}
  END;
  CREATE TRIGGER ${table}_recounted AFTER UPDATE ON ${table}
    WHEN ${shown('NEW')} AND (OLD.${column} <> NEW.${column} OR NOT (${shown('OLD')})) BEGIN
    ${add(table, 'NEW', column, 1)}
  END;
`

const COUNTS = `
  CREATE TABLE register_counts (
    noun TEXT NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (noun, state)
  ) STRICT, WITHOUT ROWID;
  ${counted('humans', 'status', (row) => `${row}.deleted_at IS NULL`)}
  ${counted('service_accounts', 'status')}
  ${counted('registrations', 'state')}
  ${counted('seen_agents', 'state', (row) => `${row}.present > 0`)}
  CREATE TRIGGER seen_agents_forgotten AFTER DELETE ON seen_agents WHEN OLD.present > 0 BEGIN
    ${add('seen_agents', 'OLD', 'state', -1)}
  END;
`

export const REGISTER = [
  HUMANS,
  REGISTRATIONS,
  OWNERS,
  ...['humans', 'people_groups', 'service_accounts', 'registrations'].map(kept),
  SEEN,
  COUNTS,
].join('\n')
