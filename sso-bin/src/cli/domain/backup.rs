//! `domain export` and `domain import`: a sealed backup in one file.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use sso_core::config::fields::Fields;
use sso_sync::backup::{BackupError, BackupReader, BackupWriter, DomainItem, Item};
use sso_sync::mirror::SqlitePlace;
use zeroize::Zeroizing;

use super::held::{Held, with_secret};
use super::leave;
use crate::args::{DomainExportArgs, DomainImportArgs};
use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::terminal::{Hidden, Secret};
use crate::{settings, wiring};

/// Writes the backup, while the server may be running.
pub(super) async fn export(context: &Context, args: &DomainExportArgs) -> Result<(), Failure> {
    let Some((dir, settings)) = context.membership()? else {
        return Err(Failure::refused(
            "this server belongs to no domain",
            "sso-connect status; a server of its own is backed up with its data folder",
        ));
    };
    expect_free(&args.file, args.replace)?;
    let passphrase = passphrase(context, args.passphrase_file.as_deref(), Hidden::Twice)?;
    let copy = tempfile::tempdir_in(dir.root()).map_err(|error| failed(dir.root(), &error))?;
    let folder = copy.path().join("node");
    SqlitePlace::copy(&dir.node_folder(), &folder).await?;
    let held = Held::open(&dir, &settings, &folder).await?;
    let draft = Draft::begin(&args.file)?;
    let writer = BackupWriter::begin(BufWriter::new(draft.file()?), &passphrase);
    let users = write(
        context,
        &settings,
        &held,
        writer.map_err(refused(&args.file))?,
    )
    .await?;
    draft.publish(args.replace)?;
    context.print(&format!(
        "Wrote {} users and the configuration of {} to {}. Whoever has the file and the passphrase \
         has every secret: keep them apart.\n",
        users,
        settings.domain,
        args.file.display()
    ))
}

async fn write(
    context: &Context,
    settings: &DomainSettings,
    held: &Held,
    mut writer: BackupWriter<BufWriter<File>>,
) -> Result<u64, Failure> {
    let damaged = |error: BackupError| Failure::because(error.to_string());
    let (revision, fields) = held.configuration()?;
    let fields = fields.iter();
    let domain = DomainItem {
        name: settings.domain.clone(),
        server: settings.server.clone(),
        program: env!("CARGO_PKG_VERSION").into(),
        time: context.now().as_secs(),
        revision,
        fields: fields
            .map(|(path, value)| (path.into(), value.into()))
            .collect(),
        statements: held.statements().len() as u64,
    };
    writer.write(&Item::Domain(domain)).map_err(damaged)?;
    for statement in held.statements() {
        let item = Item::Statement(statement.clone());
        writer.write(&item).map_err(damaged)?;
    }
    let users = held
        .users(async |users| {
            users
                .into_iter()
                .try_for_each(|user| writer.write(&Item::User(Box::new(user))))
                .map_err(damaged)
        })
        .await?;
    let out = writer.finish().map_err(damaged)?;
    let out = out
        .into_inner()
        .map_err(|error| Failure::because(error.to_string()))?;
    out.sync_all()
        .map_err(|error| Failure::because(error.to_string()))?;
    Ok(users)
}

