-- The journal of a cluster. Repeatable: what is there stays. `sera journal init` runs it; a node only checks the version.
-- The first three tables are those of Akka.Persistence.Sql (default mapping).
CREATE TABLE IF NOT EXISTS journal (
    ordering bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created bigint NOT NULL,
    deleted boolean NOT NULL,
    persistence_id text NOT NULL,
    sequence_number bigint NOT NULL,
    message bytea NOT NULL,
    manifest text,
    identifier integer,
    writer_uuid text,
    -- The first fence: an event that was decided without knowing another one meets it here and is refused, whoever wrote either.
    CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number)
);
CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);

CREATE TABLE IF NOT EXISTS tags (
    ordering_id bigint NOT NULL,
    tag text NOT NULL,
    sequence_nr bigint NOT NULL,
    persistence_id text NOT NULL,
    PRIMARY KEY (ordering_id, tag)
);
CREATE INDEX IF NOT EXISTS tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
CREATE INDEX IF NOT EXISTS tags_tag_idx ON tags (tag);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id text NOT NULL,
    sequence_number bigint NOT NULL,
    created bigint NOT NULL,
    snapshot bytea,
    manifest text,
    serializer_id integer,
    PRIMARY KEY (persistence_id, sequence_number)
);
CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created);
CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number);

-- Who coordinates: one row. The term rises with every new coordinator; one that finds a higher term than its own steps back.
CREATE TABLE IF NOT EXISTS sera_coordinator (
    id integer PRIMARY KEY CHECK (id = 1),
    term bigint NOT NULL,
    holder text NOT NULL,
    renewed timestamptz NOT NULL
);
INSERT INTO sera_coordinator (id, term, holder, renewed) VALUES (1, 0, '', 'epoch') ON CONFLICT (id) DO NOTHING;

-- The second fence: who writes events names its term (SET sera.term), and under a term that is over nothing is written, also where the successor has not
-- written anything yet. The row is held until the event is committed, so no term is taken in between.
CREATE OR REPLACE FUNCTION sera_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own text := nullif(current_setting('sera.term', true), '');
    held bigint;
BEGIN
    IF own IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT term INTO held FROM sera_coordinator WHERE id = 1 FOR SHARE;
    IF own::bigint IS DISTINCT FROM held THEN
        RAISE EXCEPTION 'term % is over, another coordinator writes the journal under term %', own, held USING ERRCODE = 'SE001';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sera_fence BEFORE INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION sera_fence();

-- What was decided about a run before its first event (run.json and the resolved run file), for whoever asks later.
CREATE TABLE IF NOT EXISTS sera_run (
    run_id text PRIMARY KEY,
    record jsonb NOT NULL,
    run_file text NOT NULL,
    submitted timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sera_schema (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now());
INSERT INTO sera_schema (version) VALUES (1) ON CONFLICT (version) DO NOTHING;
