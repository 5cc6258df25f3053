-- The metadata tables: what SQL Server's catalog holds and pg_catalog does not. The engine writes them, 40_views.sql shows
-- them. `stored` is PostgreSQL's name where it differs by rule from SQL Server's (see stored_name() in catalog.cpp).

CREATE TABLE tds_meta.settings (collation_name text NOT NULL DEFAULT 'SQL_Latin1_General_CP1_CI_AS');
INSERT INTO tds_meta.settings DEFAULT VALUES;

-- What this server is told to be (sql/36_pose.sql); empty: SQL Server 2022 and a login that may do everything.
CREATE TABLE tds_meta.pose (name text PRIMARY KEY, value text NOT NULL);
CREATE FUNCTION tds_meta.posed(what text, otherwise text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT value FROM tds_meta.pose WHERE name = what), otherwise) $$;

-- A name's key under a case-insensitive collation.
CREATE FUNCTION tds_meta.fold(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT lower(name COLLATE tds.letters) COLLATE "C" $$;

CREATE TABLE tds_meta.schemas (
  schema_id int PRIMARY KEY, name text NOT NULL UNIQUE, stored text NOT NULL, principal_id int NOT NULL DEFAULT 1);
CREATE SEQUENCE tds_meta.schema_ids START 5;

-- Ids of user objects look like SQL Server's: they start at 245575913 and go on in large steps.
CREATE SEQUENCE tds_meta.object_numbers MINVALUE 0 START 0;
CREATE FUNCTION tds_meta.new_object_id() RETURNS int LANGUAGE sql VOLATILE AS
$$ SELECT ((245575913 + nextval('tds_meta.object_numbers') * 16000057) % 2147483629)::int $$;

CREATE TABLE tds_meta.objects (
  object_id int PRIMARY KEY,
  name text NOT NULL,
  name_key text NOT NULL GENERATED ALWAYS AS (tds_meta.fold(name)) STORED,
  schema_id int NOT NULL,
  parent_object_id int NOT NULL DEFAULT 0,
  type text NOT NULL,             -- U V PK UQ F C D SO P, as in sys.objects without blanks
  stored text,                    -- qualified and quoted name in PostgreSQL, where it has one
  create_date timestamp NOT NULL DEFAULT clock_timestamp(),
  modify_date timestamp NOT NULL DEFAULT clock_timestamp(),
  is_system bool NOT NULL DEFAULT false,
  is_system_named bool NOT NULL DEFAULT false,
  definition text,                -- of C, D, V, P
  parent_column_id int NOT NULL DEFAULT 0,
  is_disabled bool NOT NULL DEFAULT false,
  is_not_trusted bool NOT NULL DEFAULT false,
  is_not_for_replication bool NOT NULL DEFAULT false,
  marks jsonb NOT NULL DEFAULT '{}');  -- what tds_server_pose says of it
CREATE INDEX ON tds_meta.objects (name_key, schema_id);
CREATE INDEX ON tds_meta.objects (parent_object_id);

CREATE TABLE tds_meta.columns (
  object_id int NOT NULL,
  column_id int NOT NULL,
  name text NOT NULL,
  stored text NOT NULL,
  base smallint NOT NULL,         -- the engine's SqlType number
  user_type_id int NOT NULL,
  max_length int NOT NULL,
  prec smallint NOT NULL,
  scale smallint NOT NULL,
  collation_name text NOT NULL DEFAULT '',
  nullable bool NOT NULL DEFAULT true,
  identity bool NOT NULL DEFAULT false,
  seed numeric, increment numeric,
  identity_sequence text,
  definition text,                -- of a computed column
  persisted bool NOT NULL DEFAULT false,
  default_object_id int NOT NULL DEFAULT 0,
  rowguidcol bool NOT NULL DEFAULT false,
  sparse bool NOT NULL DEFAULT false,
  masking_function text,
  marks jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (object_id, column_id));

CREATE TABLE tds_meta.indexes (
  object_id int NOT NULL,
  index_id int NOT NULL,
  name text,
  type smallint NOT NULL,         -- 0 heap, 1 clustered, 2 nonclustered
  is_unique bool NOT NULL DEFAULT false,
  is_primary_key bool NOT NULL DEFAULT false,
  is_unique_constraint bool NOT NULL DEFAULT false,
  constraint_id int,
  filter_definition text,
  is_disabled bool NOT NULL DEFAULT false,
  ignore_dup_key bool NOT NULL DEFAULT false,
  stored text,                    -- the PostgreSQL index, unqualified
  stored_definition text,         -- to create it again
  PRIMARY KEY (object_id, index_id));

CREATE TABLE tds_meta.index_columns (
  object_id int NOT NULL, index_id int NOT NULL, index_column_id int NOT NULL,
  column_id int NOT NULL, key_ordinal int NOT NULL, is_descending_key bool NOT NULL, is_included_column bool NOT NULL,
  PRIMARY KEY (object_id, index_id, index_column_id));

CREATE TABLE tds_meta.foreign_keys (
  object_id int PRIMARY KEY, parent_object_id int NOT NULL, referenced_object_id int NOT NULL, key_index_id int,
  delete_action smallint NOT NULL, update_action smallint NOT NULL,
  stored_definition text NOT NULL);
CREATE TABLE tds_meta.foreign_key_columns (
  object_id int NOT NULL, ordinal int NOT NULL, parent_column_id int NOT NULL, referenced_column_id int NOT NULL,
  PRIMARY KEY (object_id, ordinal));
CREATE INDEX ON tds_meta.foreign_keys (parent_object_id);
CREATE INDEX ON tds_meta.foreign_keys (referenced_object_id);

-- PostgreSQL's text of a check constraint, to add it again; null where only SQL Server's text is kept.
CREATE TABLE tds_meta.checks (object_id int PRIMARY KEY, stored_definition text);

CREATE TABLE tds_meta.sequences (
  object_id int PRIMARY KEY, base smallint NOT NULL, user_type_id int NOT NULL, prec smallint NOT NULL,
  start_value numeric NOT NULL, increment numeric NOT NULL, minimum_value numeric NOT NULL, maximum_value numeric NOT NULL,
  is_cycling bool NOT NULL, is_cached bool NOT NULL, cache_size int);

-- Alias types and the system's own; ids as in sys.types.
CREATE TABLE tds_meta.types (
  user_type_id int PRIMARY KEY, name text NOT NULL, schema_id int NOT NULL, base smallint NOT NULL, system_type_id int NOT NULL,
  max_length int NOT NULL, prec smallint NOT NULL, scale smallint NOT NULL, nullable bool NOT NULL, is_user_defined bool NOT NULL,
  is_assembly_type bool NOT NULL DEFAULT false);
CREATE SEQUENCE tds_meta.type_ids START 257;

CREATE TABLE tds_meta.extended_properties (
  class smallint NOT NULL, major_id int NOT NULL, minor_id int NOT NULL, name text NOT NULL, value tds.variant,
  PRIMARY KEY (class, major_id, minor_id, name));

INSERT INTO tds_meta.schemas (schema_id, name, stored, principal_id) VALUES
  (1, 'dbo', 'dbo', 1), (2, 'guest', 'guest', 2), (3, 'INFORMATION_SCHEMA', 'INFORMATION_SCHEMA', 3), (4, 'sys', 'sys', 4),
  (16384, 'db_owner', 'db_owner', 16384), (16385, 'db_accessadmin', 'db_accessadmin', 16385),
  (16386, 'db_securityadmin', 'db_securityadmin', 16386), (16387, 'db_ddladmin', 'db_ddladmin', 16387),
  (16389, 'db_backupoperator', 'db_backupoperator', 16389), (16390, 'db_datareader', 'db_datareader', 16390),
  (16391, 'db_datawriter', 'db_datawriter', 16391), (16392, 'db_denydatareader', 'db_denydatareader', 16392),
  (16393, 'db_denydatawriter', 'db_denydatawriter', 16393);
DROP SCHEMA IF EXISTS public;
CREATE SCHEMA dbo;
CREATE SCHEMA guest;
CREATE SCHEMA sys;
CREATE SCHEMA "INFORMATION_SCHEMA";

INSERT INTO tds_meta.types (user_type_id, name, schema_id, base, system_type_id, max_length, prec, scale, nullable, is_user_defined, is_assembly_type)
VALUES
  (34, 'image', 4, 25, 34, 16, 0, 0, true, false, false), (35, 'text', 4, 19, 35, 16, 0, 0, true, false, false),
  (36, 'uniqueidentifier', 4, 27, 36, 16, 0, 0, true, false, false), (40, 'date', 4, 11, 40, 3, 10, 0, true, false, false),
  (41, 'time', 4, 12, 41, 5, 16, 7, true, false, false), (42, 'datetime2', 4, 15, 42, 8, 27, 7, true, false, false),
  (43, 'datetimeoffset', 4, 16, 43, 10, 34, 7, true, false, false), (48, 'tinyint', 4, 1, 48, 1, 3, 0, true, false, false),
  (52, 'smallint', 4, 2, 52, 2, 5, 0, true, false, false), (56, 'int', 4, 3, 56, 4, 10, 0, true, false, false),
  (58, 'smalldatetime', 4, 13, 58, 4, 16, 0, true, false, false), (59, 'real', 4, 9, 59, 4, 24, 0, true, false, false),
  (60, 'money', 4, 7, 60, 8, 19, 4, true, false, false), (61, 'datetime', 4, 14, 61, 8, 23, 3, true, false, false),
  (62, 'float', 4, 10, 62, 8, 53, 0, true, false, false), (98, 'sql_variant', 4, 29, 98, 8016, 0, 0, true, false, false),
  (99, 'ntext', 4, 22, 99, 16, 0, 0, true, false, false), (104, 'bit', 4, 0, 104, 1, 1, 0, true, false, false),
  (106, 'decimal', 4, 5, 106, 17, 38, 38, true, false, false), (108, 'numeric', 4, 6, 108, 17, 38, 38, true, false, false),
  (122, 'smallmoney', 4, 8, 122, 4, 10, 4, true, false, false), (127, 'bigint', 4, 4, 127, 8, 19, 0, true, false, false),
  (240, 'hierarchyid', 4, 30, 240, 892, 0, 0, true, false, true), (241, 'geometry', 4, 31, 240, -1, 0, 0, true, false, true),
  (242, 'geography', 4, 32, 240, -1, 0, 0, true, false, true), (165, 'varbinary', 4, 24, 165, 8000, 0, 0, true, false, false),
  (167, 'varchar', 4, 18, 167, 8000, 0, 0, true, false, false), (173, 'binary', 4, 23, 173, 8000, 0, 0, true, false, false),
  (175, 'char', 4, 17, 175, 8000, 0, 0, true, false, false), (189, 'timestamp', 4, 26, 189, 8, 0, 0, false, false, false),
  (231, 'nvarchar', 4, 21, 231, 8000, 0, 0, true, false, false), (239, 'nchar', 4, 20, 239, 8000, 0, 0, true, false, false),
  (243, 'xml', 4, 28, 241, -1, 0, 0, true, false, false), (256, 'sysname', 4, 21, 231, 256, 0, 0, false, false, false);
-- hierarchyid, geometry, geography and xml have ids 128, 129, 130 and 241.
UPDATE tds_meta.types SET user_type_id = CASE name WHEN 'hierarchyid' THEN 128 WHEN 'geometry' THEN 129 WHEN 'geography' THEN 130 END
 WHERE name IN ('hierarchyid', 'geometry', 'geography');
UPDATE tds_meta.types SET user_type_id = 241 WHERE name = 'xml';

-- The values of a rowversion column, one counter a database.
CREATE SEQUENCE tds_meta.rowversions START 2001;

-- The schema a name means.
CREATE FUNCTION tds_meta.schema_id_of(schema_name text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT schema_id FROM tds_meta.schemas, tds_meta.settings
   WHERE name = schema_name OR (collation_name !~* '_(CS|BIN)' AND tds_meta.fold(name) = tds_meta.fold(schema_name))
   ORDER BY name = schema_name DESC LIMIT 1 $$;

-- An object by name: exact first, then ignoring case where the database's collation does. A name without a schema is looked
-- up in dbo, then in sys. `types` narrows the search. plpgsql keeps its plans, which every statement's binding pays for.
CREATE FUNCTION tds_meta.find_object(schema_name text, object_name text, types text[] DEFAULT NULL) RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
  found int; wanted int; folding bool := (SELECT collation_name !~* '_(CS|BIN)' FROM tds_meta.settings);
BEGIN
  IF schema_name IS NOT NULL THEN
    SELECT schema_id INTO wanted FROM tds_meta.schemas WHERE name = schema_name;
    IF wanted IS NULL AND folding THEN
      SELECT schema_id INTO wanted FROM tds_meta.schemas WHERE tds_meta.fold(name) = tds_meta.fold(schema_name) LIMIT 1;
    END IF;
    IF wanted IS NULL THEN RETURN NULL; END IF;
  END IF;
  SELECT o.object_id INTO found
    FROM tds_meta.objects o
   WHERE o.name_key = tds_meta.fold(object_name) AND (o.name = object_name OR o.is_system OR folding) AND (types IS NULL OR o.type = ANY (types))
     AND (o.schema_id = wanted OR wanted IS NULL AND o.schema_id IN (1, 4))
   ORDER BY o.schema_id, o.name = object_name DESC LIMIT 1;
  RETURN found;
END $$;
