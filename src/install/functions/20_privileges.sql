-- What the extension calls as its owner, nobody else has to call. All other private functions are called by public ones, which run as their
-- caller; sql/privileges.sql says why that is harmless.
REVOKE EXECUTE ON FUNCTION @extschema@._write_history, @extschema@._write_target FROM PUBLIC;
