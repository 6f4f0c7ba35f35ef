//! What a certificate is, and what changes with it, before it is used.

use sso_core::UnixTime;
use sso_core::cert::{Chain, Description, Finding, Purpose, Severity};

use crate::cli::Context;
use crate::failure::Failure;

/// The certificate at the head of `chain`, and what differs from the one in use.
pub(super) fn text(
    context: &Context,
    purpose: Purpose,
    chain: &Chain,
    before: Option<&Chain>,
) -> Result<String, Failure> {
    let mut text = format!("New certificate for {purpose}:\n{}", block(context, chain)?);
    let before = before.map(description).transpose()?.flatten();
    let after = description(chain)?;
    text += &match (before, after) {
        (Some(before), Some(after)) if before == after => {
            "It is the one in use already.\n".to_owned()
        }
        (Some(before), Some(after)) => format!(
            "In place of the one in use:\n{}",
            differences(context, &before, &after)
        ),
        _ => "There is none in use so far.\n".to_owned(),
    };
    Ok(text)
}

/// A chain, one fact a line.
pub(super) fn block(context: &Context, chain: &Chain) -> Result<String, Failure> {
    let Some(description) = description(chain)? else {
        return Ok(String::new());
    };
    let mut lines = rows(context, &description);
    for authority in chain.certificates.iter().skip(1) {
        let authority = Description::of(authority).map_err(unreadable)?;
        let until = context.zone.show(authority.validity.until);
        lines.push(("behind it", format!("{}, until {until}", authority.subject)));
    }
    if let Some(root) = &chain.root {
        let root = Description::of(root).map_err(unreadable)?;
        lines.push((
            "left out",
            format!("{}, the root: clients have it", root.subject),
        ));
    }
    for unused in &chain.unused {
        let unused = Description::of(unused).map_err(unreadable)?;
        lines.push(("left out", format!("{}, not of its chain", unused.subject)));
    }
    Ok(lines
        .iter()
        .map(|(name, value)| format!("  {name:<10} {value}\n"))
        .collect())
}

/// Warnings, one a line.
pub(super) fn warnings(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| {
            let word = match finding.severity {
                Severity::Warning => "Warning",
                Severity::Refusal => "Not fit",
            };
            format!("{word}: {}.\n", finding.objection)
        })
        .collect()
}

/// A key has one use: who loses one should not lose all.
pub(super) fn shared_keys(
    purpose: Purpose,
    chain: &Chain,
    others: &[(Purpose, Chain)],
) -> Result<String, Failure> {
    let own = chain.certificates.first().map(sso_core::cert::public_key);
    let own = own.transpose().map_err(unreadable)?;
    let mut text = String::new();
    for (other, chain) in others {
        let key = chain.certificates.first().map(sso_core::cert::public_key);
        if key.transpose().map_err(unreadable)? == own {
            text += &format!(
                "Warning: this is the key for {other} as well; make one for {purpose} alone.\n"
            );
        }
    }
    Ok(text)
}

fn rows(context: &Context, of: &Description) -> Vec<(&'static str, String)> {
    let exactly = |moment: UnixTime| context.zone.show_exactly(moment);
    let issuer = match of.is_self_issued {
        true => "itself".to_owned(),
        false => of.issuer.clone(),
    };
    let mut rows = vec![
        ("subject", of.subject.clone()),
        ("issuer", issuer),
        ("valid from", exactly(of.validity.from)),
        ("until", exactly(of.validity.until)),
        ("key", of.key.to_string()),
        ("SHA-256", of.sha256.clone()),
    ];
    if !of.names.is_empty() {
        rows.insert(2, ("for", of.names.join(", ")));
    }
    rows
}

/// Only what differs; `-` is before, `+` after.
fn differences(context: &Context, before: &Description, after: &Description) -> String {
    let rows_before = rows(context, before);
    let rows_after = rows(context, after);
    let gone = rows_before.iter().filter(|row| !rows_after.contains(row));
    let new = rows_after.iter().filter(|row| !rows_before.contains(row));
    let mut lines: Vec<_> = gone
        .map(|row| ('-', row))
        .chain(new.map(|row| ('+', row)))
        .collect();
    lines.sort_by_key(|(_, (name, _))| rows_after.iter().position(|(it, _)| it == name));
    lines
        .iter()
        .map(|(sign, (name, value))| format!("  {sign} {name:<10} {value}\n"))
        .collect()
}

fn description(chain: &Chain) -> Result<Option<Description>, Failure> {
    let first = chain.certificates.first();
    first.map(Description::of).transpose().map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn unreadable(error: sso_core::cert::CertificateError) -> Failure {
    Failure::because(error.to_string())
}
