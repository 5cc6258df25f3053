// Accepts connections and gives each its thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

#include "server.hpp"
#include "session.hpp"

namespace tds_server {

class Listener {
 public:
  // Binds and listens; throws std::runtime_error. The port that was chosen is port().
  explicit Listener(Server& server);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  // Accepts until `stop_fd` becomes readable; then ends all sessions and waits for them.
  void run(int stop_fd);

 private:
  void accept_one();
  void start(int socket);
  void stop_sessions();
  int free_spid() const;

  Server& server_;
  int socket_{-1};
  int port_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::shared_ptr<Session>> sessions_;
};

}  // namespace tds_server
