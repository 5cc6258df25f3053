// Background workers that work for the statement of a session, their leader: each does one request
// after the other, in transactions of its own, and says what it has to say to the leader, as
// PostgreSQL's parallel workers do. They end with the leader's transaction.
//
// Members are of the leader's lock group: its locks do not keep them waiting, nor sessions that
// wait for the leader's, and a deadlock between a member and others is seen. So nothing keeps a
// member and the leader, or two members, apart: one must not touch what another one is changing,
// nor must code of the user's run in it, which could. And it must not have parallel workers of its
// own, for a lock group has one leader: its queries are planned without, and its index builds find
// that they may have none, whatever is set.
//
// One more is the team's keeper, which is not of the group: its locks are as anybody's. It does
// what goes beyond the leader's transaction: what is to be known before that ends, and what is to
// be cleaned up when that has failed.
#pragma once

#include <atomic>

#include "worker.hpp"

namespace mssql::pg {

struct Team;

inline constexpr int keeper = -1;  // its number; members' count from 0

// As many members as are `wanted`, or as there is room for, and the keeper; null: for none. One
// team a transaction, until its end, or the abort of the part of it that this is called in.
// `keepers_name`: in pg_stat_activity.backend_type, instead of the task's.
Team* start_team(const WorkerTask& task, const char* keepers_name, int wanted);
// The team of this transaction; null: it has none.
Team* present_team();
int size_of(const Team* team);  // members

bool is_idle(const Team* team, int member);
// Of an idle one; waits until it has come.
void ask(Team* team, int member, const char* request, Size size);

// What a member has answered, in memory that the next call reuses.
struct TeamAnswer {
  int member;
  bool done;  // it is idle now; else a part of its answer
  const char* bytes;
  Size size;
};
// Waits for it, and calls `tell` meanwhile, at least once a second. Notices of members are said
// here, and an error of one is raised.
TeamAnswer next_answer(Team* team, void (*tell)(void*) = nullptr, void* argument = nullptr);

// How the leader's transaction has ended, for its members. Errors are noted on their way out of the
// leader's call: see tell_error() of boundary.hpp.
void note_error(Team* team, const ErrorData& error);
// What the work is known by, to the one who cleans up.
void note_number(Team* team, std::int64_t number);
struct TeamEnd {
  bool cleans_up;  // this is the keeper of a work that has a number
  bool committed;
  std::int64_t number;
  int sqlstate;  // 0: no error has been noted
  const char* error;
  const char* detail;
  const char* hint;
  const char* context;
};

// A member's side, or the keeper's. Connects as the leader, with his settings; the message.
const char* join_team(Datum argument);
bool is_keeper();
// Gives each request to `handle`, until the leader's transaction has ended.
TeamEnd serve_team(void (*handle)(const char* request, Size size));
// Within handle(): a part of the answer.
void answer_part(const char* bytes, Size size);
// Within handle(): waits so long, or until the leader has gone or a cancel has come, which is met
// behind. False: the leader has gone.
bool pause(double seconds);
void note_own_number(std::int64_t number);  // as note_number(), before the leader knows it
// A number of the work's own that all members and the keeper share; 0 when they begin.
std::atomic<std::int64_t>* shared_number();
int leader_pid();
// Behind serve_team(): until all other members have gone, whatever is cancelled.
void wait_for_others();

}  // namespace mssql::pg
