//! `sso-connect retire` and `servers retire`: a server goes for good.

mod goodbye;
mod keys;
mod remaining;

use std::time::Duration;

use serde::Serialize;
use sso_sync::administration::{Administrator, Server};
use sso_sync::seal::MemberId;

use goodbye::Goodbye;

use super::{Context, drain, servers, sign_in, standing, to_json};
use crate::args::{Output, RetireArgs, ServersRetireArgs};
use crate::control::{Client, ServerLine};
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::terminal::confirm_by_typing;

/// Retires the server of this data folder.
pub(super) async fn run(context: &Context, args: &RetireArgs) -> Result<(), Failure> {
    let (dir, settings) = context.membership()?.ok_or_else(|| {
        Failure::refused(
            "this server belongs to no domain: there is nothing to retire from",
            "systemctl disable --now sso-connect, then remove its data folder",
        )
    })?;
    let this = settings.node_id().unwrap_or(MemberId::NOBODY);
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let servers = administrator.servers().await?;
    let is_member = servers.iter().any(|server| server.id == this);
    let goodbye = match is_member {
        true => {
            expect_others(context, &servers, this, args.remaining, args.even_the_last)?;
            Some(Goodbye::prepare(&dir, &settings).await?)
        }
        false => None,
    };
    ask(context, &dir, &settings, args)?;
    goodbye::remark_former_sessions(context, &settings);
    let places = remaining::Places::of(context, &administrator).await;
    leave(context, &dir, args.notice).await?;
    let epoch = match goodbye {
        Some(goodbye) => Some(goodbye.say(&dir, &mut administrator).await?),
        None => None,
    };
    let destroyed = keys::destroy(&dir)?;
    keys::put_away(&dir, args.remove_data)?;
    let retired = Retired {
        server: settings.server.clone(),
        epoch,
        destroyed,
        remaining: places.remaining(&dir, &settings),
    };
    context.print(&match args.output {
        Output::Json => to_json(&retired)?,
        Output::Text => retired.text(args.remove_data),
    })
}

/// Retires another server, which cannot be let leave from here.
pub(super) async fn another(context: &Context, args: &ServersRetireArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let (id, name) = servers::find(&administrator, &args.server)?;
    let all = administrator.servers().await?;
    expect_others(context, &all, id, args.remaining, args.even_the_last)?;
    let line = all.iter().find(|it| it.id == id);
    let line = line.map(|it| servers::line(it, None));
    let runs = line.is_some_and(|it| standing::is_alive(&it, context.now()));
    if runs && !args.running {
        return Err(Failure::refused(
            format!("{name} still runs: whoever signs in there would be cut off"),
            format!(
                "on {name}: sso-connect retire, which does everything; or there sso-connect drain \
                 --wait, and this again after three minutes; or add --running"
            ),
        ));
    }
    if !args.yes {
        let what = format!(
            "{name} is revoked for good. All other servers get new keys, and take over its users, who \
             sign in again at once: it cannot say goodbye from here."
        );
        confirm_by_typing(&*context.terminal, &what, &name, "--yes")?;
    }
    let epoch = revoke(&mut administrator, id).await?;
    context.print(&format!(
        "{name} is retired: it can fetch nothing more, and key epoch {epoch} has begun. Who was \
         signed in signs in again.\n\
         Left to do:\n  \
         on {name}: sso-connect retire destroys its keys; or wipe its disk\n  \
         load balancer and DNS: lead nobody to {name} any more\n"
    ))
}

/// What a program reads of it.
#[derive(Debug, Serialize)]
struct Retired {
    server: String,
    /// The key epoch that has begun; nothing if it was revoked before.
    epoch: Option<u64>,
    /// Key files that were destroyed.
    destroyed: Vec<String>,
    /// What is left to do, and who does it.
    remaining: Vec<remaining::Task>,
}

