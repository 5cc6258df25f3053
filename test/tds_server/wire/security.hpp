// The server's side of an integrated login, by GSSAPI: SPNEGO, Kerberos or NTLM, whichever the
// client's token is. NTLM needs gss-ntlmssp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "../engine.hpp"

namespace tds_server {

class SecurityAcceptor {
 public:
  SecurityAcceptor();
  ~SecurityAcceptor();

  // Our token for the client's, which may be empty once complete(); nothing when the client's is
  // refused, and then fault() says why.
  std::optional<std::string> step(const std::string& token);
  bool complete() const;
  const std::string& fault() const;

  // Once complete: DOMAIN\user as SQL Server spells it (the domain of alice@EXAMPLE.ORG is
  // EXAMPLE), and how it was proven.
  const std::string& account() const;
  AuthScheme scheme() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tds_server
