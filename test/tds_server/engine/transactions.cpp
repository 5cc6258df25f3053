// Transactions. PostgreSQL ends a transaction at the first failure, SQL Server undoes the statement
// only: inside a transaction every statement runs in a savepoint of its own.
#include "errors.hpp"
#include "guarded.hpp"
#include "session.hpp"
#include "text.hpp"

namespace tds_server::engine {

std::string Session::begin_sql() const {
  if (settings_.isolation == "SNAPSHOT" || settings_.isolation == "REPEATABLE READ")
    return "BEGIN ISOLATION LEVEL REPEATABLE READ";
  if (settings_.isolation == "SERIALIZABLE") return "BEGIN ISOLATION LEVEL SERIALIZABLE";
  return "BEGIN ISOLATION LEVEL READ COMMITTED";
}

void Session::begin_transaction() {
  if (trancount_ == 0) {
    backend_->run(begin_sql());
    doomed_ = false;
  }
  ++trancount_;
}

void Session::commit_transaction() {
  if (trancount_ == 0) throw error(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");
  if (doomed_)
    throw error(3930,
                "The current transaction cannot be committed and cannot support operations that write to the log file. "
                "Roll back the transaction.");
  if (trancount_ > 1) {
    --trancount_;
    return;
  }
  trancount_ = 0;
  backend_->run("COMMIT");
}

void Session::rollback_transaction() {
  trancount_ = 0;
  doomed_ = false;
  backend_->run("ROLLBACK; " + settings_sql());
  catalog_->invalidate();
}

void Session::transaction(const TransactionStatement& statement) {
  std::string name = statement.name;
  if (!name.empty() && name[0] == '@') {
    const Variable* found = variable(name);
    if (found == nullptr) throw undeclared_variable(name);
    name = found->value.bytes;
  }
  const std::string savepoint = pg_identifier(to_stored_text("sp " + fold(name)).substr(0, 60));
  switch (statement.action) {
    case TransactionStatement::Action::begin: begin_transaction(); break;
    case TransactionStatement::Action::commit: commit_transaction(); break;
    case TransactionStatement::Action::save:
      if (trancount_ == 0)
        throw error(628, "Cannot issue SAVE TRANSACTION when there is no active transaction.", 16, 0);
      backend_->run("SAVEPOINT " + savepoint);
      break;
    case TransactionStatement::Action::rollback:
      if (trancount_ == 0)
        throw error(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
      if (!name.empty()) {
        // The name of a savepoint or of the outermost transaction; the latter is not kept.
        bool found = true;
        backend_->run("SAVEPOINT tds_probe");
        try {
          backend_->run("ROLLBACK TO SAVEPOINT " + savepoint);
        } catch (const PgError&) {
          found = false;
          backend_->run("ROLLBACK TO SAVEPOINT tds_probe; RELEASE SAVEPOINT tds_probe");
        }
        apply_settings();
        catalog_->invalidate();
        if (found) break;
      }
      rollback_transaction();
      break;
  }
}

// Statements that touch data under SNAPSHOT need the database to allow it.
void Session::check_data_access() {
  if (doomed_)
    throw error(3930,
                "The current transaction cannot be committed and cannot support operations that write to the log file. "
                "Roll back the transaction.");
  if (settings_.implicit_transactions && trancount_ == 0) begin_transaction();
  if (settings_.isolation == "SNAPSHOT" && !snapshot_allowed()) {
    throw error(3952, "Snapshot isolation transaction failed accessing database '" + catalog_->database() +
                          "' because snapshot isolation is not allowed in this database. Use ALTER DATABASE to allow "
                          "snapshot isolation.");
  }
}

void Session::check_memory_optimized(bool snapshot_hint) const {
  if (settings_.isolation == "SNAPSHOT") {
    throw error(41332,
                "Memory optimized tables and natively compiled modules cannot be accessed or created when the session "
                "TRANSACTION "
                "ISOLATION LEVEL is set to SNAPSHOT.");
  }
  if (snapshot_hint || trancount_ == 0) return;
  if (settings_.isolation == "READ COMMITTED") {
    throw error(41368,
                "Accessing memory optimized tables using the READ COMMITTED isolation level is supported only for "
                "autocommit transactions. "
                "It is not supported for explicit or implicit transactions. Provide a supported isolation level for "
                "the memory optimized "
                "table using a table hint, such as WITH (SNAPSHOT).");
  }
  throw error(41333,
              "The following transactions must access memory optimized tables and natively compiled modules under "
              "snapshot isolation: "
              "RepeatableRead transactions, Serializable transactions, and transactions that access tables that are "
              "not memory optimized in "
              "RepeatableRead or Serializable isolation.");
}

// ---- transaction manager requests

int Session::begin(std::uint8_t isolation) {
  switch (isolation) {
    case 1: settings_.isolation = "READ UNCOMMITTED"; break;
    case 2: settings_.isolation = "READ COMMITTED"; break;
    case 3: settings_.isolation = "REPEATABLE READ"; break;
    case 4: settings_.isolation = "SERIALIZABLE"; break;
    case 5: settings_.isolation = "SNAPSHOT"; break;
    default: break;
  }
  try {
    begin_transaction();
  } catch (const PgError& failure) {
    throw as_engine_error(failure);
  }
  return trancount_;
}

int Session::commit() {
  try {
    commit_transaction();
  } catch (const PgError& failure) {
    trancount_ = 0;
    throw as_engine_error(failure);
  }
  return trancount_;
}

int Session::rollback() {
  if (trancount_ == 0) throw error(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
  try {
    rollback_transaction();
  } catch (const PgError& failure) {
    throw as_engine_error(failure);
  }
  return trancount_;
}

}  // namespace tds_server::engine
