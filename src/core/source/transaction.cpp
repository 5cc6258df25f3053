#include "transaction.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>

namespace mssql::source {

namespace {

// No program nests so deep; a server whose transaction never ends must not keep us.
constexpr int most_nested = 100;

// SQL Server lets a name stand twice and takes the younger one: ours are names that no statement of
// others uses. 32 characters at most.
std::string savepoint(int level) {
  static const unsigned ours = std::random_device()();
  char name[33];
  std::snprintf(name, sizeof name, "mssql_fdw_%08x_%d", ours, level);
  return name;
}

bool usable(const Session* session) noexcept { return session != nullptr && session->alive(); }

bool set_free(Session* session) {
  if (usable(session) && session->busy()) session->cancel();
  return usable(session);
}

}  // namespace

void Transaction::begin(Session& session, const Opening& opening) {
  opening_ = opening;
  session.open(opening);
  state_ = State::reading;
}

// The descriptor tells a transaction from one that a statement has begun in its place.
void Transaction::note_descriptor(const Session& session) noexcept {
  if (descriptor_ == 0) descriptor_ = session.transaction().value_or(0);
}

bool Transaction::is_ours(const Session& session) const noexcept {
  const std::optional<std::uint64_t> now = session.transaction();
  return !now || (*now != 0 && (descriptor_ == 0 || *now == descriptor_));
}

std::optional<bool> Transaction::goes_on(Session& session) const {
  if (const std::optional<std::uint64_t> now = session.transaction()) return *now != 0;
  return session.ask_whether_in_transaction();
}

bool Transaction::stands(Session* session) {
  if (!set_free(session)) return false;
  if (session->awaits_begin()) return true;
  if (!is_ours(*session)) return false;
  note_descriptor(*session);
  if (!suspect_) return true;
  bool there = false;
  try {
    there = goes_on(*session).value_or(false);
  } catch (const Error& error) {
    if (error.is_interruption() || session->alive()) throw;
  }
  suspect_ = !there;
  return there;
}

Transaction::Finding Transaction::look(Session* session) {
  if (state_ == State::lost) return Finding::lost;
  if (stands(session)) return Finding::stands;
  const bool begun = session == nullptr || !session->awaits_begin();
  if (begun && (whole_ || state_ == State::writing)) {
    state_ = State::lost;
    return Finding::lost;
  }
  finish();
  return begun ? Finding::begins_anew : Finding::never_begun;
}

void Transaction::open_again(Session& session, const std::optional<Locking>& locking) {
  session.open({opening_.settings, opening_.level, session.awaits_begin(), locking});
  opening_.locking = locking;
  unclean_ = false;
}

void Transaction::clean(Session& session) {
  if (unclean_ && session.resets()) open_again(session, opening_.locking);
}

void Transaction::take_locks(Session& session, const Locking& locking) {
  if (opening_.locking != locking) open_again(session, locking);
}

void Transaction::write(Session& session, int nesting, Writer writer) {
  session.settle();
  note_descriptor(session);
  for (int level = savepoints_ + 1; level <= nesting; ++level) session.save_transaction(savepoint(level));
  savepoints_ = nesting;
  state_ = State::writing;
  touched_ = true;
  if (writer == Writer::others) unclean_ = suspect_ = true;
}

bool Transaction::commit(Session* session) {
  if (state_ != State::writing || !stands(session)) return false;
  // A BEGIN TRANSACTION of a statement nests: only the outermost COMMIT commits.
  for (int nested = 0; nested < most_nested; ++nested) {
    session->commit_transaction();
    const std::optional<bool> more = goes_on(*session);
    if (!more.value_or(false) || !is_ours(*session)) return more == false;
  }
  return false;
}

bool Transaction::roll_back(Session* session) {
  if (state_ == State::idle) return true;
  if (!set_free(session)) return false;
  if (!touched_) {
    session->leave_transaction();
    return true;
  }
  session->roll_back_transaction();
  return !goes_on(*session).value_or(true);
}

void Transaction::roll_back_to(Session* session, int level) {
  if (state_ == State::idle) return;
  suspect_ = true;
  if (!wrote_inside(level)) return;
  savepoints_ = level - 1;
  if (state_ == State::lost) return;
  state_ = State::lost;
  if (!set_free(session) || !is_ours(*session)) return;
  session->roll_back_to(savepoint(level));
  if (goes_on(*session).value_or(false)) state_ = State::writing;
}

// SQL Server has no RELEASE: what the savepoint would undo now belongs to the level above, whose
// own savepoint is older.
void Transaction::release(int level) noexcept { savepoints_ = std::min(savepoints_, level - 1); }

}  // namespace mssql::source
