-- T-SQL's metadata functions over the metadata tables, and what the catalog views share.
SET check_function_bodies = off;  -- functions call each other in any order

-- ---- databases: what the cluster shares of each is a JSON object in the comment of its PostgreSQL database
CREATE FUNCTION tds_meta.databases(OUT oid oid, OUT datname name, OUT id int, OUT name text, OUT info jsonb) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT d.oid, d.datname,
         CASE coalesce(i.j ->> 'name', d.datname) WHEN 'master' THEN 1 WHEN 'tempdb' THEN 2 WHEN 'model' THEN 3 WHEN 'msdb' THEN 4
              ELSE 4 + (row_number() OVER (PARTITION BY coalesce(i.j ->> 'name', d.datname) IN ('master', 'tempdb', 'model', 'msdb') ORDER BY d.oid))::int END,
         coalesce(i.j ->> 'name', d.datname), i.j
    FROM pg_database AS d
    JOIN pg_shdescription AS s ON s.objoid = d.oid AND s.classoid = 'pg_database'::regclass,
         LATERAL (SELECT s.description::jsonb AS j) AS i
   WHERE NOT d.datistemplate AND s.description LIKE '{"tds":%' $$;
CREATE FUNCTION tds.current_db() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT name FROM tds_meta.databases() WHERE datname = current_database() $$;
CREATE FUNCTION tds.db_id(db text) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT id FROM tds_meta.databases() WHERE tds_meta.fold(name) = tds_meta.fold(db) ORDER BY name = db DESC LIMIT 1 $$;
CREATE FUNCTION tds.db_name(number int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM tds_meta.databases() WHERE id = number $$;
CREATE FUNCTION tds.database_property(db text, property text) RETURNS tds.variant LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property)
    WHEN 'collation' THEN tds.variant_name(info ->> 'collation') WHEN 'status' THEN tds.variant_name('ONLINE') WHEN 'updateability' THEN
      tds.variant_name(CASE WHEN info ->> 'readonly' = '1' THEN 'READ_ONLY' ELSE 'READ_WRITE' END)
    WHEN 'useraccess' THEN tds.variant_name('MULTI_USER') WHEN 'recovery' THEN tds.variant_name(coalesce(info ->> 'recovery', 'FULL'))
    WHEN 'version' THEN tds.variant_int(957) WHEN 'edition' THEN NULL WHEN 'lcid' THEN tds.variant_int(1033) WHEN 'comparisonstyle' THEN tds.variant_int(196609)
    WHEN 'sqlsortorder' THEN tds.variant_int(52) WHEN 'isinstandby' THEN tds.variant_int(0) WHEN 'isautoclose' THEN tds.variant_int(0)
    WHEN 'isfulltextenabled' THEN tds.variant_int(0) WHEN 'ispublished' THEN tds.variant_int(0) WHEN 'isansinullsenabled' THEN tds.variant_int(0)
    WHEN 'isquotedidentifiersenabled' THEN tds.variant_int(0) END
    FROM tds_meta.databases() WHERE tds_meta.fold(name) = tds_meta.fold(db) $$;
