//! `sso-connect hub init`: makes the data folder of a hub.

use std::path::Path;

use zeroize::Zeroizing;

use super::super::print;
use crate::data_dir::{DataDir, DataDirError, Program};
use crate::failure::Failure;
use crate::hub::args::HubInitArgs;
use crate::hub::settings::{self, Settings};
use crate::hub::{Authority, HubError, keys, wiring};
use crate::key_files;

pub(super) fn run(root: &Path, args: &HubInitArgs) -> Result<(), Failure> {
    let text = settings::template(&args.reached_as);
    let dir = DataDir::create_of(Program::Hub, root)?;
    let path = dir.settings_file();
    let settings = Settings::parse(&text).map_err(|reason| HubError::Settings {
        path: path.clone(),
        reason,
    })?;
    make_keys(&dir, args)?;
    let hosts: Vec<_> = args.reached_as.iter().map(Authority::host).collect();
    key_files::ensure_tls_for(&dir, &hosts, crate::wiring::now())?;
    if args.keys.is_none() {
        wiring::create_database(&dir, &settings)?;
    }
    // Last, since it is what makes the folder a data folder.
    dir.write(&path, &text)?;
    print(&next_steps(&dir, args))
}

fn make_keys(dir: &DataDir, args: &HubInitArgs) -> Result<(), Failure> {
    let Some(file) = &args.keys else {
        return keys::create(dir);
    };
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|source| DataDirError::Io {
        path: file.clone(),
        source,
    })?;
    keys::adopt(dir, &text)
}

fn next_steps(dir: &DataDir, args: &HubInitArgs) -> String {
    let folder = dir.root().display();
    let database = match args.keys {
        Some(_) => format!(
            "  write the table [postgres] into {folder}/hub.toml, as the other processes have it\n"
        ),
        None => String::new(),
    };
    format!(
        "Made {folder}.\n\n\
         Next:\n{database}\
         \x20 sso-connect hub serve --data-dir {folder}\n\
         \x20 sso-connect hub domain create NAME --administrator EMAIL --data-dir {folder}\n\n\
         The TLS certificate is self-signed: replace keys/tls.pem and keys/tls.key by those of the\n\
         host name, or give keys/tls.pem to all who are to trust it.\n\
         Keep a copy of the folder keys: without keys/hub.key no administrator can sign in.\n"
    )
}
