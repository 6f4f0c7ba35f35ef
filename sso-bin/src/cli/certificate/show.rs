//! Showing what is in use, and what waits.

use sso_core::cert::{Purpose, When, judge};
use sso_core::config::SharedConfigDocument;
use sso_core::config::document::KeyPairDocument;

use super::{chain_of, hosts, preview, roots};
use crate::args::{CertificateShowArgs, CertificateUse};
use crate::cli::Context;
use crate::cli::config::begin::own_copy;
use crate::failure::Failure;
use crate::settings::{self, SettingsError};

pub(super) async fn show(context: &Context, args: &CertificateShowArgs) -> Result<(), Failure> {
    let document = document(context).await?;
    let all = [
        CertificateUse::Tls,
        CertificateUse::SamlSigning,
        CertificateUse::SamlDecryption,
    ];
    let mut text = String::new();
    for purpose in all {
        if args.purpose.is_none_or(|wanted| wanted == purpose) {
            text += &section(context, &document, purpose)?;
        }
    }
    context.print(&text)
}

/// Of a server of a domain its own copy says it: nobody has to sign in.
async fn document(context: &Context) -> Result<SharedConfigDocument, Failure> {
    if context.membership()?.is_none() {
        return Ok(settings::read_with_keys(&context.dir()?)?);
    }
    match own_copy(context).await? {
        Some((_, fields)) => Ok(fields.document().map_err(SettingsError::of_shared)?),
        None => Err(Failure::refused(
            "this server has no copy of the configuration yet",
            "sso-connect serve",
        )),
    }
}

fn section(
    context: &Context,
    document: &SharedConfigDocument,
    purpose: CertificateUse,
) -> Result<String, Failure> {
    let of = purpose.purpose();
    let mut text = match document.key_in_use(of) {
        Some(pair) => format!(
            "{of}, in use:\n{}",
            shown(context, document, of, When::Now, pair)?
        ),
        None => format!("{of}: none shared here\n"),
    };
    if of == Purpose::Tls && document.acme.is_some() {
        text +=
            "An authority issues what is in use by itself: sso-connect certificate acme status\n";
    }
    if let Some(pair) = document.next_key(of) {
        text += &format!(
            "{of}, next:\n{}",
            shown(context, document, of, When::Later, pair)?
        );
    }
    if of == Purpose::SamlDecryption {
        for pair in document.keys.decryption.iter().skip(1) {
            text += &format!(
                "{of}, before:\n{}",
                preview::block(context, &chain_of(pair)?)?
            );
        }
    }
    Ok(text)
}

fn shown(
    context: &Context,
    document: &SharedConfigDocument,
    purpose: Purpose,
    when: When,
    pair: &KeyPairDocument,
) -> Result<String, Failure> {
    let chain = roots::without_known_root(&chain_of(pair)?);
    let hosts = hosts(document);
    let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
    let findings = judge(&chain, purpose, &hosts, when, context.now());
    let findings = findings.map_err(|error| Failure::because(error.to_string()))?;
    Ok(preview::block(context, &chain)? + &preview::warnings(&findings))
}
