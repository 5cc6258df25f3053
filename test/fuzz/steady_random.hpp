// Random numbers for OpenSSL that are the same in every run: what a server said to a client once
// can then be said to it again.
#pragma once

#include <openssl/rand.h>

#include <cstdint>

namespace mssql::fuzz {

// While it lives, OpenSSL's numbers begin anew. `server()` switches to the numbers of the other
// side, which do not disturb the client's.
class SteadyRandom {
 public:
  SteadyRandom() {
    state_[0] = 1;
    state_[1] = 2;
    side_ = 0;
    static const RAND_METHOD method = {nullptr, bytes, nullptr, nullptr, bytes, status};
    RAND_set_rand_method(&method);
  }
  ~SteadyRandom() { RAND_set_rand_method(nullptr); }
  static void server(bool yes) { side_ = yes ? 1 : 0; }

 private:
  static int status() { return 1; }
  static int bytes(unsigned char* out, int size) {
    for (int i = 0; i < size; ++i) {
      state_[side_] = state_[side_] * 6364136223846793005u + 1442695040888963407u;
      out[i] = static_cast<unsigned char>(state_[side_] >> 56);
    }
    return 1;
  }
  static inline std::uint64_t state_[2];
  static inline int side_ = 0;
};

}  // namespace mssql::fuzz
