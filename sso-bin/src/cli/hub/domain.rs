//! `sso-connect hub domain`: creates, lists, deletes and restores domains.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use serde::Serialize;
use sso_sync::admin::{Founding, Invitation, SystemRandomness};
use sso_sync::hub::{DomainEntry, DomainState, Invited};

use super::super::print;
use super::{Office, administrator_name, domain_name, list};
use crate::failure::Failure;
use crate::hub::HubError;
use crate::hub::args::{DomainCommand, ListArgs};
use crate::wiring::now;

pub(super) async fn run(office: &Office, command: &DomainCommand) -> Result<(), Failure> {
    let done = match command {
        DomainCommand::Create {
            name,
            administrator,
            days,
        } => create(office, name, administrator, *days).await,
        DomainCommand::Delete { name, yes_delete } => {
            delete(office, name, yes_delete.as_deref()).await
        }
        DomainCommand::GoOn { name } => go_on(office, name).await,
        DomainCommand::List(args) => show(office, *args).await,
        DomainCommand::Restore { name } => restore(office, name).await,
    };
    office.assembled.audit.flush().await;
    done
}

async fn create(
    office: &Office,
    name: &str,
    administrator: &str,
    days: u64,
) -> Result<(), Failure> {
    let (name, administrator) = (domain_name(name)?, administrator_name(administrator)?);
    let (hub, desk) = (&office.assembled.hub, &office.assembled.desk);
    let taken = hub.domain_named(name.as_str()).await;
    if let Some(taken) = taken.map_err(HubError::from)? {
        return Err(name_is_taken(&taken));
    }
    hub.withdraw(name.as_str()).await.map_err(HubError::from)?;
    let withdrawn = desk.withdraw(&name, &administrator, now()).await;
    withdrawn.map_err(HubError::from)?;

    let life = Duration::from_hours(24 * days);
    let randomness = &mut SystemRandomness;
    let expires = now().later(life);
    let invitation = Invitation::new(name.clone(), administrator, None, expires, randomness);
    let invited = desk.invite(&invitation, randomness).await;
    invited.map_err(HubError::from)?;
    let code = hub.invite(name.as_str(), life, now()).await;
    let code = code.map_err(HubError::from)?;
    let founding = Founding::new(&office.hub, invitation, code);
    print(&format!(
        "{}\n\n\
         Hand this text to {}, as you would a password: whoever has it can found the domain\n\
         {name}. It works once, until {}, and is not shown again. It is used so:\n\
         \x20 sso-connect domain found\n",
        *founding.to_text(),
        founding.invitation().administrator(),
        founding.invitation().expires(),
    ))
}

fn name_is_taken(taken: &DomainEntry) -> Failure {
    let name = &taken.name;
    match taken.state {
        DomainState::Closed => Failure::refused(
            format!(
                "{name} is the name of a domain that was deleted, but not erased, on {}",
                list::moment(taken.since)
            ),
            format!("sso-connect hub domain restore {name}, or choose another name"),
        ),
        _ => Failure::refused(
            format!("{name} is the name of a domain already"),
            format!(
                "choose another name; to invite an administrator: sso-connect hub admin invite {name} EMAIL"
            ),
        ),
    }
}

async fn delete(office: &Office, name: &str, typed: Option<&str>) -> Result<(), Failure> {
    let name = domain_name(name)?;
    let entry = office.domain(&name).await?;
    if entry.state == DomainState::Closed {
        return print(&format!(
            "{name} was deleted on {} already.\n",
            list::moment(entry.since)
        ));
    }
    confirm(&entry, typed)?;
    set_state(office, &entry, DomainState::Closed).await?;
    print(&format!(
        "Deleted {name}: its servers and administrators are told that it is unknown. Nothing was \
         erased.\nTo open it again: sso-connect hub domain restore {name}\n"
    ))
}

/// Somebody must have typed the name.
fn confirm(entry: &DomainEntry, typed: Option<&str>) -> Result<(), Failure> {
    let typed = match typed {
        Some(typed) => typed.to_owned(),
        None if io::stdin().is_terminal() => ask(&entry.name)?,
        None => String::new(),
    };
    match typed.trim() == entry.name {
        true => Ok(()),
        false => Err(Failure::refused(
            format!(
                "nothing was deleted: the name {} was not repeated",
                entry.name
            ),
            format!(
                "sso-connect hub domain delete {0} --yes-delete {0}",
                entry.name
            ),
        )),
    }
}

fn ask(name: &str) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::because(format!("cannot ask: {error}"));
    let mut terminal = io::stderr().lock();
    write!(
        terminal,
        "The servers of {name} will no longer learn from each other, and its administrators cannot \
         sign in.\nType the name of the domain to delete it: "
    )
    .and_then(|()| terminal.flush())
    .map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line)
}

