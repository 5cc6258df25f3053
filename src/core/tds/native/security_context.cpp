// Security contexts by GSSAPI; security_context.hpp states the contracts. MIT's library, which is
// what Debian and RHEL have.
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <utility>

#include "core/error.hpp"
#include "security_context.hpp"

namespace mssql::tds::native {

namespace {

gss_OID_desc oid(std::string_view der) { return {static_cast<OM_uint32>(der.size()), const_cast<char*>(der.data())}; }

gss_OID_desc spnego = oid("\x2b\x06\x01\x05\x05\x02");                // 1.3.6.1.5.5.2
gss_OID_desc kerberos = oid("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");  // 1.2.840.113554.1.2.2
gss_OID_desc ntlm = oid("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a");  // 1.3.6.1.4.1.311.2.2.10

constexpr int most_status_texts = 8;

template <class Handle, OM_uint32 (*release)(OM_uint32*, Handle*)>
class Owned {
 public:
  Owned() = default;
  ~Owned() {
    OM_uint32 minor = 0;
    release(&minor, &handle_);
  }
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
  Owned& operator=(Owned&&) = delete;

  Handle get() const noexcept { return handle_; }
  Handle* out() noexcept { return &handle_; }

 private:
  Handle handle_{};
};

OM_uint32 delete_context(OM_uint32* minor, gss_ctx_id_t* context) {
  return *context == GSS_C_NO_CONTEXT ? GSS_S_COMPLETE : gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using Name = Owned<gss_name_t, gss_release_name>;
using Credential = Owned<gss_cred_id_t, gss_release_cred>;
using Context = Owned<gss_ctx_id_t, delete_context>;
using Buffer = Owned<gss_buffer_desc, gss_release_buffer>;

std::string_view text_of(const gss_buffer_desc& buffer) {
  return {static_cast<const char*>(buffer.value), buffer.length};
}

gss_buffer_desc borrowed(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

// What a status code means; a code may have several texts.
std::string status_text(OM_uint32 code, int type, gss_OID mechanism) {
  std::string out;
  OM_uint32 more = 0;
  for (int i = 0; i < most_status_texts; ++i) {
    OM_uint32 minor = 0;
    Buffer text;
    if (GSS_ERROR(gss_display_status(&minor, code, type, mechanism, &more, text.out()))) break;
    if (!out.empty()) out += "; ";
    out += text_of(text.get());
    if (more == 0) break;
  }
  return out;
}

// GSSAPI's words: the mechanism's, and those for the call as such unless they only say that it
// failed.
std::string reason(OM_uint32 major, OM_uint32 minor, gss_OID mechanism) {
  std::string words = minor == 0 ? std::string() : status_text(minor, GSS_C_MECH_CODE, mechanism);
  if (!words.empty() && GSS_ROUTINE_ERROR(major) == GSS_S_FAILURE) return "GSSAPI reports: " + words + ".";
  const std::string general = status_text(major, GSS_C_GSS_CODE, GSS_C_NO_OID);
  return "GSSAPI reports: " + (words.empty() ? general : words + " (" + general + ")") + ".";
}

class GssContext final : public SecurityContext {
 public:
  explicit GssContext(gss_OID mechanism) : mechanism_(mechanism) {}

  void aim_at_host(const std::string& host, int port);
  void aim_at_principal(const std::string& principal);
  void use_own_credentials();
  void use_account(const std::string& username, const std::string& password);

  std::string step(std::string_view token) override;
  bool complete() const noexcept override { return complete_; }
  void verify() const override;

 private:
  bool is_kerberos() const noexcept { return mechanism_ == &kerberos; }
  void import(const std::string& text, gss_OID type);
  [[noreturn]] void fail(OM_uint32 major, OM_uint32 minor) const;
  std::string hint(OM_uint32 major) const;

  gss_OID mechanism_;
  std::string service_;
  std::string cache_;      // of our own tickets
  OM_uint32 lifetime_{0};  // of our credentials, in seconds
  Name target_;
  Credential credential_;
  Context context_;
  bool complete_{false};
  OM_uint32 flags_{0};
};

void GssContext::import(const std::string& text, gss_OID type) {
  service_ = text;
  OM_uint32 minor = 0;
  gss_buffer_desc buffer = borrowed(text);
  const OM_uint32 major = gss_import_name(&minor, &buffer, type, target_.out());
  if (GSS_ERROR(major)) fail(major, minor);
}

// The library makes the principal of it, MSSQLSvc/<canonical name of the host>:<port>@<realm of the
// host>, as krb5.conf says (dns_canonicalize_hostname, rdns, domain_realm).
void GssContext::aim_at_host(const std::string& host, int port) {
  import("MSSQLSvc@" + host + (is_kerberos() ? ":" + std::to_string(port) : ""), GSS_C_NT_HOSTBASED_SERVICE);
  if (!is_kerberos()) return;
  OM_uint32 minor = 0;
  Name principal;
  Buffer text;
  if (GSS_ERROR(gss_canonicalize_name(&minor, target_.get(), mechanism_, principal.out()))) return;
  if (GSS_ERROR(gss_display_name(&minor, principal.get(), text.out(), nullptr))) return;
  service_ = text_of(text.get());
  if (service_.ends_with('@')) service_.pop_back();  // the KDC is to say the realm
}

void GssContext::aim_at_principal(const std::string& principal) {
  import(principal, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME));
}

void GssContext::use_own_credentials() {
  OM_uint32 minor = 0;
  const char* cache = nullptr;
  OM_uint32 major = gss_krb5_ccache_name(&minor, nullptr, &cache);
  if (GSS_ERROR(major) || cache == nullptr) fail(major, minor);
  // The default cache is named: when MIT's library looks for it by itself, one that is empty or
  // damaged makes it free what it has not allocated (krb5_cccol_have_content in 1.20).
  gss_key_value_element_desc default_cache{"ccache", cache};
  const gss_key_value_set_desc store{1, &default_cache};
  cache_ = cache;
  const auto acquire = [&](gss_OID mechanism, Credential& credential) {
    gss_OID_set_desc mechanisms{1, mechanism};
    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE, &store,
                                  credential.out(), nullptr, &lifetime_);
    if (GSS_ERROR(major)) fail(major, minor);
  };
  Credential probe;
  acquire(mechanism_, probe);  // SPNEGO would only say that it found no mechanism
  acquire(&spnego, credential_);
  // Not what else it may find, which could be somebody else's credentials
  gss_OID_set_desc mechanisms{1, mechanism_};
  major = gss_set_neg_mechs(&minor, credential_.get(), &mechanisms);
  if (GSS_ERROR(major)) fail(major, minor);
}

// Without SPNEGO, which would try the account with Kerberos, too, at a KDC. SQL Server takes NTLM's
// tokens as they are.
void GssContext::use_account(const std::string& username, const std::string& password) {
  OM_uint32 minor = 0;
  Name name;
  gss_buffer_desc account = borrowed(username);
  gss_buffer_desc secret = borrowed(password);
  OM_uint32 major = gss_import_name(&minor, &account, GSS_C_NT_USER_NAME, name.out());
  if (GSS_ERROR(major)) fail(major, minor);
  gss_OID_set_desc mechanisms{1, mechanism_};
  major = gss_acquire_cred_with_password(&minor, name.get(), &secret, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE,
                                         credential_.out(), nullptr, nullptr);
  if (GSS_ERROR(major)) fail(major, minor);
}

std::string GssContext::step(std::string_view token) {
  constexpr OM_uint32 wanted = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG;
  gss_buffer_desc input = borrowed(token);
  OM_uint32 minor = 0;
  Buffer output;
  const OM_uint32 major =
      gss_init_sec_context(&minor, credential_.get(), context_.out(), target_.get(),
                           is_kerberos() ? &spnego : mechanism_, wanted, GSS_C_INDEFINITE, GSS_C_NO_CHANNEL_BINDINGS,
                           token.empty() ? GSS_C_NO_BUFFER : &input, nullptr, output.out(), &flags_, nullptr);
  if (GSS_ERROR(major)) fail(major, minor);
  complete_ = major == GSS_S_COMPLETE;
  return std::string(text_of(output.get()));
}

void GssContext::verify() const {
  if (!is_kerberos() || (complete_ && (flags_ & GSS_C_MUTUAL_FLAG) != 0)) return;
  throw Error(sqlstate::invalid_authorization, "the server accepted the login and did not prove who it is",
              "The ticket was for \"" + service_ + "\", and its holder owes an answer.");
}

void GssContext::fail(OM_uint32 major, OM_uint32 minor) const {
  std::string detail = reason(major, minor, mechanism_);
  if (is_kerberos() && !service_.empty()) detail += " The service is \"" + service_ + "\".";
  if (!cache_.empty() && lifetime_ == 0) detail += " The ticket cache is \"" + cache_ + "\".";
  throw Error(sqlstate::invalid_authorization,
              is_kerberos() ? "could not log in with Kerberos" : "could not log in with a Windows account",
              std::move(detail), hint(major));
}

std::string GssContext::hint(OM_uint32 major) const {
  if (!is_kerberos() && GSS_ROUTINE_ERROR(major) == GSS_S_BAD_MECH)
    return "NTLM takes a plug-in of GSSAPI on the database server, the package gss-ntlmssp.";
  if (!is_kerberos()) return {};
  if (!cache_.empty() && lifetime_ == 0)
    return "Without a username the login takes the database server's own ticket: give its process a client keytab "
           "(KRB5_CLIENT_KTNAME), or a ticket cache (KRB5CCNAME) that kinit keeps filled.";
  return "Does the KDC know the service by that name? See the server option \"server_spn\", and krb5.conf on the "
         "database server.";
}

}  // namespace

bool is_integrated(const Login& login) noexcept {
  if (!login.access_token.empty()) return false;
  return login.username.empty() || login.username.find('\\') != std::string::npos;
}

std::unique_ptr<SecurityContext> make_security_context(const Login& login, int port) {
  const bool own = login.username.empty();
  if (!own && login.password.empty())
    throw Error(sqlstate::invalid_authorization, "a Windows account needs a password",
                "The option \"username\" has a backslash in it, as no SQL login has.");
  auto context = std::make_unique<GssContext>(own ? &kerberos : &ntlm);
  if (own && !login.server_spn.empty())
    context->aim_at_principal(login.server_spn);
  else
    context->aim_at_host(login.host, port);
  if (own)
    context->use_own_credentials();
  else
    context->use_account(login.username, login.password);
  return context;
}

}  // namespace mssql::tds::native
