// The connection cache: one session per user mapping, kept over transactions, closed when server or mapping change.
//
// The first use in a local transaction begins a remote one, which ends with the local one (commit, or rollback on abort).
// One session serves all scans of a transaction, so they see one snapshot and their own writes; when a second scan wants the
// session while a first is still streaming, the first reads its remaining rows into a tuplestore (reader.hpp).
#pragma once

#include "../core/tds/session.hpp"
#include "boundary.hpp"

namespace mssql::pg {

struct Reader;

// A cached session that is in a transaction and not busy. Connects when it must. Throws Error or ereports.
tds::Session& acquire(Oid server, Oid user);
// The reader that streams from the session now; acquire() makes it give way. Null: none.
void set_active_reader(tds::Session& session, Reader* reader);
// Whether anything but SELECT went over the session in this transaction is the caller's to say: it keeps aborts honest.
void mark_written(tds::Session& session);

}  // namespace mssql::pg
