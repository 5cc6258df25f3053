// Where C++ meets PostgreSQL. An ereport is a longjmp that skips destructors, and an exception that
// leaves extern "C" aborts the cluster, so the rules are (docs/architecture.md, "The boundary"):
//   - every function that PostgreSQL calls is one fence(); nothing else catches;
//   - a frame that calls the backend holds only trivially destructible locals; a frame with RAII
//     objects calls core only;
//   - a C++ object that outlives a call is own<T>() by a memory context.
#pragma once

#include "core/error.hpp"
#include "postgres.hpp"
#include "surface.hpp"

namespace mssql::pg {

// An exception, copied where no destructor is owed, so that it can be raised after the catch has
// closed.
class Caught {
 public:
  void set(const Error& error) noexcept;
  void set(const std::exception& error) noexcept;
  void set_unknown() noexcept;
  void set_interruption() noexcept;
  void set_out_of_memory() noexcept;
  [[noreturn]] void raise() const;

 private:
  char sqlstate_[6];
  bool interruption_;
  bool transient_ = false;
  std::int32_t server_number_ = 0;
  char message_[2048];
  char detail_[1024];
  char hint_[512];
};

// An interrupt that came where nothing may be raised, and waits for a fence; null: none. In
// TopMemoryContext.
extern ErrorData* kept_error;

// Runs `body`, whose exceptions become PostgreSQL errors. Whatever body returns is returned, unless
// an interrupt was met meanwhile that is to be raised: here, for it must not hit a later statement.
template <class Body>
auto fence(Body&& body) -> decltype(body()) {
  using Result = decltype(body());
  static_assert(std::is_void_v<Result> || std::is_trivially_destructible_v<Result>);
  Caught caught;
  try {
    if constexpr (std::is_void_v<Result>) {
      body();
      if (kept_error == nullptr) return;
    } else {
      Result result = body();
      if (kept_error == nullptr) return result;
    }
    caught.set_interruption();
  } catch (const Error& error) {
    caught.set(error);
  } catch (const std::bad_alloc&) {
    caught.set_out_of_memory();
  } catch (const std::exception& error) {
    caught.set(error);
  } catch (...) {
    caught.set_unknown();
  }
  caught.raise();
}

// The same for functions that SQL of ours calls: which of our SQL functions were at work is no news
// to the user, so that the CONTEXT of an error holds only what `body` itself adds. Whoever catches
// an error puts the stack back.
template <class Body>
auto fence_private(Body&& body) -> decltype(body()) {
  ErrorContextCallback* stack = std::exchange(error_context_stack, nullptr);
  const auto result = fence(std::forward<Body>(body));
  error_context_stack = stack;
  return result;
}

// A fence that lets `describe(argument)` add to the context of what is raised in it: the callback
// still stands when the fence raises what core threw.
template <class Body>
auto fence_with_context(void (*describe)(void*), void* argument, Body&& body) -> decltype(body()) {
  ErrorContextCallback frame;
  frame.callback = describe;
  frame.arg = argument;
  frame.previous = error_context_stack;
  error_context_stack = &frame;
  if constexpr (std::is_void_v<decltype(body())>) {
    fence(body);
    error_context_stack = frame.previous;
  } else {
    const auto result = fence(body);
    error_context_stack = frame.previous;
    return result;
  }
}

// For such a callback: what was done, and the beginning of the remote SQL, in the server's
// encoding; nothing as long as that is null.
void describe_statement(const char* what, const char* sql);

// An object of ours, and the one that its user knows.
struct StandIn {
  const char* name;
  const char* instead;
};

// Runs `body`, which only calls the backend: an error of it names what the user knows.
void say_in_errors(const StandIn* stand_ins, int count, void (*body)(void*), void* argument);

// Runs `body`, which only calls the backend: `note` sees an error of it on its way, and must raise
// none.
void tell_error(void (*body)(void*), void* argument, void (*note)(const ErrorData& error));

// Runs `body`, which only calls the backend, in a subtransaction. False: it ended with an error
// that was `expected`, and nothing that it did has been done; nor has it where any other error goes
// on.
bool in_subtransaction(void (*body)(void*), void* argument, bool (*expected)(const ErrorData& error, void* argument));

// Runs `body` in a transaction of its own, with a snapshot. Null: it is committed; else the error,
// in the current memory context. It has been reported, to the log and the client, unless
// `is_quiet` says that it is not to be.
using IsQuiet = bool (*)(const ErrorData& error);
ErrorData* in_transaction(void (*body)(void*), void* argument, IsQuiet is_quiet = nullptr);

// Whether the last error that was raised for core is_transient().
extern bool raised_transient;
// Its number at SQL Server; 0: it was no error of the server's.
extern std::int32_t raised_server_number;

// How many fence_quiet() we are in: waits leave interrupts pending then.
extern int quiet_fences;

// For callbacks that must not fail (abort, reset of a memory context): whatever is thrown is
// swallowed.
template <class Body>
void fence_quiet(Body&& body) noexcept {
  ++quiet_fences;
  try {
    body();
  } catch (...) {
    // the caller is already cleaning up after an error; there is nobody left to tell
  }
  --quiet_fences;
}

// Makes a C++ object that dies with `context`. May throw what T's constructor throws.
template <class T, class... Args>
T* own(MemoryContext context, Args&&... args) {
  struct Owned {
    MemoryContextCallback callback;
    T* object;
  };
  auto* owned =
      static_cast<Owned*>(MemoryContextAllocExtended(context, sizeof(Owned), MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO));
  if (owned == nullptr) throw std::bad_alloc();
  owned->object = new T(std::forward<Args>(args)...);
  owned->callback.func = [](void* argument) { delete static_cast<Owned*>(argument)->object; };
  owned->callback.arg = owned;
  MemoryContextRegisterResetCallback(context, &owned->callback);
  return owned->object;
}

// A palloc'd, NUL-terminated copy in the current memory context; throws std::bad_alloc instead of
// an ereport.
char* copy_out(std::string_view text);
// The same as a text datum.
text* copy_out_text(std::string_view text);

// Text of the server's encoding in UTF-8. The text itself, or palloc'd.
const char* to_utf8(const char* text);
// An argument of type text, likewise.
inline const char* utf8_argument(FunctionCallInfo fcinfo, int n) {
  return to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(n)));
}
// UTF-8 text in the server's encoding, or null where that lacks a character. The text itself, or
// palloc'd.
const char* representable(const char* utf8);
// UTF-8 text in the server's encoding, for messages: what that encoding lacks becomes a question
// mark, since raising an error must not fail. The text itself, or palloc'd.
const char* displayable(const char* utf8);
// Text of the server's encoding in that of the client: a notice that cannot be converted would be
// an error, and end what it tells of.
bool client_can_read(const char* text);
const char* for_client(const char* text);  // with question marks, where the client cannot read it

// What core polls while it waits: a cancel, a termination, or the postmaster's death.
bool interrupted();
// How core waits: for the socket, the latch, the postmaster's death, or the time. Interrupts are
// processed meanwhile, unless this is inside fence_quiet(); an error that comes of that is kept,
// makes interrupted() true, and is raised by the fence instead of Error::interrupted().
void wait_for_socket(int socket, short events, int milliseconds, uint32 wait_event);
// From now on called behind each such wait in which interrupts are processed, within a transaction;
// null: nothing is. It may raise an error as an interrupt may. FreeTDS waits by itself, and calls
// nothing.
void call_behind_waits(void (*call)(void*), void* argument);
// At the end of a transaction: an error that was kept and has found no fence is over.
void forget_kept_error();

// Turns C text into a view that core may keep for the call.
inline std::string_view view(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

}  // namespace mssql::pg
