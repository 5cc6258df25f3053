// Background workers that work for the statement of a session, their leader: each does one request
// after the other, in transactions of its own, and says what it has to say to the leader, as
// PostgreSQL's parallel workers do. They end with the leader's transaction.
//
// They are of the leader's lock group: its locks do not keep them waiting, nor sessions that wait
// for the leader's, and a deadlock between a member and others is seen. So a member must not touch
// what the leader or another member is changing: nothing else would keep them apart. And it must
// not have parallel workers of its own, for a lock group has one leader: its queries are planned
// without, and its index builds find that they may have none, whatever is set.
#pragma once

#include "worker.hpp"

namespace mssql::pg {

struct Team;

// As many members as are `wanted`, or as there is room for; null: for none. One team a
// transaction, until its end, or the abort of the part of it that this is called in.
Team* start_team(const WorkerTask& task, int wanted);
// The team of this transaction; null: it has none.
Team* present_team();
int size_of(const Team* team);

bool is_idle(const Team* team, int member);
// Of an idle one.
void ask(Team* team, int member, const char* request, Size size);

// What a member has answered, in memory that the next call reuses.
struct TeamAnswer {
  int member;
  bool done;  // it is idle now; else a part of its answer
  const char* bytes;
  Size size;
};
// Waits for it. Notices of members are said here, and an error of one is raised.
TeamAnswer next_answer(Team* team);

// How the leader's transaction has ended, for its members. Errors are noted on their way out of the
// leader's call: see tell_error() of boundary.hpp.
void note_error(Team* team, const ErrorData& error);
// What the work is known by, to the one who cleans up.
void note_number(Team* team, std::int64_t number);
struct TeamEnd {
  bool cleans_up;  // it has not been committed, and no other member is the one who cleans up
  std::int64_t number;
  int sqlstate;  // 0: no error has been noted
  const char* error;
  const char* detail;
  const char* hint;
  const char* context;
};

// A member's side. Connects as the leader, with his settings; the message.
const char* join_team(Datum argument);
// Gives each request to `handle`, until the leader's transaction has ended.
TeamEnd serve_team(void (*handle)(const char* request, Size size));
// Within handle(): a part of the answer.
void answer_part(const char* bytes, Size size);
void note_own_number(std::int64_t number);  // as note_number(), before the leader knows it
int leader_pid();
// Behind serve_team(): until all other members have gone, whatever is cancelled.
void wait_for_others();

}  // namespace mssql::pg
