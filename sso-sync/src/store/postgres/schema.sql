-- Version 1. `{schema}` is the name of the schema, quoted.

-- One row for each domain that exists. Its row lock puts the commits of the domain in order.
-- Every commit writes the row, so there is room beside it for the next version.
CREATE TABLE {schema}.domains (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id bytea NOT NULL UNIQUE,
    statements bigint NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    envelope bytea NOT NULL DEFAULT '',
    compacted bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Domains that are gone and whose rows in the other tables are still being deleted.
CREATE TABLE {schema}.erased (
    number bigint PRIMARY KEY
);

CREATE TABLE {schema}.statements (
    domain bigint NOT NULL,
    position bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (domain, position)
);

-- `size` is what the batch counts as against the bounds of readers, in bytes.
CREATE TABLE {schema}.batches (
    domain bigint NOT NULL,
    last bigint NOT NULL,
    first bigint NOT NULL,
    size bigint NOT NULL,
    envelope bytea NOT NULL,
    PRIMARY KEY (domain, last)
);

-- Rows stand in the order of their commits; the ids are random.
CREATE TABLE {schema}.records (
    domain bigint NOT NULL,
    seq bigint NOT NULL,
    id bytea NOT NULL,
    body bytea NOT NULL,
    live boolean NOT NULL,
    PRIMARY KEY (domain, seq)
);
CREATE UNIQUE INDEX live_records ON {schema}.records (domain, id) WHERE live;

CREATE TABLE {schema}.keys (
    key bytea PRIMARY KEY,
    value bytea NOT NULL,
    version bigint NOT NULL
);
CREATE SEQUENCE {schema}.versions;

-- Ciphertext does not get smaller.
ALTER TABLE {schema}.domains ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE {schema}.statements ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE {schema}.batches ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE {schema}.records ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE {schema}.keys ALTER COLUMN value SET STORAGE EXTERNAL;
