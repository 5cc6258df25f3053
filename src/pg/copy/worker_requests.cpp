#include "worker_requests.hpp"

namespace mssql::pg {

namespace {

// Waits until it has done.
template <class Value>
Value answer_of_keeper(Team* team) {
  Value value{};
  for (;;) {
    const TeamAnswer answer = next_answer(team);
    if (answer.done) return value;
    std::memcpy(&value, answer.bytes, sizeof(value));
  }
}

}  // namespace

void ask_for(Team* team, int member, const Request& request, const void* work, const void* rest) {
  const Size size = request.array_at() + request.size;
  auto* message = static_cast<char*>(palloc0(size));
  std::memcpy(message, &request, sizeof(request));
  if (request.work_size > 0) std::memcpy(message + Request::work_at(), work, request.work_size);
  if (request.size > 0) std::memcpy(message + request.array_at(), rest, request.size);
  ask(team, member, message, size);
  pfree(message);
}

std::int64_t ask_to_begin(Team* team, const char* arguments) {
  Request request{};
  request.size = std::strlen(arguments) + 1;
  ask_for(team, keeper, request, nullptr, arguments);
  return answer_of_keeper<std::int64_t>(team);
}

void ask_to_take_up(Team* team, std::int64_t run) {
  Request request{};
  request.run = run;
  ask_for(team, keeper, request, nullptr, nullptr);
  (void)answer_of_keeper<bool>(team);
}

TakeoverAnswer ask_to_take_over(Team* team, std::int64_t run, std::int64_t loaded_by, Datum work) {
  const void* bytes = DatumGetPointer(work);
  Request request{};
  request.run = run;
  request.loaded_by = loaded_by;
  request.work_size = VARSIZE_ANY(bytes);
  ask_for(team, keeper, request, bytes, nullptr);
  return answer_of_keeper<TakeoverAnswer>(team);
}

}  // namespace mssql::pg
