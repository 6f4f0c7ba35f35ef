//! What a server has that has just joined, in words.

use sso_core::UnixTime;
use sso_core::cert::{self, Coverage, Validity};
use sso_core::config::SharedConfig;
use url::Url;

use super::Arrived;
use crate::cli::Context;
use crate::failure::Failure;

/// What is left to be done.
pub(super) fn next(context: &Context) -> String {
    format!(
        "\nNext:\n  sso-connect serve --data-dir {}\n",
        context.root.display()
    )
}

/// The configuration that is in force here from now on.
pub(super) fn configuration(context: &Context, arrived: &Arrived) -> Result<String, Failure> {
    if arrived.revision == 0 {
        return Ok("The domain has no configuration yet: sso-connect config edit\n".into());
    }
    let number = arrived.revision;
    let keys = context.token_keys()?;
    Ok(match arrived.fields.check_with_keys(context.now(), &keys) {
        Ok(config) => format!(
            "Configuration: revision {number}, {}.\n{}",
            config.service().base_url(),
            certificate(context, &config)
        ),
        Err(problems) => {
            format!("Configuration: revision {number} cannot be used by this server: {problems}\n")
        }
    })
}

/// Whether the certificate that the servers share fits, and how long.
fn certificate(context: &Context, config: &SharedConfig) -> String {
    let Some(certificate) = config.tls().and_then(|tls| tls.chain().first()) else {
        return "Certificate: the domain shares none. This server makes a self-signed one in \
                keys/tls.pem;\n  replace it, or share one: sso-connect config set tls.certificate \
                --file FILE\n"
            .into();
    };
    let url = Url::parse(config.service().base_url()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let until = Validity::of(certificate).map(|validity| validity.until);
    match (cert::covers(certificate, host), until) {
        (Ok(Coverage::Covered), Ok(until)) => covered(context, host, until),
        (Ok(Coverage::NotCovered { names }), _) => format!(
            "Certificate: it is for {}, not for {host}: sso-connect config set tls.certificate \
             --file FILE\n",
            names.join(", ")
        ),
        _ => "Certificate: it cannot be read.\n".into(),
    }
}

fn covered(context: &Context, host: &str, until: UnixTime) -> String {
    let shown = context.zone.show(until);
    match until < context.now() {
        true => format!("Certificate: covers {host}, but has ended on {shown}.\n"),
        false => format!("Certificate: covers {host} until {shown}.\n"),
    }
}
