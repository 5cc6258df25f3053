-- From 0.1.0 to 0.2.0: what stands in src/sql/tables, and functions that have gone or have other
-- arguments. All others are made again behind this.

COMMENT ON FUNCTION _mssql_fdw._own_words IS
    'trigger of replicate._targets: what a restore says of copies is believed of the tables of the one who restores';
COMMENT ON FUNCTION _mssql_fdw._not_again IS
    'trigger of history: a row that is there already, as after a restore into its own database, is left out';
