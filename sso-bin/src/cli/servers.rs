//! `sso-connect servers`: the servers of the domain.

use sso_core::UnixTime;
use sso_sync::administration::{Administrator, Server, Told};
use sso_sync::seal::MemberId;

use super::domain::notice;
use super::{Context, retire, sign_in, to_json};
use crate::args::{Output, ServersCommand, ServersListArgs, ServersRevokeArgs};
use crate::control::{CertificateLine, Client, Moment, RefusedConfiguration, ServerLine};
use crate::failure::Failure;
use crate::terminal::{Table, confirm_by_typing};

pub(super) async fn run(context: &Context, command: &ServersCommand) -> Result<(), Failure> {
    match command {
        ServersCommand::List(args) => list(context, args).await,
        ServersCommand::Retire(args) => retire::another(context, args).await,
        ServersCommand::Revoke(args) => revoke(context, args).await,
    }
}

async fn list(context: &Context, args: &ServersListArgs) -> Result<(), Failure> {
    let lines = lines(context, args).await?;
    context.print(&match args.output {
        Output::Json => to_json(&lines)?,
        Output::Text if args.long => long(context, &lines),
        Output::Text => short(context, &lines),
    })
}

/// The running server knows them; without one an administrator asks the hub.
async fn lines(context: &Context, args: &ServersListArgs) -> Result<Vec<ServerLine>, Failure> {
    let membership = context.membership()?;
    if let Some((dir, _)) = &membership
        && let Some(client) = Client::find(dir).await?
    {
        let hub = client.report().await?.hub;
        if let Some(hub) = &hub {
            notice::of_report(context, &hub.domain, hub.deletion.as_ref());
        }
        return client.servers().await;
    }
    let this = member(context)?;
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let servers = administrator.servers().await?;
    Ok(servers.iter().map(|server| line(server, this)).collect())
}

/// The server whose folder this is.
pub(super) fn member(context: &Context) -> Result<Option<MemberId>, Failure> {
    let membership = context.membership()?;
    Ok(membership.and_then(|(_, settings)| settings.node_id()))
}

/// A server, for people and programs.
pub(crate) fn line(server: &Server, this: Option<MemberId>) -> ServerLine {
    let told = match &server.told {
        Told::Status {
            status,
            records_behind,
            ..
        } => Some((status, *records_behind)),
        _ => None,
    };
    let status = told.map(|(status, _)| status);
    let moment = |seconds| Moment(UnixTime::from_secs(seconds));
    ServerLine {
        id: server.id.to_string(),
        name: server.name.clone(),
        version: status.map_or_else(|| server.program.clone(), |it| it.program.clone()),
        revision: status.map(|it| it.revision),
        lag: told.map(|(_, lag)| lag),
        state: match (&server.told, status) {
            (_, Some(status)) => status.phase.clone(),
            (Told::Disbelieved, _) => "disbelieved".into(),
            _ => "silent".into(),
        },
        users: status.map(|it| it.done),
        of: status.map(|it| it.of),
        seen: status.map(|it| moment(it.time)),
        address: status
            .map(|it| it.address.clone())
            .filter(|it| !it.is_empty()),
        certificate: status
            .and_then(|it| it.certificate)
            .map(|it| CertificateLine {
                digest: it.digest.to_string(),
                until: moment(it.end),
            }),
        former_sign_in: status.and_then(|it| it.former_sign_in).map(moment),
        refused: status
            .and_then(|it| it.refused.as_ref())
            .map(|it| RefusedConfiguration {
                revision: it.number,
                why: it.why.clone(),
            }),
        this: Some(server.id) == this,
    }
}

pub(super) fn short(context: &Context, lines: &[ServerLine]) -> String {
    let head = Table::new(&["SERVER", "VERSION", "REVISION", "STATE", "LAG", "LAST SEEN"]);
    let table = lines.iter().fold(head, |table, line| {
        table.row([
            format!("{}{}", line.name, if line.this { " *" } else { "" }),
            line.version.clone(),
            number(line.revision),
            line.state.clone(),
            number(line.lag),
            line.seen
                .map_or_else(|| "never".into(), |it| context.zone.show(it.0)),
        ])
    });
    let mut text = table.to_string();
    if lines.iter().any(|line| line.this) {
        text += "* this server\n";
    }
    for line in lines {
        if let Some(refused) = &line.refused {
            text += &format!(
                "{} cannot use revision {}: {}\n",
                line.name, refused.revision, refused.why
            );
        }
    }
    text
}

fn long(context: &Context, lines: &[ServerLine]) -> String {
    let blocks: Vec<String> = lines.iter().map(|line| block(context, line)).collect();
    blocks.join("\n")
}

