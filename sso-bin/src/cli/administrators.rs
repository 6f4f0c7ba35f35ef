//! `sso-connect administrators`: who administers the domain.

use serde::Serialize;
use sso_core::UnixTime;
use sso_sync::admin::{Invitation, OneTimeId};
use sso_sync::administration::{Person, Waiting};
use sso_sync::chain::Permissions;

use super::account::new_password;
use super::found::show_code;
use super::servers::one_of;
use super::sign_in::parse_administrator;
use super::{Context, sign_in, to_json};
use crate::args::{
    AcceptArgs, AdministratorsAddArgs, AdministratorsCommand, AdministratorsListArgs,
    AdministratorsRevokeArgs, InviteArgs, Output, Permission,
};
use crate::control::Moment;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::terminal::{Hidden, Secret, Table, confirm_by_typing};

pub(super) async fn run(context: &Context, command: &AdministratorsCommand) -> Result<(), Failure> {
    match command {
        AdministratorsCommand::Accept(args) => accept(context, args).await,
        AdministratorsCommand::Add(args) => add(context, args).await,
        AdministratorsCommand::Invite(args) => invite(context, args).await,
        AdministratorsCommand::List(args) => list(context, args).await,
        AdministratorsCommand::Revoke(args) => revoke(context, args).await,
    }
}

async fn invite(context: &Context, args: &InviteArgs) -> Result<(), Failure> {
    let name = parse_administrator(&args.address)?;
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let invited = administrator.invite(&name, args.life).await?;
    keep(context, name.as_str(), Some(&invited.id.to_string()))?;
    context.print(&format!(
        "{}\n\nHand this text to {name} and to nobody else. It works once, until {}:\n  sso-connect \
         administrators accept\nThen, on this machine:\n  sso-connect administrators add {name}\n",
        *invited.invitation.to_text(),
        context.zone.show(invited.invitation.expires())
    ))
}

async fn accept(context: &Context, args: &AcceptArgs) -> Result<(), Failure> {
    let text = Secret {
        question: "Invitation",
        option: "--invitation-file",
        file: args.invitation_file.as_deref(),
        variable: "SSO_CONNECT_INVITATION",
        times: Hidden::Once,
    }
    .obtain(&*context.terminal, &context.environment)?;
    let invitation = Invitation::parse(&text)
        .map_err(|error| Failure::refused(error.to_string(), "paste the whole line"))?;
    let office = sign_in::office(context, &args.hub)?;
    let password = new_password(context, args.new_password_file.as_deref())?;
    let accepted = office.accept(&invitation, &password).await?;
    context.print(&format!(
        "{} has a password now, with the key {}.\nWhoever sent the invitation has to add you: \
         sso-connect administrators add {0}\n",
        invitation.administrator(),
        accepted.id
    ))?;
    show_code(context, None, &accepted.recovery_code)
}

async fn add(context: &Context, args: &AdministratorsAddArgs) -> Result<(), Failure> {
    let name = parse_administrator(&args.address)?;
    let id = kept(context, name.as_str())?;
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let permissions = permissions(&args.permissions);
    administrator
        .add_administrator(&name, &id, permissions)
        .await?;
    keep(context, name.as_str(), None)?;
    context.print(&format!(
        "{name} is an administrator of the domain now, and may: {}.\n",
        words(permissions)
    ))
}

fn permissions(given: &[Permission]) -> Permissions {
    let has = |wanted| given.contains(&wanted);
    match (has(Permission::Sso), has(Permission::Administrators)) {
        (true, true) => Permissions::ALL,
        (true, false) => Permissions::SSO,
        (false, true) => Permissions::ADMINISTRATORS,
        (false, false) => Permissions::NONE,
    }
}

fn words(permissions: Permissions) -> String {
    let all = [
        (Permissions::SSO, "sso"),
        (Permissions::ADMINISTRATORS, "administrators"),
    ];
    let words: Vec<_> = all
        .into_iter()
        .filter(|(permission, _)| permissions.include(*permission))
        .map(|(_, word)| word)
        .collect();
    match words.is_empty() {
        true => "look".into(),
        false => words.join(", "),
    }
}

/// An administrator, for programs.
#[derive(Serialize)]
struct Line {
    administrator: String,
    id: String,
    state: &'static str,
    permissions: Option<String>,
    since: Option<Moment>,
    by: Option<String>,
}

async fn list(context: &Context, args: &AdministratorsListArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let waiting = administrator.waiting().await?;
    let people = administrator.administrators().into_iter().map(of_person);
    let lines: Vec<Line> = people.chain(waiting.iter().map(of_waiting)).collect();
    context.print(&match args.output {
        Output::Json => to_json(&lines)?,
        Output::Text => table(context, &lines),
    })
}

fn of_person(person: Person) -> Line {
    Line {
        administrator: person.name,
        id: person.id.to_string(),
        state: "active",
        permissions: Some(words(person.permissions)),
        since: Some(Moment(UnixTime::from_secs(person.since))),
        by: Some(person.by),
    }
}

fn of_waiting(waiting: &Waiting) -> Line {
    Line {
        administrator: waiting.name.as_str().into(),
        id: waiting.id.to_string(),
        state: "waiting",
        permissions: None,
        since: None,
        by: None,
    }
}

fn table(context: &Context, lines: &[Line]) -> String {
    let head = Table::new(&["ADMINISTRATOR", "STATE", "MAY", "SINCE"]);
    let rows = lines.iter().fold(head, |table, line| {
        table.row([
            line.administrator.clone(),
            line.state.into(),
            line.permissions.clone().unwrap_or_default(),
            line.since
                .map_or_else(String::new, |it| context.zone.show(it.0)),
        ])
    });
    rows.to_string()
}

async fn revoke(context: &Context, args: &AdministratorsRevokeArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let people = administrator.administrators().into_iter();
    let all = people.map(|person| (person.id, person.name));
    let list = "sso-connect administrators list";
    let (id, name) = one_of(all, &args.administrator, "administrator", list)?;
    if !args.yes {
        let what = format!(
            "{name} may do nothing more in this domain from now on, and all servers get new keys."
        );
        confirm_by_typing(&*context.terminal, &what, &name, "--yes")?;
    }
    let epoch = administrator.revoke_administrator(id).await?;
    context.print(&format!("Revoked {name}. Key epoch {epoch} has begun.\n"))
}

/// Remembers by which invitation somebody is to be added. No secret.
fn keep(context: &Context, name: &str, id: Option<&str>) -> Result<(), Failure> {
    let dir = DataDir::ensure(&context.root)?;
    let mut all = invitations(&dir)?;
    match id {
        Some(id) => drop(all.insert(name.into(), id.into())),
        None => drop(all.remove(name)),
    }
    let text = serde_json::to_string_pretty(&all);
    let text = text.map_err(|error| Failure::because(error.to_string()))?;
    Ok(dir.write(&dir.file(INVITATIONS), &text)?)
}

fn kept(context: &Context, name: &str) -> Result<OneTimeId, Failure> {
    let dir = DataDir::ensure(&context.root)?;
    let all = invitations(&dir)?;
    let id = all.get(name).and_then(serde_json::Value::as_str);
    id.and_then(OneTimeId::parse).ok_or_else(|| {
        Failure::refused(
            format!("{name} was not invited from this machine"),
            format!(
                "give the command where the invitation was made, or invite again: sso-connect \
                 administrators invite {name}"
            ),
        )
    })
}

fn invitations(dir: &DataDir) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let text = dir.read_if_present(&dir.file(INVITATIONS))?;
    Ok(text
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

const INVITATIONS: &str = "invitations.json";