async fn restore(office: &Office, name: &str) -> Result<(), Failure> {
    let name = domain_name(name)?;
    let entry = office.domain(&name).await?;
    let kept = office.assembled.hub.keep(entry.id, now()).await;
    let kept = kept.map_err(HubError::from)?;
    set_state(office, &entry, DomainState::Active).await?;
    print(&match (kept, entry.state) {
        (Some(kept), _) => format!(
            "{name} is served, and kept until {}: an administrator has confirmed its deletion, and \
             only an administrator takes that back:\n\
             \x20 sso-connect domain cancel-deletion\n",
            list::moment(kept.erased_at)
        ),
        (None, DomainState::Closed) => {
            format!("Restored {name}: its servers are served again.\n")
        }
        (None, _) => format!("{name} was not deleted.\n"),
    })
}

async fn set_state(
    office: &Office,
    entry: &DomainEntry,
    state: DomainState,
) -> Result<(), Failure> {
    let set = office.assembled.hub.set_state(entry.id, state, now()).await;
    Ok(set.map_err(HubError::from)?)
}

async fn go_on(office: &Office, name: &str) -> Result<(), Failure> {
    let name = domain_name(name)?;
    let entry = office.domain(&name).await?;
    let gone_on = office.assembled.hub.go_on_without(entry.id).await;
    gone_on.map_err(HubError::from)?;
    print(&format!("{name} takes writes.\n"))
}

/// A domain, or an invitation to found one, as it is listed.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    id: Option<String>,
    state: &'static str,
    /// When it was founded.
    created: Option<String>,
    /// Since when the state is what it is.
    since: Option<String>,
    /// Of an invitation, until when it is good; of a domain that has ended, when it is erased.
    until: Option<String>,
    statements: Option<u64>,
    /// How many records were ever committed.
    records: Option<u64>,
}

async fn show(office: &Office, args: ListArgs) -> Result<(), Failure> {
    let mut rows = domains(office).await?;
    rows.extend(invitations(office).await?);
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let text = list::show(&rows, args.output, &HEADINGS, |row| {
        let shown = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".into());
        let number = |cell: Option<u64>| cell.map_or_else(|| "-".into(), |it| it.to_string());
        let state = match (&row.since, &row.until) {
            (_, Some(until)) => format!("{} until {until}", row.state),
            (Some(since), None) if row.state == CLOSED => format!("{} since {since}", row.state),
            _ => row.state.into(),
        };
        vec![
            row.name.clone(),
            state,
            shown(&row.created),
            number(row.statements),
            number(row.records),
            shown(&row.id),
        ]
    });
    print(&text?)
}

async fn domains(office: &Office) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = office.assembled.hub.domains(after.as_deref()).await;
        let (entries, next) = page.map_err(HubError::from)?;
        for entry in entries {
            rows.push(row(office, entry).await?);
        }
        after = next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

async fn row(office: &Office, entry: DomainEntry) -> Result<Row, Failure> {
    let head = office.assembled.stores.domains.head(&entry.id).await;
    let head = head.map_err(HubError::from)?;
    let behind = office.assembled.hub.is_behind(entry.id).await;
    let behind = behind.map_err(HubError::from)?;
    let ended = office.assembled.hub.ended(entry.id).await;
    let ended = ended.map_err(HubError::from)?;
    Ok(Row {
        id: Some(entry.id.to_string()),
        state: match entry.state {
            DomainState::Closed => CLOSED,
            _ if ended.is_some() => "ended",
            _ if behind => "behind",
            _ => "active",
        },
        created: Some(list::moment(entry.created)),
        since: Some(list::moment(entry.since)),
        until: ended.map(|ended| list::moment(ended.erased_at)),
        statements: Some(head.as_ref().map_or(0, |head| head.statements)),
        records: Some(head.map_or(0, |head| head.seq.number())),
        name: entry.name,
    })
}

async fn invitations(office: &Office) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = office.assembled.hub.invitations(after.as_deref()).await;
        let (invited, next) = page.map_err(HubError::from)?;
        let open = invited.into_iter().filter(is_open);
        rows.extend(open.map(|invited| Row {
            name: invited.name,
            id: None,
            state: "invited",
            created: None,
            since: None,
            until: Some(list::moment(invited.expires)),
            statements: None,
            records: None,
        }));
        after = next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn is_open(invited: &Invited) -> bool {
    invited.used_by.is_none() && now().as_secs() < invited.expires
}

const HEADINGS: [&str; 6] = ["NAME", "STATE", "FOUNDED", "STATEMENTS", "RECORDS", "ID"];
const CLOSED: &str = "deleted";
