#include "security.hpp"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

namespace tds_server {

namespace {

std::string take(gss_buffer_t buffer) {
  std::string text(static_cast<const char*>(buffer->value), buffer->length);
  OM_uint32 minor = 0;
  gss_release_buffer(&minor, buffer);
  return text;
}

std::string status_text(OM_uint32 code, int type) {
  OM_uint32 minor = 0, more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  if (GSS_ERROR(gss_display_status(&minor, code, type, GSS_C_NO_OID, &more, &text))) return "?";
  return take(&text);
}

// alice@EXAMPLE.ORG becomes EXAMPLE\alice; EXAMPLE\alice stays.
std::string windows_name(const std::string& name) {
  const std::size_t at = name.rfind('@');
  if (at == std::string::npos) return name;
  const std::string realm = name.substr(at + 1);
  return realm.substr(0, realm.find('.')) + "\\" + name.substr(0, at);
}

}  // namespace

struct SecurityAcceptor::State {
  gss_ctx_id_t context{GSS_C_NO_CONTEXT};
  bool complete{false};
  std::string account;
  std::string fault;
  AuthScheme scheme{AuthScheme::kerberos};
};

SecurityAcceptor::SecurityAcceptor() : state_(std::make_unique<State>()) {}

SecurityAcceptor::~SecurityAcceptor() {
  OM_uint32 minor = 0;
  if (state_->context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &state_->context, GSS_C_NO_BUFFER);
}

std::optional<std::string> SecurityAcceptor::step(const std::string& token) {
  gss_buffer_desc input{token.size(), const_cast<char*>(token.data())};
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  gss_name_t client = GSS_C_NO_NAME;
  gss_OID mechanism = GSS_C_NO_OID;
  OM_uint32 minor = 0, ignored = 0;
  const OM_uint32 major =
      gss_accept_sec_context(&minor, &state_->context, GSS_C_NO_CREDENTIAL, &input, GSS_C_NO_CHANNEL_BINDINGS, &client,
                             &mechanism, &output, nullptr, nullptr, nullptr);
  std::string reply = take(&output);
  if (GSS_ERROR(major)) {
    state_->fault = status_text(major, GSS_C_GSS_CODE) + ": " + status_text(minor, GSS_C_MECH_CODE);
    return std::nullopt;
  }
  if (major == GSS_S_COMPLETE) {
    gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
    gss_display_name(&ignored, client, &name, nullptr);
    std::string text = take(&name);
    text.erase(text.find_last_not_of('\0') + 1);  // gss-ntlmssp counts the byte that ends its C string
    state_->account = windows_name(text);
    state_->scheme =
        gss_oid_equal(mechanism, const_cast<gss_OID>(gss_mech_krb5)) ? AuthScheme::kerberos : AuthScheme::ntlm;
    state_->complete = true;
  }
  gss_release_name(&ignored, &client);
  return reply;
}

bool SecurityAcceptor::complete() const { return state_->complete; }
const std::string& SecurityAcceptor::fault() const { return state_->fault; }
const std::string& SecurityAcceptor::account() const { return state_->account; }
AuthScheme SecurityAcceptor::scheme() const { return state_->scheme; }

}  // namespace tds_server
