//! `sso-connect users`: the users that the running server knows.

use super::{Context, to_json};
use crate::args::{Output, UsersCommand, UsersListArgs, UsersShowArgs};
use crate::control::{Client, UserDetail, UserLine};
use crate::failure::Failure;
use crate::terminal::Table;

pub(super) async fn run(context: &Context, command: &UsersCommand) -> Result<(), Failure> {
    let client = Client::open(&context.dir()?)?;
    match command {
        UsersCommand::List(args) => list(context, &client, args).await,
        UsersCommand::Show(args) => show(context, &client, args).await,
    }
}

async fn list(context: &Context, client: &Client, args: &UsersListArgs) -> Result<(), Failure> {
    let mut lines: Vec<UserLine> = Vec::new();
    while lines.len() < args.limit {
        let last = lines.last().map(|line| line.account.as_str());
        let after = last.or(args.after.as_deref());
        let page = client.users(after, args.limit - lines.len()).await?;
        if page.is_empty() {
            break;
        }
        lines.extend(page);
    }
    context.print(&match args.output {
        Output::Json => to_json(&lines)?,
        Output::Text => table(&lines, args.limit),
    })
}

fn table(lines: &[UserLine], limit: usize) -> String {
    let head = Table::new(&["ACCOUNT", "E-MAIL", "ID"]);
    let rows = lines.iter().fold(head, |table, line| {
        let email = line.email.clone().unwrap_or_default();
        table.row([line.account.clone(), email, line.id.clone()])
    });
    match lines.last() {
        Some(last) if lines.len() >= limit => format!(
            "{rows}\nThere may be more: sso-connect users list --after '{}'\n",
            last.account
        ),
        _ => rows.to_string(),
    }
}

async fn show(context: &Context, client: &Client, args: &UsersShowArgs) -> Result<(), Failure> {
    let found = client.user(&args.user).await?;
    let user = found.ok_or_else(|| {
        Failure::refused(
            format!("there is no user {}", args.user),
            "sso-connect users list; somebody who has not signed in yet is none",
        )
    })?;
    context.print(&match args.output {
        Output::Json => to_json(&user)?,
        Output::Text => text(&user),
    })
}

fn text(user: &UserDetail) -> String {
    let groups = (!user.groups.is_empty()).then(|| user.groups.join(", "));
    let rows = [
        ("id", Some(user.id.clone())),
        ("account", Some(user.account.clone())),
        ("first", user.first.clone()),
        ("last", user.last.clone()),
        ("e-mail", user.email.clone()),
        ("groups", groups),
        ("version", Some(user.version.to_string())),
    ];
    rows.into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<7}  {}\n", value?)))
        .collect()
}
