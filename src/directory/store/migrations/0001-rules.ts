/** Rules that decide about unknown agents, and which agents they have still to look at. Triggers note those, so no writer can forget. */

const TABLES = `
  -- Versions of the rules: YAML. The newest is in use.
  CREATE TABLE rule_sets (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    forced INTEGER NOT NULL,
    restores INTEGER
  ) STRICT;
  CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON rule_sets
    BEGIN SELECT RAISE(ABORT, 'rule_sets is append only'); END;
  CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON rule_sets
    BEGIN SELECT RAISE(ABORT, 'rule_sets is append only'); END;

  -- Numbers of seen agents that rules have to look at.
  CREATE TABLE rules_due (seen INTEGER PRIMARY KEY) STRICT;
  -- New rules look at all unknown agents. Those up to this number are done. NULL: all.
  CREATE TABLE rules_pass (id INTEGER PRIMARY KEY CHECK (id = 1), after INTEGER) STRICT;
  INSERT INTO rules_pass VALUES (1, NULL);
`

const due = (rows: string) => `INSERT INTO rules_due SELECT number FROM seen_agents
    WHERE ${rows} AND state = 'unknown' AND present > 0 ON CONFLICT DO NOTHING;`

/** What rules decide by. */
const CHANGES = [
  ...['state', 'human', 'version', 'executable', 'workspace'].map((column) => `OLD.${column} IS NOT NEW.${column}`),
  ...['autonomous', 'present'].map((column) => `(OLD.${column} > 0) <> (NEW.${column} > 0)`),
].join(' OR ')

const NOTING = `
  CREATE TRIGGER rules_set AFTER INSERT ON rule_sets BEGIN UPDATE rules_pass SET after = 0; END;
  CREATE TRIGGER rules_see AFTER INSERT ON seen_agents BEGIN ${due('number = NEW.number')} END;
  CREATE TRIGGER rules_see_again AFTER UPDATE OF state, human, version, executable, workspace, autonomous, present ON seen_agents
    WHEN ${CHANGES} BEGIN ${due('number = NEW.number')} END;
  CREATE TRIGGER rules_forget AFTER DELETE ON seen_agents BEGIN DELETE FROM rules_due WHERE seen = OLD.number; END;
  CREATE TRIGGER rules_see_verdict AFTER UPDATE OF verdict ON results WHEN OLD.verdict <> NEW.verdict
    BEGIN ${due('device = NEW.device')} END;
  CREATE TRIGGER rules_see_labels AFTER UPDATE OF labels_json ON devices WHEN OLD.labels_json <> NEW.labels_json
    BEGIN ${due('device = NEW.id')} END;
  CREATE TRIGGER rules_see_member AFTER INSERT ON group_members BEGIN ${due('human = NEW.human')} END;
  CREATE TRIGGER rules_see_left AFTER DELETE ON group_members BEGIN ${due('human = OLD.human')} END;
`

export const RULES = [TABLES, NOTING].join('\n')
