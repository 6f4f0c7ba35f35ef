//! `domain leave`: a server of a domain becomes one of its own, with all users.

use sso_core::config::document::SharedConfigDocument;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sso_core::config::fields::Fields;
use sso_sync::link::HubClient;
use url::Url;

use super::agree;
use super::held::{Held, with_secret};
use crate::args::DomainLeaveArgs;
use crate::cli::sign_in::SESSION;
use crate::cli::{Context, enrol};
use crate::data_dir::{DataDir, KeyFile};
use crate::domain::{DomainSettings, Vault};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::{key_files, local_settings, settings, wiring};

pub(super) async fn run(context: &Context, args: &DomainLeaveArgs) -> Result<(), Failure> {
    enrol::expect_stopped(context).await?;
    let Some((dir, settings)) = context.membership()? else {
        finish(context)?;
        return Err(Failure::refused(
            "this server belongs to no domain: nothing has to be done",
            "sso-connect status",
        ));
    };
    leave(context, &dir, &settings, args).await?;
    let root = dir.root().display();
    context.print(&format!("\nNext:\n  sso-connect serve --data-dir {root}\n"))
}

/// Interrupted at any point, the server is still one of the domain, or one of its own with
/// everything; given again, it goes on.
pub(super) async fn leave(
    context: &Context,
    dir: &DataDir,
    settings: &DomainSettings,
    args: &DomainLeaveArgs,
) -> Result<(), Failure> {
    if !args.although_the_hub_serves_it {
        expect_orphan(context, dir, settings).await?;
    }
    let held = Held::open(dir, settings, &dir.node_folder()).await?;
    let (revision, fields) = held.configuration()?;
    context.print(&format!(
        "This server holds {} users of {} and its configuration, revision {revision}; everything \
         is as it was signed.\n",
        held.live(),
        settings.domain
    ))?;
    let name = &settings.domain;
    let what = format!(
        "From now on this server is none of {name}: what happens at the other servers does not \
         reach it any more. People sign in again once."
    );
    agree(
        context,
        &what,
        name,
        "--yes-leave",
        args.yes_leave.as_deref(),
    )?;
    let taken = take_in(dir, &held, fields).await?;
    drop(held);
    set_aside(dir)?;
    context.print(&format!(
        "This server is one of its own now, with {taken} users: their ids and secrets are the \
         same. What it had of {} is kept beside, with .before-leaving behind the names.\n",
        settings.domain
    ))
}

/// Whoever leaves a domain that is served makes two of one.
async fn expect_orphan(
    context: &Context,
    dir: &DataDir,
    settings: &DomainSettings,
) -> Result<(), Failure> {
    let domain = settings.domain_id();
    let keys = match domain {
        Some(domain) => Vault::open(dir)?.node_keys(domain).await?,
        None => None,
    };
    let (Some(domain), Some(keys)) = (domain, keys) else {
        return Ok(());
    };
    let link = context.hubs.link(&settings.address()?)?;
    let client = HubClient::new(link, domain, keys.into());
    match client.head(None, Duration::ZERO).await {
        Err(_) => Ok(()),
        Ok(_) => Err(Failure::refused(
            format!(
                "nothing was changed: the hub serves {}, and what this server writes by itself \
                 from now on would be missing there",
                settings.domain
            ),
            "leave it as it is; if it is meant nevertheless: --although-the-hub-serves-it",
        )),
    }
}

/// Users and configuration, where a server of its own has them.
async fn take_in(dir: &DataDir, held: &Held, fields: Fields) -> Result<u64, Failure> {
    let document = document(&fields)?;
    prepare(dir, &document).await?;
    let store = wiring::own_store(dir, &LocalSettings::load(dir)?).await?;
    let count = held
        .users(async |users| {
            let users: Vec<_> = users.iter().map(with_secret).collect();
            let taken = store.take_in(&users).await;
            let taken = taken.map_err(|error| Failure::because(error.to_string()))?;
            expect_no_other(taken.other)
        })
        .await?;
    settings::write(dir, &document)?;
    Ok(count)
}

