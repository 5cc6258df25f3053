// Session::guarded(): one statement's work, undone alone when it fails.
#pragma once

#include "session.hpp"

namespace tds_server::engine {

template <typename Body>
void Session::guarded(Body body, bool atomic) {
  if (trancount_ == 0 && !atomic) {
    body();
    return;
  }
  const bool own = trancount_ == 0;
  backend_->run(own ? "BEGIN" : "SAVEPOINT tds_statement");
  try {
    body();
    backend_->run(own ? "COMMIT" : "RELEASE SAVEPOINT tds_statement");
  } catch (...) {
    if (backend_->alive()) {
      backend_->absorb_cancel();
      backend_->run(own ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT tds_statement; RELEASE SAVEPOINT tds_statement");
      catalog_->invalidate();
    }
    throw;
  }
}

}  // namespace tds_server::engine
