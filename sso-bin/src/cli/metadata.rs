//! `sso-connect metadata`: prints what identity providers need to know about us.

use super::print;
use crate::args::MetadataArgs;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::published_metadata::publish;
use crate::{settings, wiring};

pub(super) async fn run(dir: &DataDir, args: &MetadataArgs) -> Result<(), Failure> {
    let config = settings::load(dir, wiring::now())?;
    let xml = publish(&config, args.sign).await?;
    print(&format!("{}\n", xml.trim_end()))
}