/// Makes a server of its own from a backup.
pub(super) async fn import(context: &Context, args: &DomainImportArgs) -> Result<(), Failure> {
    let dir = DataDir::create(&context.root)?;
    if context.membership()?.is_some() {
        return Err(Failure::refused(
            "this server belongs to a domain already",
            "choose an empty folder with --data-dir",
        ));
    }
    let passphrase = passphrase(context, args.passphrase_file.as_deref(), Hidden::Once)?;
    let mut file = File::open(&args.file).map_err(|error| failed(&args.file, &error))?;
    let refused = refused(&args.file);
    // Once to the end, before anything is changed.
    let (domain, users) = look_through(&mut file, &passphrase).map_err(&refused)?;
    let fields: Fields = domain
        .fields
        .iter()
        .map(|(path, value)| (path, value.as_str()))
        .collect();
    let document = leave::document(&fields)?;
    context.print(&format!(
        "{} is whole: the domain {}, revision {} and {users} users, written by {} on {}.\n",
        args.file.display(),
        domain.name,
        domain.revision,
        domain.server,
        context
            .zone
            .show(sso_core::UnixTime::from_secs(domain.time))
    ))?;
    leave::prepare(&dir, &document).await?;
    file.seek(SeekFrom::Start(0))
        .map_err(|error| failed(&args.file, &error))?;
    let mut reader = BackupReader::open(BufReader::new(&file), &passphrase).map_err(&refused)?;
    let store = wiring::own_store(&dir, &LocalSettings::load(&dir)?).await?;
    loop {
        let page = page(&mut reader).map_err(&refused)?;
        if page.is_empty() {
            break;
        }
        let taken = store.take_in(&page).await;
        let taken = taken.map_err(|error| Failure::because(error.to_string()))?;
        leave::expect_no_other(taken.other)?;
    }
    // Last, since it is what makes the folder a data folder.
    settings::write(&dir, &document)?;
    let root = dir.root().display();
    context.print(&format!(
        "Made a server of its own with {users} users: their ids and secrets are the same.\n\nNext:\n  \
         sso-connect serve --data-dir {root}\nor, to begin a domain with it:\n  sso-connect domain \
         found --data-dir {root}\n"
    ))
}

fn look_through(file: &mut File, passphrase: &str) -> Result<(DomainItem, u64), BackupError> {
    let mut reader = BackupReader::open(BufReader::new(file), passphrase)?;
    let Some(Item::Domain(domain)) = reader.next_item()? else {
        return Err(BackupError::Malformed);
    };
    let mut users = 0;
    while let Some(item) = reader.next_item()? {
        users += u64::from(matches!(item, Item::User(_)));
    }
    Ok((domain, users))
}

type Page = Vec<(sso_core::user::User, sso_core::user::UserSecret)>;

fn page(reader: &mut BackupReader<BufReader<&File>>) -> Result<Page, BackupError> {
    let mut page = Vec::new();
    while page.len() < PAGE {
        match reader.next_item()? {
            Some(Item::User(user)) => page.push(with_secret(&user)),
            Some(_) => {}
            None => break,
        }
    }
    Ok(page)
}

fn passphrase(
    context: &Context,
    file: Option<&Path>,
    times: Hidden,
) -> Result<Zeroizing<String>, Failure> {
    let passphrase = Secret {
        question: "Passphrase of the backup",
        option: "--passphrase-file",
        file,
        variable: "SSO_CONNECT_PASSPHRASE",
        times,
    }
    .obtain(&*context.terminal, &context.environment)?;
    match passphrase.chars().count() >= SHORTEST_PASSPHRASE {
        true => Ok(passphrase),
        false => Err(Failure::because(format!(
            "the passphrase of a backup has {SHORTEST_PASSPHRASE} characters or more"
        ))),
    }
}

fn expect_free(file: &Path, replace: bool) -> Result<(), Failure> {
    match file.exists() && !replace {
        false => Ok(()),
        true => Err(Failure::refused(
            format!("{} is there already", file.display()),
            "name another file, or add --replace",
        )),
    }
}

/// A file that gets its name when it is whole.
struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    fn begin(target: &Path) -> Result<Self, Failure> {
        let draft = Self {
            path: target.with_added_extension("new"),
            target: target.into(),
        };
        match fs::remove_file(&draft.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed(&draft.path, &error))
            }
            _ => Ok(draft),
        }
    }

    /// For its owner alone.
    fn file(&self) -> Result<File, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&self.path)
            .map_err(|error| failed(&self.path, &error))
    }

    fn publish(self, replace: bool) -> Result<(), Failure> {
        expect_free(&self.target, replace)?;
        fs::rename(&self.path, &self.target).map_err(|error| failed(&self.target, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is gone if it got its name.
        let _ = fs::remove_file(&self.path);
    }
}

fn refused(file: &Path) -> impl Fn(BackupError) -> Failure {
    let file = file.display().to_string();
    move |error| {
        let fix = "give its passphrase, or another copy of the file, and the same command again";
        Failure::refused(format!("{file}: {error}"), fix)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(
        format!("{}: {error}", path.display()),
        format!("ls -ld {}", path.display()),
    )
}

const SHORTEST_PASSPHRASE: usize = 12;
const PAGE: usize = 1_000;