CREATE FUNCTION tds.server_property(property text) RETURNS tds.variant LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property)
    WHEN 'productversion' THEN tds.variant_name(tds_meta.posed('version', '16.0.1000.6')) WHEN 'productmajorversion' THEN tds.variant_name(split_part(tds_meta.posed('version', '16'), '.', 1)) WHEN 'productminorversion' THEN tds.variant_name('0')
    WHEN 'productbuild' THEN tds.variant_name('1000') WHEN 'productlevel' THEN tds.variant_name('RTM') WHEN 'productupdatelevel' THEN NULL
    WHEN 'resourceversion' THEN tds.variant_name('16.00.1000') WHEN 'edition' THEN tds.variant_name('Developer Edition (64-bit)')
    WHEN 'editionid' THEN tds.variant_bigint(-2117995310) WHEN 'engineedition' THEN tds.variant_int(tds_meta.posed('edition', '3')::int)
    WHEN 'collation' THEN tds.variant_name('SQL_Latin1_General_CP1_CI_AS') WHEN 'collationid' THEN tds.variant_int(872468488)
    WHEN 'lcid' THEN tds.variant_int(1033) WHEN 'sqlcharsetname' THEN tds.variant_name('iso_1') WHEN 'sqlsortordername' THEN tds.variant_name('nocase_iso')
    WHEN 'machinename' THEN tds.variant_name('TDSSERVER') WHEN 'servername' THEN tds.variant_name('TDSSERVER') WHEN 'computernamephysicalnetbios' THEN tds.variant_name('TDSSERVER')
    WHEN 'instancename' THEN NULL WHEN 'instancedefaultdatapath' THEN tds.variant_name('/var/opt/mssql/data/') WHEN 'instancedefaultlogpath' THEN tds.variant_name('/var/opt/mssql/data/')
    WHEN 'isclustered' THEN tds.variant_int(0) WHEN 'ishadrenabled' THEN tds.variant_int(0) WHEN 'isfulltextinstalled' THEN tds.variant_int(0)
    WHEN 'isintegratedsecurityonly' THEN tds.variant_int(0) WHEN 'issingleuser' THEN tds.variant_int(0) WHEN 'islocaldb' THEN tds.variant_int(0)
    WHEN 'isxtpsupported' THEN tds.variant_int(0) WHEN 'ispolybaseinstalled' THEN tds.variant_int(0) WHEN 'isadvancedanalyticsinstalled' THEN tds.variant_int(0)
    WHEN 'processid' THEN tds.variant_int(1) WHEN 'pathseparator' THEN tds.variant_name('/') WHEN 'filestreameffectivelevel' THEN tds.variant_int(0)
    WHEN 'licensetype' THEN tds.variant_name('DISABLED') END $$;
CREATE FUNCTION tds.auth_scheme(application_name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE substring(application_name FROM '^tds:[0-9]+([KN])/') WHEN 'K' THEN 'KERBEROS' WHEN 'N' THEN 'NTLM' ELSE 'SQL' END $$;
CREATE FUNCTION tds.connection_property(property text) RETURNS tds.variant LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property) WHEN 'net_transport' THEN tds.variant_name('TCP') WHEN 'protocol_type' THEN tds.variant_name('TSQL') WHEN 'auth_scheme' THEN tds.variant_name(tds.auth_scheme(current_setting('application_name')))
    WHEN 'local_net_address' THEN tds.variant_name('127.0.0.1') WHEN 'client_net_address' THEN tds.variant_name('127.0.0.1') END $$;
CREATE FUNCTION tds.collation_property(collation_name text, property text) RETURNS tds.variant LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property) WHEN 'lcid' THEN tds.variant_int(1033) WHEN 'version' THEN tds.variant_int(CASE WHEN collation_name LIKE '%\_100\_%' THEN 2 ELSE 0 END)
    WHEN 'comparisonstyle' THEN tds.variant_int(CASE WHEN collation_name ~* '_BIN' THEN 0 WHEN collation_name ~* '_CS_' THEN 196608 ELSE 196609 END) END $$;

-- ---- objects
CREATE FUNCTION tds.object_id(name text, kind text) RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE parts text[]; n int; found int;
BEGIN
  IF name IS NULL THEN RETURN NULL; END IF;
  parts := tds.split_name(name);
  n := array_length(parts, 1);
  IF left(parts[n], 1) = '#' THEN
    RETURN current_setting('tds.temp.' || md5(lower(parts[n])), true)::int;
  END IF;
  IF n >= 3 AND parts[n - 2] <> '' AND tds_meta.fold(parts[n - 2]) <> tds_meta.fold(tds.current_db()) THEN RETURN NULL; END IF;
  found := tds_meta.find_object(CASE WHEN n >= 2 THEN nullif(parts[n - 1], '') END, parts[n], CASE WHEN nullif(btrim(kind), '') IS NULL THEN NULL ELSE ARRAY[upper(btrim(kind))] END);
  RETURN found;
EXCEPTION WHEN invalid_text_representation THEN
  RETURN NULL;
