// tds_server: the SQL Server stand-in of the tests, the demo and the benchmarks. Runs in the
// foreground until SIGTERM.
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "wire/listener.hpp"
#include "wire/options.hpp"

namespace {

// Blocked in every thread, read by the accept loop alone.
int stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

// Renamed into place, so that who waits for the file never reads half of it.
void write_port(const std::string& file, int port) {
  if (file.empty()) return;
  const std::string half = file + ".new";
  std::ofstream(half) << port << '\n';
  if (std::rename(half.c_str(), file.c_str()) != 0) throw std::runtime_error("cannot write " + file);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int signals = stop_signals();
    tds_server::Server server(tds_server::parse_options(argc, argv));
    tds_server::Listener listener(server);
    write_port(server.options.port_file, listener.port());
    std::fprintf(stderr, "tds_server: listening on %s:%d\n", server.options.listen.c_str(), listener.port());
    listener.run(signals);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tds_server: %s\n%s", error.what(), tds_server::usage);
    return 1;
  }
}
