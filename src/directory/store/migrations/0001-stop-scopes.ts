import { IN_FORCE } from './0001-stops.ts'

/**
 * A stop by a registration, a human or a group concerns the devices that the register names. When the register changes, triggers
 * have the stop spread again, so no writer can forget it. Spreading compares, and orders only what is different.
 */

const spreadAnew = (stops: string) => `UPDATE stops SET spread_after = '' WHERE ${IN_FORCE} AND number IN (${stops});`

/** @param humans SQL that selects ids. */
const ofHumans = (humans: string) => `
  SELECT s.number FROM stops s WHERE s.human IN (${humans})
  UNION ALL SELECT s.number FROM group_members m CROSS JOIN stops s ON s.people_group = m.people_group
    WHERE m.human IN (${humans})
  UNION ALL SELECT s.number FROM registrations r CROSS JOIN stops s ON s.registration = r.id
    WHERE r.human <> '' AND r.human IN (${humans})`

const ofRegistration = (id: string) => `SELECT number FROM stops WHERE registration = ${id}`

/** Whom the owner of a device may name. */
const ownersOf = (row: string) => `
  SELECT id FROM humans WHERE id = ${row}.owner
  UNION ALL SELECT id FROM humans WHERE user_key = ${row}.owner_key
  UNION ALL SELECT id FROM humans WHERE email_key = ${row}.owner_key`

/** All who go by a name of this human: another one of that name may change whom it means. */
const namesakes = (row: string) => `
  SELECT ${row}.id
  UNION ALL SELECT id FROM humans WHERE user_key IN (${row}.user_key, ${row}.email_key)
  UNION ALL SELECT id FROM humans WHERE email_key IN (${row}.user_key, ${row}.email_key)`

const ACCOUNTS = `
  CREATE TRIGGER accounts_reached AFTER INSERT ON accounts WHEN NEW.state = 'confirmed' BEGIN
    ${spreadAnew(ofHumans('NEW.human'))}
  END;
  CREATE TRIGGER accounts_reached_again AFTER UPDATE OF human, state, user_name ON accounts
    WHEN (OLD.state = 'confirmed' OR NEW.state = 'confirmed')
      AND (OLD.human IS NOT NEW.human OR OLD.state <> NEW.state OR OLD.user_name <> NEW.user_name) BEGIN
    ${spreadAnew(ofHumans('OLD.human, NEW.human'))}
  END;
  CREATE TRIGGER accounts_left AFTER DELETE ON accounts WHEN OLD.state = 'confirmed' BEGIN
    ${spreadAnew(ofHumans('OLD.human'))}
  END;
`

const GROUPS = `
  CREATE TRIGGER group_members_reached AFTER INSERT ON group_members BEGIN
    ${spreadAnew('SELECT number FROM stops WHERE people_group = NEW.people_group')}
  END;
  CREATE TRIGGER group_members_left AFTER DELETE ON group_members BEGIN
    ${spreadAnew('SELECT number FROM stops WHERE people_group = OLD.people_group')}
  END;
`

const HUMANS = `
  CREATE TRIGGER humans_reached AFTER INSERT ON humans BEGIN ${spreadAnew(ofHumans(namesakes('NEW')))} END;
  CREATE TRIGGER humans_reached_again AFTER UPDATE OF user_key, email_key, status, deleted_at ON humans
    WHEN OLD.user_key <> NEW.user_key OR OLD.email_key IS NOT NEW.email_key OR OLD.status <> NEW.status
      OR OLD.deleted_at IS NOT NEW.deleted_at BEGIN
    ${spreadAnew(ofHumans(namesakes('OLD')))}
    ${spreadAnew(ofHumans(namesakes('NEW')))}
  END;
`

const DEVICES = `
  CREATE TRIGGER devices_reached AFTER INSERT ON devices BEGIN ${spreadAnew(ofHumans(ownersOf('NEW')))} END;
  CREATE TRIGGER devices_reached_again AFTER UPDATE OF owner, owner_key, status ON devices
    WHEN OLD.owner <> NEW.owner OR OLD.owner_key IS NOT NEW.owner_key OR OLD.status <> NEW.status BEGIN
    ${spreadAnew(ofHumans(ownersOf('OLD')))}
    ${spreadAnew(ofHumans(ownersOf('NEW')))}
    -- Those of accounts and of one device.
    ${spreadAnew(`SELECT s.number FROM accounts a CROSS JOIN stops s ON s.human = a.human WHERE a.device = NEW.id
      UNION ALL SELECT s.number FROM registrations r CROSS JOIN stops s ON s.registration = r.id WHERE r.device = NEW.id AND r.device <> ''`)}
  END;
`

const criteria = (row: string) => `json_extract(${row}.json, '$.criteria')`

const REGISTRATIONS = `
  CREATE TRIGGER registrations_reached AFTER UPDATE OF json ON registrations WHEN ${criteria('OLD')} <> ${criteria('NEW')}
  BEGIN ${spreadAnew(ofRegistration('NEW.id'))} END;
  CREATE TRIGGER seen_agents_reached AFTER INSERT ON seen_agents WHEN NEW.registration IS NOT NULL BEGIN
    ${spreadAnew(ofRegistration('NEW.registration'))}
  END;
  CREATE TRIGGER seen_agents_reached_again AFTER UPDATE OF registration, user_name ON seen_agents
    WHEN OLD.registration IS NOT NEW.registration
      OR (NEW.registration IS NOT NULL AND OLD.user_name IS NOT NEW.user_name) BEGIN
    ${spreadAnew(`${ofRegistration('OLD.registration')} UNION ALL ${ofRegistration('NEW.registration')}`)}
  END;
  CREATE TRIGGER seen_agents_left AFTER DELETE ON seen_agents WHEN OLD.registration IS NOT NULL BEGIN
    ${spreadAnew(ofRegistration('OLD.registration'))}
  END;
`

export const STOP_SCOPES = [ACCOUNTS, GROUPS, HUMANS, DEVICES, REGISTRATIONS].join('\n')
