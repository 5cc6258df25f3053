-- Expressions here, those of functions with a SQL body too, mean PostgreSQL's own operators and
-- functions, whatever else the schema has into which the extension goes.
SET LOCAL search_path = pg_catalog, pg_temp;

