// Integrated logins: the tokens by which GSSAPI (RFC 2743) proves to the server who logs in, and to
// us who the server is. They travel in LOGIN7 and in SSPI messages (MS-TDS 2.2.6.8, 2.2.7.22);
// those of Kerberos are wrapped in SPNEGO (RFC 4178).
//
// GSSAPI's calls block: for the KDC, and for the resolver. Neither our timeouts nor an interruption
// reach them; krb5.conf bounds them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/tds/session.hpp"

namespace mssql::tds::native {

class SecurityContext {
 public:
  virtual ~SecurityContext() = default;
  // The answer to the server's token, which is empty before the first one; empty: there is no more
  // to say. Throws Error 28000.
  virtual std::string step(std::string_view token) = 0;
  // No token is expected any more.
  virtual bool complete() const noexcept = 0;
  // At the end of the login: throws Error 28000 unless the server has proven who it is, as far as
  // the mechanism can tell.
  virtual void verify() const = 0;
};

// Whether the login goes by a security context: a Windows account (DOMAIN\user), or the program's
// own Kerberos credentials.
bool is_integrated(const Login& login) noexcept;

// For an integrated login at `port` of login.host. A Windows account goes by NTLM, all else by
// Kerberos. Throws Error 28000 when GSSAPI has no such mechanism or no credentials.
std::unique_ptr<SecurityContext> make_security_context(const Login& login, int port);

}  // namespace mssql::tds::native
