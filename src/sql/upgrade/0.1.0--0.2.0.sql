-- From 0.1.0 to 0.2.0: what stands in src/sql/tables, and functions that have gone or have other
-- arguments. All others are made again behind this.