fn block(context: &Context, line: &ServerLine) -> String {
    let shown = |moment: &Moment| context.zone.show_exactly(moment.0);
    let refused = line.refused.as_ref();
    let rows = [
        ("server", Some(line.name.clone())),
        ("id", Some(line.id.clone())),
        ("version", Some(line.version.clone())),
        ("state", Some(line.state.clone())),
        ("revision", line.revision.map(|it| it.to_string())),
        (
            "refused",
            refused.map(|it| format!("revision {}: {}", it.revision, it.why)),
        ),
        (
            "users",
            line.users
                .zip(line.of)
                .map(|(it, of)| format!("{it} of {of}")),
        ),
        ("lag", line.lag.map(|it| it.to_string())),
        ("last seen", line.seen.as_ref().map(shown)),
        ("address", line.address.clone()),
        (
            "certificate",
            line.certificate
                .as_ref()
                .map(|it| format!("until {}", shown(&it.until))),
        ),
        (
            "SHA-256",
            line.certificate.as_ref().map(|it| it.digest.clone()),
        ),
    ];
    rows.into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<11}  {}\n", value?)))
        .collect()
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "-".into(), |number| number.to_string())
}

async fn revoke(context: &Context, args: &ServersRevokeArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let (id, name) = find_to_revoke(&administrator, &args.server)?;
    if !args.yes {
        let what = format!(
            "{name} can fetch nothing more from now on, and cannot come back: it would be enrolled \
             anew. All other servers get new keys, and everybody signs in again."
        );
        confirm_by_typing(&*context.terminal, &what, &name, "--yes")?;
    }
    let epoch = administrator.revoke_server(id).await?;
    context.print(&format!(
        "Revoked {name}. Key epoch {epoch} has begun: everybody signs in again, and the others seal \
         the users' records anew in the background.\n"
    ))
}

pub(super) fn find(
    administrator: &Administrator,
    wanted: &str,
) -> Result<(MemberId, String), Failure> {
    one_of(present(administrator), wanted, "server", LIST)
}

/// Also one that was retired, while sessions of its time go on: its keys may have been found.
fn find_to_revoke(
    administrator: &Administrator,
    wanted: &str,
) -> Result<(MemberId, String), Failure> {
    let chain = administrator.chain();
    let retired = chain.retirements().filter_map(|it| {
        let standing = chain.standing(it.member)?;
        let counts = chain.is_outlived(it.member);
        counts.then(|| (it.member, standing.member().name().to_owned()))
    });
    match find(administrator, wanted) {
        Ok(found) => Ok(found),
        Err(failure) => one_of(retired, wanted, "server", LIST).map_err(|_| failure),
    }
}

fn present(administrator: &Administrator) -> impl Iterator<Item = (MemberId, String)> {
    let nodes = administrator.chain().nodes();
    nodes.map(|(node, _)| (node.member().id(), node.member().name().to_owned()))
}

/// The one that is called so, or whose id begins so.
pub(super) fn one_of(
    all: impl Iterator<Item = (MemberId, String)>,
    wanted: &str,
    kind: &str,
    list: &str,
) -> Result<(MemberId, String), Failure> {
    let (named, others): (Vec<_>, Vec<_>) = all.partition(|(_, name)| name == wanted);
    let by_id = others
        .into_iter()
        .filter(|(id, _)| wanted.len() >= SHORTEST_ID && id.to_string().starts_with(wanted));
    let mut found = match named.is_empty() {
        true => by_id.collect(),
        false => named,
    };
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::refused(
            format!("there is no {kind} {wanted}"),
            list,
        )),
        (Some(_), false) => Err(Failure::refused(
            format!("there is more than one {kind} {wanted}"),
            format!("give more of the id: {list}"),
        )),
    }
}

const LIST: &str = "sso-connect servers list --long";
const SHORTEST_ID: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_name_or_by_the_beginning_of_its_id() {
        let all = || {
            let ids = [[0xab; 16], [0xac; 16]];
            let names = ["one".to_owned(), "two".to_owned()];
            ids.map(MemberId::new).into_iter().zip(names)
        };
        let found = |wanted| one_of(all(), wanted, "server", "list").map(|(_, name)| name);
        assert_eq!(found("one").unwrap(), "one");
        assert_eq!(found("acac").unwrap(), "two");
        assert!(found("aca").is_err(), "too short to be meant as an id");
        assert!(found("three").is_err());
        let twice = all().chain([(MemberId::new([1; 16]), "one".to_owned())]);
        assert!(one_of(twice, "one", "server", "list").is_err());
    }
}
