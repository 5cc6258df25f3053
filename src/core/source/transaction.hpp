// The remote transaction of one local transaction: idle, reading, writing or lost.
//
//   idle --begin--> reading --write--> writing          the end, or the end of a savepoint that it had: back to idle
//
// It is lost when the server has ended it (deadlock, a severe error, a COMMIT or ROLLBACK in a
// statement) or the connection broke. Nobody can tell at once, since an error may have been caught:
// look() finds out before each further use. One that has only read may begin anew, unless its
// reader was promised one moment; one that has written stays lost until the local transaction ends.
//
// The session is the caller's and may be null or dead; it is the same one from begin() to finish().
// Savepoints are numbered by the nesting level of the local subtransaction that they begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "session.hpp"

namespace mssql::source {

class Transaction {
 public:
  enum class State : std::uint8_t { idle, reading, writing, lost };
  enum class Finding : std::uint8_t { stands, never_begun, begins_anew, lost };

  State state() const noexcept { return state_; }
  // A statement has run in it that may have written.
  bool touched() const noexcept { return touched_; }
  // A statement of others has run since the last reset, so that the session may be another one.
  bool unclean() const noexcept { return unclean_; }
  bool whole() const noexcept { return whole_; }

  // idle to reading, with the next statement. `opening` begins a transaction.
  void begin(Session& session, const Opening& opening);
  // From here on nothing of it may be lost without an error, though it only reads.
  void keep_whole() noexcept { whole_ = true; }
  // Until now; what has been read is used, and what comes next is another matter.
  void let_go() noexcept { whole_ = false; }

  // Whether it can be used further; the session is free then. never_begun and begins_anew: it is
  // idle again.
  Finding look(Session* session);
  // Before a SELECT of ours: takes back what statements of others have set, where the session can
  // be reset.
  void clean(Session& session);
  // Before a statement, and before clean(): where the last one took locks in another way, opens
  // the session anew.
  void take_locks(Session& session, const Locking& locking);
  // Before a statement that writes: sets the savepoints that a rollback of the current
  // subtransaction needs. One of others may be anything, and set or end anything.
  enum class Writer : std::uint8_t { ours, others };
  void write(Session& session, int nesting, Writer writer = Writer::others);

  // Of one that has written. False: it is lost, and what it wrote is gone.
  bool commit(Session* session);
  // False: the session has to be closed, so that the server rolls back.
  bool roll_back(Session* session);
  // The subtransaction at this level was rolled back; one that wrote in it and cannot be undone is
  // lost.
  void roll_back_to(Session* session, int level);
  void release(int level) noexcept;
  bool wrote_inside(int level) const noexcept { return savepoints_ >= level; }

  void finish() noexcept { *this = Transaction(); }

 private:
  bool stands(Session* session);
  bool is_ours(const Session& session) const noexcept;
  std::optional<bool> goes_on(Session& session) const;
  void note_descriptor(const Session& session) noexcept;
  void open_again(Session& session, const std::optional<Locking>& locking);

  State state_{State::idle};
  bool whole_{false};
  bool touched_{false};
  bool unclean_{false};  // since the last reset
  bool suspect_{false};  // the server may have ended it
  int savepoints_{1};    // levels up to this one have one; the transaction itself is level 1
  std::uint64_t descriptor_{0};
  Opening opening_;
};

}  // namespace mssql::source