END $$;
CREATE FUNCTION tds.object_name(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM tds_meta.objects WHERE object_id = id $$;
CREATE FUNCTION tds.object_schema_name(id int) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT s.name FROM tds_meta.objects AS o JOIN tds_meta.schemas AS s USING (schema_id) WHERE object_id = id $$;
CREATE FUNCTION tds.object_definition(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT definition FROM tds_meta.objects WHERE object_id = id AND NOT is_system $$;
CREATE FUNCTION tds.schema_name(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM tds_meta.schemas WHERE schema_id = id $$;
CREATE FUNCTION tds.type_name(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM tds_meta.types WHERE user_type_id = id $$;
CREATE FUNCTION tds.type_id(type_name text) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT user_type_id FROM tds_meta.types, (SELECT tds.split_name(type_name) AS p) AS x
    WHERE tds_meta.fold(name) = tds_meta.fold(p[array_length(p, 1)]) ORDER BY user_type_id LIMIT 1 $$;
CREATE FUNCTION tds.col_name(id int, number int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM tds_meta.columns WHERE object_id = id AND column_id = number $$;
CREATE FUNCTION tds_meta.column_number(id int, column_name text) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT column_id FROM tds_meta.columns WHERE object_id = id AND tds_meta.fold(name) = tds_meta.fold(column_name) ORDER BY name = column_name DESC LIMIT 1 $$;
CREATE FUNCTION tds.col_length(table_name text, column_name text) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT max_length FROM tds_meta.columns WHERE object_id = tds.object_id(table_name, NULL) AND column_id = tds_meta.column_number(object_id, column_name) $$;
CREATE FUNCTION tds.column_property(id int, column_name text, property text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property)
    WHEN 'allowsnull' THEN nullable::int WHEN 'columnid' THEN column_id WHEN 'iscomputed' THEN (definition IS NOT NULL)::int WHEN 'isidentity' THEN identity::int
    WHEN 'isrowguidcol' THEN rowguidcol::int WHEN 'precision' THEN CASE WHEN base IN (17, 18, 23, 24) THEN max_length WHEN base IN (20, 21) THEN CASE WHEN max_length < 0 THEN -1 ELSE max_length / 2 END ELSE prec END
    WHEN 'scale' THEN CASE WHEN base BETWEEN 17 AND 28 THEN NULL ELSE scale END WHEN 'issparse' THEN sparse::int WHEN 'isidnotforrepl' THEN 0 WHEN 'generatedalwaystype' THEN 0
    WHEN 'ishidden' THEN 0 WHEN 'isdeterministic' THEN 1 WHEN 'charmaxlen' THEN CASE WHEN base IN (20, 21) AND max_length > 0 THEN max_length / 2 WHEN base IN (17, 18) THEN max_length END
    WHEN 'usesansitrim' THEN CASE WHEN base IN (17, 18, 23, 24) THEN 1 END WHEN 'isxmlindexable' THEN CASE WHEN base = 28 THEN 1 ELSE 0 END END
    FROM tds_meta.columns WHERE object_id = id AND column_id = tds_meta.column_number(id, column_name) $$;
CREATE FUNCTION tds.object_property(id int, property text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property)
    WHEN 'istable' THEN (type IN ('U', 'S'))::int WHEN 'isusertable' THEN (type = 'U')::int WHEN 'isview' THEN (type = 'V')::int WHEN 'isprocedure' THEN (type = 'P')::int
    WHEN 'isconstraint' THEN (type IN ('PK', 'UQ', 'F', 'C', 'D'))::int WHEN 'isprimarykey' THEN (type = 'PK')::int WHEN 'isforeignkey' THEN (type = 'F')::int
    WHEN 'ischeckcnst' THEN (type = 'C')::int WHEN 'isdefaultcnst' THEN (type = 'D')::int WHEN 'isuniquecnst' THEN (type = 'UQ')::int WHEN 'istrigger' THEN (type = 'TR')::int
    WHEN 'isscalarfunction' THEN 0 WHEN 'istablefunction' THEN 0 WHEN 'isinlinefunction' THEN 0 WHEN 'ismsshipped' THEN is_system::int WHEN 'issystemtable' THEN 0
    WHEN 'cnstisdisabled' THEN is_disabled::int WHEN 'cnstisnottrusted' THEN is_not_trusted::int WHEN 'cnstisnotrepl' THEN is_not_for_replication::int
    WHEN 'isquotedidenton' THEN 1 WHEN 'isansinullson' THEN 1 WHEN 'ownerid' THEN 1 WHEN 'schemaid' THEN schema_id
    WHEN 'tablehasidentity' THEN EXISTS (SELECT FROM tds_meta.columns AS c WHERE c.object_id = id AND identity)::int
    WHEN 'tablehasprimarykey' THEN EXISTS (SELECT FROM tds_meta.indexes AS i WHERE i.object_id = id AND is_primary_key)::int
    WHEN 'tablehasforeignkey' THEN EXISTS (SELECT FROM tds_meta.foreign_keys AS f WHERE f.parent_object_id = id)::int
    WHEN 'tablehasforeignref' THEN EXISTS (SELECT FROM tds_meta.foreign_keys AS f WHERE f.referenced_object_id = id)::int
    WHEN 'tablehasindex' THEN EXISTS (SELECT FROM tds_meta.indexes AS i WHERE i.object_id = id AND i.type > 0)::int
    WHEN 'tablehasclustindex' THEN EXISTS (SELECT FROM tds_meta.indexes AS i WHERE i.object_id = id AND i.type = 1)::int
    WHEN 'tablehastimestamp' THEN EXISTS (SELECT FROM tds_meta.columns AS c WHERE c.object_id = id AND base = 26)::int
    WHEN 'tablehastextimage' THEN EXISTS (SELECT FROM tds_meta.columns AS c WHERE c.object_id = id AND base IN (19, 22, 25))::int
    WHEN 'tablehasrowguidcol' THEN EXISTS (SELECT FROM tds_meta.columns AS c WHERE c.object_id = id AND rowguidcol)::int
    WHEN 'tablehasactivefulltextindex' THEN 0 WHEN 'tabletemporaltype' THEN 0 WHEN 'tableismemoryoptimized' THEN 0 END
    FROM tds_meta.objects WHERE object_id = id $$;
CREATE FUNCTION tds.index_property(id int, index_name text, property text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE lower(property) WHEN 'indexid' THEN index_id WHEN 'isunique' THEN is_unique::int WHEN 'isclustered' THEN (type = 1)::int WHEN 'isdisabled' THEN is_disabled::int
    WHEN 'ishypothetical' THEN 0 WHEN 'isstatistics' THEN 0 WHEN 'indexdepth' THEN 1 WHEN 'indexfillfactor' THEN 0 WHEN 'isfulltextkey' THEN 0 END
    FROM tds_meta.indexes WHERE object_id = id AND tds_meta.fold(name) = tds_meta.fold(index_name) $$;
CREATE FUNCTION tds.index_col(table_name text, number int, ordinal int) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT c.name FROM tds_meta.index_columns AS i JOIN tds_meta.columns AS c USING (object_id, column_id)
   WHERE object_id = tds.object_id(table_name, NULL) AND index_id = number AND key_ordinal = ordinal $$;
CREATE FUNCTION tds_meta.sequence_state(stored text, OUT last_value numeric, OUT is_called bool) LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  EXECUTE 'SELECT last_value, is_called FROM ' || stored INTO last_value, is_called;
EXCEPTION WHEN undefined_table THEN
  NULL;
END $$;
CREATE FUNCTION tds.identity_number(table_name text, what text) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT CASE what WHEN 'seed' THEN seed WHEN 'increment' THEN increment ELSE (SELECT CASE WHEN is_called THEN last_value ELSE seed END FROM tds_meta.sequence_state(identity_sequence)) END
    FROM tds_meta.columns WHERE object_id = tds.object_id(table_name, 'U') AND identity $$;
CREATE FUNCTION tds.principal_name(id int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE id WHEN 0 THEN 'public' WHEN 1 THEN 'dbo' WHEN 2 THEN 'guest' WHEN 3 THEN 'INFORMATION_SCHEMA' WHEN 4 THEN 'sys' WHEN 16384 THEN 'db_owner' END $$;
CREATE FUNCTION tds.is_role_member(role text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN lower(role) IN ('db_owner', 'public', 'sysadmin', 'dbo', 'serveradmin', 'securityadmin', 'dbcreator', 'bulkadmin', 'diskadmin', 'processadmin', 'setupadmin') THEN 1
               WHEN lower(role) LIKE 'db\_%' THEN 0 END $$;

-- HAS_PERMS_BY_NAME. A login that is posed as a reader has SELECT and no more; Babelfish can be posed, which knows nothing of VIEW DEFINITION; UNMASK is known of objects since SQL Server 2022.
CREATE FUNCTION tds.has_perms(securable text, class text, permission text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN upper(permission) = 'UNMASK' THEN
                CASE WHEN upper(class) <> 'DATABASE' AND split_part(tds_meta.posed('version', '16'), '.', 1)::int < 16 THEN NULL
                     ELSE tds_meta.posed('unmask', CASE WHEN tds_meta.posed('reader', '0') = '1' THEN '0' ELSE '1' END)::int END
              WHEN upper(permission) = 'VIEW DEFINITION' AND tds_meta.posed('babelfish', '0') = '1' THEN 0
              WHEN upper(permission) IN ('SELECT', 'CONNECT', 'ANY') OR tds_meta.posed('reader', '0') <> '1' THEN 1 ELSE 0 END $$;

-- As it is now, not as the transaction saw it first.
CREATE FUNCTION tds_meta.activity() RETURNS SETOF pg_stat_activity LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  RETURN QUERY SELECT * FROM pg_stat_activity;
END $$;
-- Rows of a table: counted where that is quick, else PostgreSQL's running count.
CREATE FUNCTION tds_meta.row_count(stored text) RETURNS int8 LANGUAGE plpgsql STABLE AS $$
DECLARE n int8; rel oid := stored::regclass;
BEGIN
  IF pg_relation_size(rel) > 16777216 THEN
    n := pg_stat_get_live_tuples(rel);
    IF n > 0 THEN RETURN n; END IF;
    SELECT reltuples::int8 INTO n FROM pg_class WHERE oid = rel;
    IF n > 0 THEN RETURN n; END IF;
  END IF;
  BEGIN
    EXECUTE 'SELECT count(*) FROM ' || stored INTO n;
    RAISE SQLSTATE 'TD001';
  EXCEPTION WHEN SQLSTATE 'TD001' THEN  -- whoever asks the catalog keeps no lock on the table
    RETURN n;
  END;
END $$;
CREATE FUNCTION tds_meta.pages(stored text) RETURNS int8 LANGUAGE sql STABLE AS $$ SELECT (pg_table_size(stored::regclass) + 8191) / 8192 $$;

-- The value types that sp_addextendedproperty and fn_listextendedproperty name by level.
CREATE FUNCTION tds.list_extended_property(property text, t0 text, n0 text, t1 text, n1 text, t2 text, n2 text,
  OUT objtype bpchar, OUT objname bpchar, OUT name bpchar, OUT value tds.variant) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT x.objtype::bpchar, x.objname::bpchar, p.name::bpchar, p.value
    FROM tds_meta.extended_properties AS p,
         LATERAL (SELECT 'COLUMN' AS objtype, c.name AS objname, s.name AS sname, o.name AS oname FROM tds_meta.columns AS c JOIN tds_meta.objects AS o USING (object_id)
                    JOIN tds_meta.schemas AS s USING (schema_id) WHERE p.class = 1 AND p.minor_id > 0 AND c.object_id = p.major_id AND c.column_id = p.minor_id AND upper(t2) = 'COLUMN'
                  UNION ALL
                  SELECT CASE o.type WHEN 'V' THEN 'VIEW' ELSE 'TABLE' END, o.name, s.name, o.name FROM tds_meta.objects AS o JOIN tds_meta.schemas AS s USING (schema_id)
                   WHERE p.class = 1 AND p.minor_id = 0 AND o.object_id = p.major_id AND t2 IS NULL AND t1 IS NOT NULL) AS x
   WHERE (property IS NULL OR p.name = property) AND (n0 IS NULL OR tds_meta.fold(x.sname) = tds_meta.fold(n0)) AND (n1 IS NULL OR tds_meta.fold(x.oname) = tds_meta.fold(n1))
     AND (n2 IS NULL OR tds_meta.fold(x.objname) = tds_meta.fold(n2)) $$;