impl Retired {
    fn text(&self, data_is_gone: bool) -> String {
        let left = match self.epoch {
            Some(epoch) => format!(
                "it has said goodbye (key epoch {epoch} has begun), who was signed in stays so at \
                 the other servers"
            ),
            None => "it had left before".into(),
        };
        let data = match data_is_gone {
            true => "removed",
            false => "kept in the folder retired, where nobody can read the secrets",
        };
        let tasks = self.remaining.iter().map(remaining::Task::text);
        format!(
            "{} is retired: {left}, {} key files destroyed, user data {data}.\nLeft to do:\n{}",
            self.server,
            self.destroyed.len(),
            tasks.collect::<String>()
        )
    }
}

/// Refuses to go on without enough servers that can take over from `leaving`.
fn expect_others(
    context: &Context,
    servers: &[Server],
    leaving: MemberId,
    remaining: usize,
    even_the_last: bool,
) -> Result<(), Failure> {
    let lines: Vec<_> = servers.iter().map(|it| servers::line(it, None)).collect();
    let newest = standing::newest(&lines);
    let others = lines.iter().filter(|it| it.id != leaving.to_string());
    let judged: Vec<_> = others
        .map(|line| (line, standing::objection(line, newest, context.now())))
        .collect();
    for (line, objection) in &judged {
        context
            .terminal
            .remark(&verdict(line, objection.as_deref()));
    }
    let able = judged.iter().filter(|(_, it)| it.is_none()).count();
    match able >= remaining.max(1) || even_the_last {
        true => Ok(()),
        false => Err(too_few(able, remaining.max(1))),
    }
}

fn verdict(line: &ServerLine, objection: Option<&str>) -> String {
    match objection {
        Some(objection) => format!("  {} {objection}", line.name),
        None => {
            let users = standing::users(line).unwrap_or_default();
            format!("  {} can take over: {users}, {}", line.name, line.state)
        }
    }
}

fn too_few(able: usize, wanted: usize) -> Failure {
    let what = match able {
        0 => "no other server could take over: nobody could sign in any more".to_owned(),
        _ => format!("{able} other servers could take over, and {wanted} are wanted"),
    };
    Failure::refused(
        format!("{what}; nothing was changed"),
        "sso-connect migrate plan on the new server says what is missing there; to retire it all \
         the same: --even-the-last",
    )
}

fn ask(
    context: &Context,
    dir: &DataDir,
    settings: &DomainSettings,
    args: &RetireArgs,
) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let keys = keys::names(dir)?.join(", ");
    let what = format!(
        "{server} leaves for good, and its keys are destroyed: {keys}. Who is signed in stays signed \
         in at the other servers. If these keys may be in other hands, do not go on: sso-connect \
         servers revoke {server} signs everybody out.",
        server = settings.server
    );
    confirm_by_typing(&*context.terminal, &what, &settings.server, "--yes")
}

/// Lets the running server leave. What waits for the hub must not be lost with its keys.
async fn leave(context: &Context, dir: &DataDir, notice: Option<Duration>) -> Result<(), Failure> {
    let Some(client) = Client::find(dir).await? else {
        context
            .terminal
            .remark("No server runs here: there is nothing to finish.");
        return Ok(());
    };
    drain::begin(&client, dir, notice).await?;
    let report = drain::follow(context, &client, dir).await?;
    match report.waiting {
        0 => Ok(()),
        waiting => Err(Failure::refused(
            format!(
                "{waiting} changes of this server did not reach the hub; it has ended, and is still \
                 one of the domain"
            ),
            "start it again, and give this command when sso-connect sync says that nothing waits",
        )),
    }
}

async fn revoke(administrator: &mut Administrator, id: MemberId) -> Result<u64, Failure> {
    let revoked = administrator.revoke_server(id).await.map_err(Failure::from);
    revoked.map_err(|failure| {
        let fix =
            "give this command again when the hub answers; until then it can be started again";
        Failure::refused(format!("the server is not revoked: {failure}"), fix)
    })
}
