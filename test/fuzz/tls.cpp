// A server's part of a TLS handshake, in PRELOGIN packets or bare, and what it says under TLS.
#include "../unit/core/tds/native/scripted_server.hpp"
#include "core/tds/native/channel.hpp"
#include "fuzz.hpp"
#include "steady_random.hpp"
#include "tls_options.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mssql;
  using tds::native::Channel;
  fuzz::SteadyRandom random;
  fuzz::Input input(data, size);
  static constexpr std::size_t pieces[] = {1 << 20, 1, 7, 300};
  const std::uint8_t way = input.byte();
  const std::size_t piece = std::max(input.choose(pieces), size / 64);
  tds::scripted::Server server({std::string(input.rest())}, piece);
  fuzz::succeeds([&] {
    Channel channel(server.stream(), tds::scripted::Server::environment(), "the fuzzer");
    channel.start_tls(fuzz::tls_options(way),
                      (way & fuzz::bare) != 0 ? Channel::Wrapping::none : Channel::Wrapping::prelogin);
    static constexpr std::uint8_t request[] = "request";
    channel.write(request);
    std::uint8_t plain[256];
    for (;;) channel.read(plain, sizeof(plain));
  });
  return 0;
}