/// The configuration of a domain as a server of its own reads it.
pub(super) fn document(fields: &Fields) -> Result<SharedConfigDocument, Failure> {
    let refused = |why: String| {
        Failure::refused(
            format!(
                "nothing was changed: the configuration of the domain cannot be used by a server \
                 of its own: {why}"
            ),
            "sso-connect config edit, while the hub answers",
        )
    };
    if fields.iter().next().is_none() {
        return Err(refused("there is none".into()));
    }
    let checked = fields.check(wiring::now());
    checked.map_err(|problems| refused(problems.to_string()))?;
    let document = fields.document();
    document.map_err(|problems| refused(problems.to_string()))
}

/// Keys and files that a server of its own has besides.
pub(super) async fn prepare(dir: &DataDir, document: &SharedConfigDocument) -> Result<(), Failure> {
    let url = Url::parse(&document.base_url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    key_files::create(dir, host, wiring::now())?;
    settings::check(dir, document.clone(), wiring::now())?;
    let local = LocalSettings::load(dir)?;
    wiring::create_database(dir, &wiring::data_key(dir, &local).await?)?;
    if dir.read_if_present(&dir.local_file())?.is_none() {
        dir.write(&dir.local_file(), local_settings::TEMPLATE)?;
    }
    Ok(())
}

/// Nobody gets another secret without a word.
pub(super) fn expect_no_other(other: u64) -> Result<(), Failure> {
    match other {
        0 => Ok(()),
        other => Err(Failure::refused(
            format!(
                "{other} of the users have another id here already: sso.sqlite3 has users of its own"
            ),
            "choose an empty folder with --data-dir, or rename sso.sqlite3 if nobody needs them",
        )),
    }
}

/// With the first name that changes the server is one of its own, and with the last one it is done.
fn set_aside(dir: &DataDir) -> Result<(), Failure> {
    Vault::of_folder(dir.root())?.remove(SESSION)?;
    for path in [
        dir.domain_file(),
        dir.node_folder(),
        dir.key_file(KeyFile::Node),
    ] {
        let kept = before(&path);
        if path.exists() && kept.exists() {
            return Err(Failure::refused(
                format!("{} is there already", kept.display()),
                "rename it, and give the command again",
            ));
        }
        dir.rename(&path, &kept)?;
    }
    Ok(())
}

/// An earlier command may have come no further than to the first names.
pub(super) fn finish(context: &Context) -> Result<(), Failure> {
    go_on(&context.dir()?)
}

fn go_on(dir: &DataDir) -> Result<(), Failure> {
    let has_begun = before(&dir.domain_file()).exists();
    match has_begun && !before(&dir.key_file(KeyFile::Node)).exists() {
        true => set_aside(dir),
        false => Ok(()),
    }
}

fn before(path: &Path) -> PathBuf {
    let mut name = path.to_path_buf().into_os_string();
    name.push(BEFORE);
    name.into()
}

const BEFORE: &str = ".before-leaving";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leave_that_ended_after_any_name_goes_on() {
        for done in 1..=2 {
            let folder = tempfile::tempdir().unwrap();
            let dir = DataDir::create(&folder.path().join("data")).unwrap();
            std::fs::create_dir(dir.node_folder()).unwrap();
            let names = [
                dir.domain_file(),
                dir.node_folder(),
                dir.key_file(KeyFile::Node),
            ];
            for file in [&names[0], &names[2]] {
                dir.write(file, "x").unwrap();
            }
            for name in &names[..done] {
                assert!(dir.rename(name, &before(name)).unwrap());
            }
            go_on(&dir).unwrap();
            for name in &names {
                assert!(!name.exists() && before(name).exists(), "{done}: {name:?}");
            }
        }
    }

    #[test]
    fn a_server_that_never_left_keeps_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::create(&folder.path().join("data")).unwrap();
        dir.write(&dir.domain_file(), "x").unwrap();
        go_on(&dir).unwrap();
        assert!(dir.domain_file().exists());
    }
}
