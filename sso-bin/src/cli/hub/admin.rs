//! `sso-connect hub admin`: who may sign in to a domain.

use std::time::Duration;

use serde::Serialize;
use sso_sync::admin::{Invitation, SystemRandomness};
use sso_sync::hub::{Audit as _, AuditEvent};

use super::super::print;
use super::{Office, administrator_name, domain_name, list};
use crate::failure::Failure;
use crate::hub::HubError;
use crate::hub::args::{AdminCommand, ListArgs};
use crate::wiring::now;

pub(super) async fn run(office: &Office, command: &AdminCommand) -> Result<(), Failure> {
    let done = match command {
        AdminCommand::Invite {
            domain,
            email,
            days,
        } => invite(office, domain, email, *days).await,
        AdminCommand::List { domain, list } => show(office, domain, *list).await,
        AdminCommand::Revoke { domain, email } => revoke(office, domain, email).await,
    };
    office.assembled.audit.flush().await;
    done
}

async fn invite(office: &Office, domain: &str, email: &str, days: u64) -> Result<(), Failure> {
    let (domain, administrator) = (domain_name(domain)?, administrator_name(email)?);
    let entry = office.domain(&domain).await?;
    let expires = now().later(Duration::from_hours(24 * days));
    let randomness = &mut SystemRandomness;
    let invitation = Invitation::new(
        domain.clone(),
        administrator.clone(),
        Some(entry.id),
        expires,
        randomness,
    );
    let invited = office.assembled.desk.invite(&invitation, randomness).await;
    invited.map_err(HubError::from)?;
    office
        .assembled
        .audit
        .record(&AuditEvent::AdministratorInvited {
            name: domain.to_string(),
            administrator: administrator.to_string(),
        });
    print(&format!(
        "{}\n\n\
         Hand this text to {administrator}, as you would a password. It works once, until {},\n\
         at {}, and is not shown again. Whoever uses it can sign in to {domain}, and does\n\
         something there once another administrator has confirmed the new keys.\n",
        *invitation.to_text(),
        invitation.expires(),
        office.hub,
    ))
}

/// Somebody who may sign in or is invited, as it is listed.
#[derive(Debug, Serialize)]
struct Row {
    administrator: String,
    state: &'static str,
    second_factor: Option<bool>,
    until: Option<String>,
}

async fn show(office: &Office, domain: &str, args: ListArgs) -> Result<(), Failure> {
    let domain = domain_name(domain)?;
    let desk = &office.assembled.desk;
    let accounts = desk.accounts(&domain).await.map_err(HubError::from)?;
    let invited = desk.invitations(&domain, now()).await;
    let invited = invited.map_err(HubError::from)?;
    let mut rows: Vec<_> = accounts
        .iter()
        .map(|account| Row {
            administrator: account.administrator().to_string(),
            state: "registered",
            second_factor: Some(account.second_factor().is_active()),
            until: None,
        })
        .collect();
    rows.extend(invited.iter().map(|invited| Row {
        administrator: invited.administrator.to_string(),
        state: "invited",
        second_factor: None,
        until: Some(invited.expires.to_string()),
    }));
    if rows.is_empty() {
        office.domain(&domain).await?;
    }
    rows.sort_by(|one, other| one.administrator.cmp(&other.administrator));
    print(&list::show(&rows, args.output, &HEADINGS, cells)?)
}

fn cells(row: &Row) -> Vec<String> {
    let until = row.until.as_ref();
    let state = until.map_or_else(
        || row.state.into(),
        |until| format!("{} until {until}", row.state),
    );
    let second_factor = match row.second_factor {
        Some(true) => "on",
        Some(false) => "off",
        None => "-",
    };
    vec![row.administrator.clone(), state, second_factor.into()]
}

async fn revoke(office: &Office, domain: &str, email: &str) -> Result<(), Failure> {
    let (domain, administrator) = (domain_name(domain)?, administrator_name(email)?);
    let desk = &office.assembled.desk;
    let accounts = desk.accounts(&domain).await.map_err(HubError::from)?;
    let registered = accounts
        .iter()
        .any(|it| *it.administrator() == administrator);
    let withdrawn = desk.withdraw(&domain, &administrator, now()).await;
    let withdrawn = withdrawn.map_err(HubError::from)?;
    if !registered && withdrawn == 0 {
        return Err(Failure::refused(
            format!("{administrator} is neither registered at {domain} nor invited"),
            format!("sso-connect hub admin list {domain}"),
        ));
    }
    let randomness = &mut SystemRandomness;
    let revoked = desk.revoke(&domain, &administrator, randomness).await;
    revoked.map_err(HubError::from)?;
    office
        .assembled
        .audit
        .record(&AuditEvent::AdministratorRevoked {
            name: domain.to_string(),
            administrator: administrator.to_string(),
        });
    print(&format!(
        "{administrator} cannot sign in to {domain} any more. What the keys may do in the domain \
         ends when\nanother administrator revokes them there.\n"
    ))
}

const HEADINGS: [&str; 3] = ["ADMINISTRATOR", "STATE", "SECOND FACTOR"];
