// Error, and THE table of SQL Server error numbers: SQLSTATE and whether the same statement may
// succeed when tried again. Numbers and texts are those of sys.messages; the transient ones are the
// engine conditions (not client-library codes) that Microsoft's own retry logic lists, but for
// 4060: a misspelt database is more frequent than one that is moved. A number that is absent is
// HV000 and permanent. Whoever retries, a statement or a login, goes by this table.
#include "error.hpp"

#include <algorithm>
#include <iterator>

namespace mssql {

namespace {

struct ServerError {
  std::int32_t number;
  const char* sqlstate;
  bool transient{false};
};

// clang-format off
constexpr ServerError server_errors[] = {
    {101, "42601"},         // query not allowed here
    {102, "42601"},         // incorrect syntax near
    {103, "42622"},         // identifier too long
    {104, "42601"},         // ORDER BY items must appear in the select list
    {105, "42601"},         // unclosed quotation mark
    {107, "42P01"},         // column prefix does not match a table name
    {109, "42601"},         // more columns than values
    {110, "42601"},         // fewer columns than values
    {113, "42601"},         // missing end comment mark
    {116, "42601"},         // only one expression in a subquery
    {120, "42601"},         // select list of INSERT has fewer items
    {121, "42601"},         // select list of INSERT has more items
    {125, "54001"},         // case expressions nested too deep
    {128, "42703"},         // name not permitted in this context
    {130, "42803"},         // aggregate over an aggregate
    {134, "42712"},         // variable already declared
    {137, "42P02"},         // must declare the scalar variable
    {144, "42803"},         // aggregate in GROUP BY
    {145, "42P10"},         // ORDER BY must be in SELECT DISTINCT
    {147, "42803"},         // aggregate in WHERE
    {156, "42601"},         // incorrect syntax near the keyword
    {170, "42601"},         // incorrect syntax near line
    {174, "42883"},         // function requires n arguments
    {189, "42883"},         // function requires n to m arguments
    {195, "42883"},         // not a recognized built-in function name
    {201, "42883"},         // procedure expects a parameter
    {205, "42601"},         // set operators need equal numbers of expressions
    {206, "42804"},         // operand type clash
    {207, "42703"},         // invalid column name
    {208, "42P01"},         // invalid object name
    {209, "42702"},         // ambiguous column name
    {213, "42601"},         // column name or number of values does not match table
    {214, "42804"},         // procedure expects parameter of type
    {217, "54001"},         // nesting level exceeded
    {220, "22003"},         // arithmetic overflow for data type
    {226, "25001"},         // statement not allowed in a transaction of several statements
    {229, "42501"},         // permission denied on object
    {230, "42501"},         // permission denied on column
    {232, "22003"},         // arithmetic overflow for type
    {235, "22P02"},         // cannot convert char to money
    {241, "22007"},         // conversion failed: date from string
    {242, "22008"},         // conversion resulted in an out-of-range datetime
    {244, "22003"},         // varchar value overflowed a small integer
    {245, "22P02"},         // conversion failed: value to type
    {247, "22P02"},         // conversion from one type to another not allowed
    {248, "22003"},         // varchar value overflowed an int
    {256, "42804"},         // data type is invalid for the function
    {257, "42804"},         // implicit conversion is not allowed
    {260, "42804"},         // disallowed implicit conversion
    {262, "42501"},         // permission denied in database
    {264, "42701"},         // column specified more than once
    {266, "25000"},         // transaction count mismatch
    {271, "428C9"},         // computed column cannot be modified
    {272, "428C9"},         // timestamp column cannot be updated
    {273, "428C9"},         // explicit value for a timestamp column
    {282, "39004"},         // procedure returned NULL status
    {295, "22007"},         // conversion failed: smalldatetime from string
    {296, "22008"},         // out-of-range smalldatetime
    {297, "42501"},         // no permission to perform this action
    {298, "22008"},         // datetime to smalldatetime out of range
    {300, "42501"},         // VIEW SERVER STATE permission denied
    {305, "42804"},         // xml cannot be compared
    {306, "42804"},         // text, ntext and image cannot be compared
    {307, "42704"},         // index id does not exist
    {308, "42704"},         // index does not exist
    {312, "42P19"},         // infinite recursion of a common table expression
    {313, "42883"},         // insufficient arguments (also: LSN range not available)
    {319, "42601"},         // WITH needs a semicolon before it
    {334, "0A000"},         // OUTPUT clause with enabled triggers
    {402, "42883"},         // types incompatible in operator
    {403, "42883"},         // invalid operator for data type
    {407, "42P22"},         // collation conflict
    {421, "42804"},         // type cannot be selected as DISTINCT
    {446, "42P21"},         // collation conflict for operation
    {447, "42804"},         // expression type invalid for COLLATE
    {448, "42704"},         // invalid collation
    {451, "42P21"},         // collation conflict in column
    {457, "42P21"},         // implicit conversion with unresolved collation
    {468, "42P21"},         // collation conflict between
    {512, "21000"},         // subquery returned more than one value
    {513, "23514"},         // conflicts with a rule
    {515, "23502"},         // cannot insert NULL
    {517, "22008"},         // adding a value caused a date overflow
    {529, "42846"},         // explicit conversion not allowed
    {530, "54001"},         // maximum recursion exhausted
    {535, "22008"},         // DATEDIFF overflow
    {537, "22011"},         // invalid length passed to LEFT or SUBSTRING
    {544, "428C9"},         // explicit value for identity with IDENTITY_INSERT off
    {545, "23502"},         // explicit value needed for identity
    {547, "23503"},         // conflicts with a foreign key or check
    {550, "44000"},         // view WITH CHECK OPTION
    {556, "0A000"},         // INSERT EXEC failed: schema of target changed
    {574, "25001"},         // statement not allowed in a transaction
    {596, "57P01"},         // session is in the kill state
    {601, "40001", true},   // NOLOCK scan met data movement
    {605, "XX001"},         // logical page belongs to another unit
    {611, "54000"},         // cannot insert or update: row too big
    {615, "55000", true},   // could not find database id
    {617, "55000", true},   // descriptor for object not found in hash table
    {651, "55000"},         // locking granularity not available
    {669, "40001", true},   // row object is inconsistent, rerun
    {701, "53200"},         // insufficient system memory
    {708, "53200", true},   // low virtual address space
    {802, "53200", true},   // insufficient memory in the buffer pool
    {823, "58030"},         // I/O error by the operating system
    {824, "XX001"},         // logical consistency I/O error
    {825, "58030"},         // read needed retries
    {845, "55P03", true},   // time-out waiting for buffer latch
    {904, "3D000"},         // database cannot be autostarted
    {905, "55000"},         // database cannot be started in this edition
    {911, "3D000"},         // database does not exist
    {913, "3D000"},         // could not find database id
    {916, "42501"},         // principal cannot access the database
    {921, "57P03", true},   // database has not been recovered yet
    {922, "57P03", true},   // database is being recovered
    {924, "55006"},         // database is open by one user only
    {926, "58030"},         // database is suspect
    {927, "57P03"},         // database is being restored
    {942, "57P03"},         // database is offline
    {945, "57P03"},         // inaccessible files or no memory or disk
    {952, "57P03", true},   // database is in transition
    {954, "57P03"},         // acts as a mirror database
    {976, "57P03"},         // availability database not accessible
    {978, "57P03"},         // availability database needs read-only intent
    {982, "57P03", true},   // no readable secondary
    {983, "57P03", true},   // replica not in the PRIMARY or SECONDARY role
    {1013, "42712"},        // same exposed names in FROM
    {1033, "42601"},        // ORDER BY invalid in views
    {1038, "42601"},        // missing object or column name
    {1087, "42P01"},        // must declare the table variable
    {1088, "42P01"},        // cannot find the object
    {1101, "53100"},        // new page not allocated: filegroup full
    {1105, "53100"},        // could not allocate space: filegroup full
    {1204, "53200", true},  // no LOCK resources
    {1205, "40P01", true},  // deadlock victim
    {1206, "25000"},        // distributed transaction cancelled
    {1219, "57P01"},        // session disconnected by a high-priority operation
    {1221, "53200", true},  // lock manager out of resources
    {1222, "55P03", true},  // lock request time-out
    {1505, "23505"},        // CREATE UNIQUE INDEX found a duplicate
    {1701, "54011"},        // row size exceeds the maximum
    {1750, "42P16"},        // could not create constraint or index
    {1752, "42P16"},        // column is invalid for a default constraint
    {1765, "42830"},        // foreign key creation failed
    {1767, "42P01"},        // foreign key references an invalid table
    {1769, "42703"},        // foreign key references an invalid column
    {1770, "42703"},        // foreign key references an invalid column of the other table
    {1776, "42830"},        // no key in the referenced table
    {1778, "42804"},        // foreign key columns differ in type
    {1785, "42P16"},        // cascade cycles
    {1801, "42P04"},        // database already exists
    {1807, "55006", true},  // no exclusive lock on model
    {1904, "54011"},        // too many index columns
    {1913, "42P07"},        // index already exists
    {1919, "42P16"},        // column type invalid as index key
    {1921, "42704"},        // invalid filegroup or partition scheme
    {1934, "55000"},        // wrong SET options
    {1945, "54000"},        // index key too long
    {1946, "54000"},        // index entry too long
    {1973, "55000"},        // index is disabled
    {2020, "42P01"},        // dependencies refer to unknown columns
    {2501, "42P01"},        // cannot find a table or object
    {2601, "23505"},        // duplicate key in unique index
    {2627, "23505"},        // violation of a unique or primary key constraint
    {2628, "22001"},        // string or binary data would be truncated in column
    {2705, "42701"},        // column names must be unique
    {2706, "42P01"},        // table does not exist
    {2714, "42P07"},        // object already exists
    {2715, "42704"},        // cannot find data type
    {2717, "54000"},        // size exceeds the maximum of the type
    {2727, "42704"},        // cannot find index
    {2732, "22023"},        // invalid user error number
    {2744, "42P16"},        // several identity columns
    {2749, "42P16"},        // identity column has a wrong type
    {2750, "22023"},        // precision too large
    {2751, "22023"},        // scale greater than precision
    {2760, "3F000"},        // schema does not exist or no permission
    {2766, "42704"},        // no definition of the user-defined type
    {2786, "22023"},        // format specification of substitution
    {2801, "40001", true},  // definition of object has changed since compile
    {2809, "42809"},        // object is not a procedure
    {2812, "42883"},        // could not find stored procedure
    {3013, "58030"},        // backup or restore terminates abnormally
    {3201, "58P01"},        // cannot open backup device
    {3219, "42501"},        // file cannot be selected for this operation
    {3606, "22003"},        // arithmetic overflow occurred
    {3607, "22012"},        // division by zero occurred
    {3609, "25P02"},        // transaction ended in a trigger
    {3616, "25P02"},        // error raised during trigger execution
    {3623, "2201F"},        // invalid floating point operation
    {3624, "XX000"},        // system assertion failed
    {3701, "42P01"},        // cannot drop: does not exist or no permission
    {3702, "55006"},        // cannot drop database: in use
    {3705, "42809"},        // cannot use DROP with this kind of object
    {3726, "2BP01"},        // referenced by a foreign key
    {3727, "2BP01"},        // could not drop constraint
    {3728, "42704"},        // not a constraint
    {3729, "2BP01"},        // referenced by object
    {3732, "2BP01"},        // type is referenced
    {3733, "42704"},        // constraint does not belong to the table
    {3740, "2BP01"},        // referenced by an index
    {3902, "25P01"},        // COMMIT without BEGIN
    {3903, "25P01"},        // ROLLBACK without BEGIN
    {3906, "25006"},        // database is read-only
    {3908, "25000"},        // BEGIN not allowed in this database
    {3915, "0A000"},        // ROLLBACK inside INSERT EXEC
    {3916, "0A000"},        // COMMIT inside INSERT EXEC
    {3917, "25000"},        // session is bound to another transaction context
    {3918, "25000"},        // statement must run in a user transaction
    {3921, "25P01"},        // no transaction is active
    {3926, "25P02"},        // transaction was ended by another session
    {3930, "25P02"},        // transaction cannot be committed
    {3931, "25P02"},        // cannot roll back to a savepoint
    {3935, "40001", true},  // FILESTREAM transaction context failed
    {3951, "25001"},        // snapshot transaction did not start as one
    {3952, "55000"},        // snapshot isolation is not allowed in the database
    {3953, "55000"},        // snapshot isolation not supported here
    {3954, "55000", true},  // snapshot isolation is being turned off
    {3956, "55000", true},  // snapshot isolation is still being turned on
    {3957, "55000"},        // snapshot isolation was off when the transaction started
    {3958, "72000", true},  // row version not found
    {3959, "53100"},        // version store is full
    {3960, "40001", true},  // snapshot update conflict
    {3961, "40001", true},  // snapshot met a schema change
    {3964, "0A000"},        // DDL in a snapshot transaction
    {3966, "53100", true},  // rolled back while accessing the version store
    {3967, "53100"},        // insufficient space in tempdb for row versions
    {3971, "25000"},        // server failed to resume the transaction
    {3980, "25P02"},        // batch aborted by an attention or a severe error
    {3981, "25000"},        // transaction operation cannot be performed: pending requests
    {3998, "25P02"},        // uncommittable transaction at the end of the batch
    {4002, "08P01"},        // TDS stream is incorrect
    {4014, "08006"},        // fatal error reading the input stream
    {4060, "3D000"},        // cannot open database requested by the login
    {4062, "3D000"},        // cannot open user default database, using master
    {4063, "3D000"},        // cannot open database requested, using another
    {4064, "3D000"},        // cannot open user default database, login failed
    {4104, "42703"},        // multi-part identifier could not be bound
    {4108, "42P20"},        // windowed function in the wrong place
    {4121, "42883"},        // cannot find column or user-defined function
    {4145, "42804"},        // non-boolean where a condition is expected
    {4214, "55000"},        // no current database backup
    {4221, "57P03", true},  // login to a readable secondary not possible yet
    {4405, "0A000"},        // view not updatable: several base tables
    {4406, "0A000"},        // view not updatable: derived field
    {4413, "42P17"},        // could not use view because of binding errors
    {4415, "0A000"},        // view not updatable: CHECK OPTION
    {4502, "42P16"},        // view has more column names than columns
    {4511, "42P16"},        // no column name for a column of the view
    {4701, "42P01"},        // cannot truncate: table does not exist
    {4708, "42809"},        // cannot truncate: it is not a table
    {4712, "0A000"},        // cannot truncate: referenced by a foreign key
    {4834, "42501"},        // no permission for bulk load
    {4860, "58P01"},        // bulk load file does not exist
    {4861, "58030"},        // bulk load file could not be opened
    {4863, "22001"},        // bulk load truncation
    {4864, "22P02"},        // bulk load conversion error
    {4891, "40001", true},  // insert bulk failed: schema changed
    {4901, "42P16"},        // ADD of a NOT NULL column without default
    {4902, "42P01"},        // cannot find the object for ALTER
    {4909, "42809"},        // cannot alter: not a table
    {4922, "2BP01"},        // ALTER or DROP COLUMN failed: objects access it
    {4924, "42703"},        // column does not exist in table
    {4928, "0A000"},        // cannot alter column of this kind
    {4947, "55000"},        // SWITCH failed: no identical index
    {5011, "42501"},        // no permission to alter the database
    {5030, "55006"},        // database could not be exclusively locked
    {5061, "55006", true},  // ALTER DATABASE could not get a lock
    {5069, "55000"},        // ALTER DATABASE failed
    {5074, "2BP01"},        // object is dependent on column
    {5120, "58030"},        // unable to open the physical file
    {5133, "58P01"},        // directory lookup failed
    {6005, "57P01"},        // shutdown is in progress
    {6101, "22023"},        // not a valid session id
    {6106, "42704"},        // not an active session id
    {6401, "3B001"},        // cannot roll back: no such savepoint
    {6522, "38000"},        // CLR exception in a routine
    {6841, "22021"},        // FOR XML could not serialize a character
    {7105, "40001", true},  // LOB page does not exist
    {7202, "08001"},        // no such linked server
    {7303, "08001"},        // cannot initialize linked server
    {7312, "0A000"},        // schema or catalog not allowed for the provider
    {7314, "42P01"},        // linked server does not contain the table
    {7357, "42P01"},        // cannot process object of linked server
    {7391, "0A000"},        // distributed transaction not possible
    {7399, "HV000"},        // linked server reported an error
    {7412, "HV000"},        // linked server message
    {7415, "42501"},        // ad hoc access denied
    {7420, "0A000"},        // no remote access in a snapshot transaction
    {7601, "55000"},        // no full-text index
    {7609, "55000"},        // full-text search not installed
    {7619, "22023"},        // full-text condition failed
    {7645, "22023"},        // null or empty full-text predicate
    {8003, "54023"},        // too many parameters in an RPC request
    {8009, "08P01"},        // parameter: unknown data type
    {8016, "22P03"},        // parameter: data length or metadata length is invalid
    {8023, "22P03"},        // parameter: value is not valid
    {8101, "428C9"},        // explicit value for identity needs a column list
    {8102, "428C9"},        // cannot update identity column
    {8106, "42P16"},        // table has no identity property
    {8107, "55000"},        // IDENTITY_INSERT is on for another table
    {8108, "42P16"},        // cannot add identity to a table that has one
    {8111, "42P16"},        // PRIMARY KEY on a nullable column
    {8114, "22P02"},        // error converting data type
    {8115, "22003"},        // arithmetic overflow converting expression
    {8117, "42883"},        // operand type invalid for operator
    {8120, "42803"},        // column neither aggregated nor grouped
    {8121, "42803"},        // HAVING column neither aggregated nor grouped
    {8127, "42803"},        // ORDER BY column neither aggregated nor grouped
    {8133, "42P18"},        // every CASE result is the NULL constant
    {8134, "22012"},        // divide by zero
    {8141, "42P16"},        // column check references another column
    {8144, "42883"},        // procedure has too many arguments
    {8145, "42883"},        // not a parameter of the procedure
    {8146, "42883"},        // procedure has no parameters
    {8152, "22001"},        // string or binary data would be truncated
    {8155, "42601"},        // no column name for a derived table column
    {8156, "42701"},        // column specified several times in a derived table
    {8158, "42P10"},        // more columns than were specified
    {8159, "42P10"},        // fewer columns than were specified
    {8162, "42883"},        // parameter not declared OUTPUT
    {8163, "42804"},        // type cannot be selected as DISTINCT
    {8169, "22P02"},        // conversion failed: uniqueidentifier
    {8170, "22001"},        // not enough result space for uniqueidentifier
    {8178, "42P02"},        // parameterized query expects a parameter
    {8179, "26000"},        // no prepared statement with that handle
    {8623, "54001"},        // query too complex for a plan
    {8628, "53200", true},  // time-out waiting to optimize the query
    {8631, "54001"},        // stack limit reached
    {8632, "54001"},        // expression services limit
    {8642, "53000", true},  // no threads for parallel execution
    {8645, "53200", true},  // time-out waiting for query memory
    {8649, "54000"},        // query cost governor
    {8651, "53200", true},  // not enough memory for the query's minimum
    {8657, "53200"},        // memory grant beyond the configured maximum
    {8672, "21000"},        // MERGE touched a row twice
    {8902, "53200"},        // memory allocation error during DBCC
    {8985, "58P01"},        // could not locate file
    {9001, "58030"},        // log of the database is not available
    {9002, "53100"},        // transaction log is full
    {9100, "XX001"},        // possible index corruption
    {9402, "2200N"},        // XML parsing: unable to switch the encoding
    {9410, "2200N"},        // XML parsing: whitespace expected
    {9413, "2200N"},        // XML parsing: a string literal was expected
    {9420, "2200N"},        // XML parsing: illegal xml character
    {9421, "2200N"},        // XML parsing: illegal name character
    {9436, "2200N"},        // XML parsing: end tag does not match
    {9515, "40001", true},  // an XML schema was altered, rerun
    {9803, "22P03"},        // invalid data for type
    {9809, "22023"},        // style not supported for the conversion
    {9810, "22023"},        // date part not supported
    {9820, "22023"},        // invalid time zone
    {10314, "58000"},       // CLR assembly could not be loaded
    {10609, "42P16"},       // filtered index cannot be created
    {10610, "42P16"},       // filtered index on this type
    {10922, "40001", true},  // failed, rerun the statement
    {10928, "53000", true},  // Azure: resource limit of the database reached
    {10929, "53000", true},  // Azure: server too busy for the minimum guarantee
    {10936, "53000", true},  // Azure: request limit of the pool reached
    {11514, "0A000"},       // metadata could not be determined
    {11537, "42804"},       // WITH RESULT SETS: column count differs
    {11728, "2200H"},       // sequence has reached its limit
    {11732, "2200H"},       // sequence: range exceeds the limit
    {13535, "40001", true},  // temporal: row's period start in the future
    {13536, "428C9"},       // temporal: generated always column cannot be inserted
    {13537, "428C9"},       // temporal: generated always column cannot be updated
    {13609, "22032"},       // JSON text is not properly formatted
    {14355, "57P03", true},  // administrative job is busy
    {15007, "42704"},       // not a valid login
    {15023, "42710"},       // user already exists
    {15025, "42710"},       // server principal already exists
    {15048, "22023"},       // valid compatibility levels are
    {15123, "42704"},       // configuration option does not exist
    {15151, "42704"},       // cannot find the principal or object
    {15225, "42704"},       // no item of that name
    {15247, "42501"},       // no permission to perform this action
    {15248, "42704"},       // ambiguous rename
    {15434, "55006"},       // login is logged in
    {15517, "42704"},       // cannot execute as the database principal
    {16902, "22023"},       // sp_cursor: parameter is invalid
    {16916, "34000"},       // cursor does not exist
    {16917, "34000"},       // cursor is not open
    {16930, "24000"},       // requested row is not in the fetch buffer
    {17142, "57P03", true},  // service is paused
    {17187, "57P03", true},  // not ready to accept connections
    {17188, "57P03", true},  // server is shutting down
    {17189, "53300", true},  // could not spawn a thread
    {17197, "08001", true},  // login timed out
    {17806, "28000"},       // SSPI handshake failed
    {17809, "53300", true},  // maximum number of connections reached
    {17810, "53300"},       // only one dedicated administrator connection
    {17826, "08001"},       // could not set up network library
    {17828, "08P01"},       // prelogin packet invalid
    {17830, "08001"},       // network error while establishing the connection
    {17832, "08P01"},       // login packet is structurally invalid
    {17835, "08001"},       // encryption is required
    {17892, "42501"},       // login trigger refused
    {18401, "57P03", true},  // server is in script upgrade mode
    {18450, "28000"},       // not defined as a valid login of a trusted connection
    {18451, "57P03"},       // only administrators can connect now
    {18452, "28000"},       // login from an untrusted domain
    {18456, "28P01"},       // login failed for user
    {18458, "53300"},       // license: maximum number of users
    {18459, "53300"},       // license: maximum number of users
    {18461, "57P03"},       // single-user mode
    {18463, "28P01"},       // password cannot be used at this time
    {18464, "28P01"},       // password does not meet policy: too short
    {18465, "28P01"},       // password does not meet policy: too long
    {18466, "28P01"},       // password does not meet policy: complexity
    {18470, "28000"},       // account is disabled
    {18486, "28000"},       // account is locked out
    {18487, "28P01"},       // password has expired
    {18488, "28P01"},       // password must be changed
    {20041, "40001", true},  // transaction rolled back: a trigger could not be executed
    {33003, "0A000"},       // DDL statement is not allowed
    {40133, "0A000"},       // Azure: operation not supported
    {40143, "57P03", true},  // Azure: replica not primary
    {40166, "57P03", true},  // Azure: cloud partition being reconfigured
    {40197, "57P03", true},  // Azure: service error while processing the request
    {40501, "53000", true},  // Azure: service is busy
    {40508, "0A000"},       // Azure: USE is not supported
    {40510, "0A000"},       // Azure: statement not supported
    {40511, "0A000"},       // Azure: built-in function not supported
    {40512, "0A000"},       // Azure: deprecated feature
    {40515, "0A000"},       // Azure: reference to another database
    {40517, "0A000"},       // Azure: keyword not supported
    {40532, "28000"},       // Azure: cannot open server requested by the login
    {40540, "57P03", true},  // Azure: transaction aborted, database moved to read-only mode
    {40544, "53100"},       // Azure: database has reached its size quota
    {40549, "57P01"},       // Azure: session ended because of a long transaction
    {40550, "53000"},       // Azure: session ended because of too many locks
    {40551, "53000"},       // Azure: session ended because of tempdb usage
    {40552, "53000"},       // Azure: session ended because of log usage
    {40553, "53200"},       // Azure: session ended because of memory usage
    {40606, "0A000"},       // Azure: databases cannot be attached
    {40607, "28000"},       // Azure: Windows logins are not supported
    {40613, "57P03", true},  // Azure: database not currently available
    {40615, "28000"},       // Azure: client address not allowed by the firewall
    {40632, "28P01"},       // Azure: password validation failed
    {40636, "42939"},       // Azure: reserved database name
    {40648, "53000", true},  // Azure: too many requests
    {40671, "57P03", true},  // Azure: unable to communicate with the management service
    {40675, "57P03", true},  // Azure: service is busy processing requests
    {41301, "40001", true},  // memory-optimized: dependency failed
    {41302, "40001", true},  // memory-optimized: update conflict
    {41305, "40001", true},  // memory-optimized: repeatable read validation
    {41325, "40001", true},  // memory-optimized: serializable validation
    {41368, "0A000"},       // memory-optimized: isolation level not supported
    {41805, "53200"},       // memory-optimized: out of memory in the resource pool
    {41823, "53200"},       // memory-optimized: quota reached
    {41839, "40001", true},  // memory-optimized: too many commit dependencies
    {42108, "57P03"},       // Synapse: the pool is paused
    {42109, "57P03", true},  // Synapse: the pool is warming up
    {45157, "57P03", true},  // Azure: server is busy with another operation
    {45161, "57P03", true},  // Azure: managed instance is busy with another operation
    {45168, "53000", true},  // Azure: too many update operations
    {45169, "53000", true},  // Azure: too many operations for the subscription
    {45182, "57P03", true},  // Azure: database is busy with another operation
    {47072, "28000"},       // login with invalid TLS version
    {47073, "28000"},       // Azure: deny public network access
    {49918, "53000", true},  // Azure: not enough resources
    {49919, "53000", true},  // Azure: too many create or update operations
    {49920, "53000", true},  // Azure: too many operations in progress
};
// clang-format on

// What a user of mssql_fdw can do about errors whose own text does not tell: of what a transaction,
// or one of its level, cannot do.
struct Advice {
  std::int32_t number;
  const char* hint;
};

// clang-format off
constexpr Advice advice[] = {
    {226, "mssql_fdw runs every statement in a transaction, whatever its option \"isolation\" is: run this one with another client."},
    {1222, "Somebody holds a lock on what was to be read, as sys.dm_tran_locks shows. A function of replicate waits for as many seconds as its "
           "option \"source_lock_timeout\" says."},
    {3952, "Set the server option \"isolation\" to \"read_committed\", or allow it: ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON."},
    {3953, "Set the server option \"isolation\" to \"read_committed\"."},
    {3957, "Try again, or set the server option \"isolation\" to \"read_committed\"."},
    {3964, "Set the server option \"isolation\" to \"read_committed\" for such statements."},
    {4060, "The server option \"database\" names it; else the login's default one is opened. A login needs a user in a database that it opens."},
    {7391, "A linked server takes part in distributed transactions only, which cannot be SNAPSHOT: set the server option \"isolation\" to "
           "\"read_committed\", and see that MSDTC runs on both sides."},
    {7420, "Set the server option \"isolation\" to \"read_committed\" to read tables of a linked server."},
    {18456, "The user mapping says who logs in. Why it was refused, only the error log of the server tells, by the state."},
    {41332, "SNAPSHOT transactions cannot read memory-optimized tables: set the server option \"isolation\" to \"read_committed\", and give the "
            "foreign table a \"query\" with the table hint WITH (SNAPSHOT)."},
    {41333, "Give the foreign table a \"query\" with the table hint WITH (SNAPSHOT)."},
    {41368, "Give the foreign table a \"query\" with the table hint WITH (SNAPSHOT)."},
};
// clang-format on

constexpr bool is_sorted_by_number() {
  for (std::size_t i = 1; i < std::size(server_errors); ++i)
    if (server_errors[i - 1].number >= server_errors[i].number) return false;
  return true;
}
static_assert(is_sorted_by_number(), "binary search needs ascending, unique numbers");

const ServerError* find(std::int32_t number) noexcept {
  const auto* row = std::lower_bound(std::begin(server_errors), std::end(server_errors), number,
                                     [](const ServerError& e, std::int32_t n) { return e.number < n; });
  return row != std::end(server_errors) && row->number == number ? row : nullptr;
}

std::string describe(const ServerMessage& message) {
  std::string detail = "SQL Server error " + std::to_string(message.number) + ", severity " +
                       std::to_string(message.severity) + ", state " + std::to_string(message.state);
  if (!message.procedure.empty()) detail += ", procedure " + message.procedure;
  if (message.line > 0) detail += ", line " + std::to_string(message.line);
  return detail + ".";
}

std::string hint_for(std::int32_t number) {
  const auto* row =
      std::find_if(std::begin(advice), std::end(advice), [&](const Advice& each) { return each.number == number; });
  return row == std::end(advice) ? std::string() : row->hint;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

}  // namespace

Error::Error(const char* state, std::string text, std::string more, std::string advice)
    : sqlstate{}, message(std::move(text)), detail(std::move(more)), hint(std::move(advice)) {
  for (int i = 0; i < 5 && state[i] != '\0'; ++i) sqlstate[i] = state[i];
}

Error Error::from_server(const ServerMessage& message) {
  std::string text = trimmed(message.text);
  if (text.empty()) text = "SQL Server reported an error without a text";
  Error error(sqlstate_of_server_error(message.number), std::move(text), describe(message), hint_for(message.number));
  error.server_number = message.number;
  return error;
}

Error Error::from_server(std::span<const ServerMessage> messages) {
  Error error = from_server(messages.front());
  for (const ServerMessage& message : messages.subspan(1)) {
    if (message.text == messages.front().text) continue;
    if (!error.detail.empty()) error.detail += '\n';
    error.detail += "Error " + std::to_string(message.number) + ": " + message.text;
  }
  return error;
}

Error Error::interrupted() {
  Error error("57014", "canceling statement on user request");
  error.interruption_ = true;
  return error;
}

const char* sqlstate_of_server_error(std::int32_t number) noexcept {
  const ServerError* row = find(number);
  return row == nullptr ? sqlstate::fdw_error : row->sqlstate;
}

bool Error::is_transient() const noexcept {
  const std::string_view state = sqlstate;
  if (interruption_) return false;
  if (server_number != 0) return is_transient_server_error(server_number) || state == sqlstate::connection_failure;
  return state == sqlstate::connection_failure || state == sqlstate::cannot_connect;
}

bool is_transient_server_error(std::int32_t number) noexcept {
  const ServerError* row = find(number);
  return row != nullptr && row->transient;
}

}  // namespace mssql
