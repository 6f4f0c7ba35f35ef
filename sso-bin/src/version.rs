//! Which version of the program this is, and how servers go from one to the next.
//!
#![doc = include_str!("docs/upgrade.md")]

use std::sync::OnceLock;

use sso_sync::administration::Program;
use sso_sync::node::NodeSettings;
use sso_sync::seal::Content;

/// The version of this program, as people and policies name it.
#[must_use]
pub fn version() -> &'static str {
    this().version
}

/// This program, as the domain's policy is compared with it.
#[must_use]
pub fn program() -> Program {
    let Build { version, schema } = this();
    Program {
        version: version.into(),
        schema,
    }
}

/// What a server of that name says of its program.
pub(crate) fn node_settings(name: &str) -> NodeSettings {
    let settings = NodeSettings::new(name, version());
    #[cfg(feature = "dangerous-test-builds")]
    let settings = settings.dangerously_knowing(this().schema);
    settings
}

/// Has this process be another build: for programs that tests run beside the real one.
///
/// It counts from the first call on, so it is the first thing that such a program does.
#[cfg(feature = "dangerous-test-builds")]
pub fn dangerously_pretend(version: &'static str, schema: u64) {
    // Whoever was asked before has answered for the whole process.
    let _ = BUILD.set(Build { version, schema });
}

#[derive(Clone, Copy, Debug)]
struct Build {
    version: &'static str,
    /// The newest schema of records and configurations that it knows.
    schema: u64,
}

fn this() -> Build {
    *BUILD.get_or_init(|| Build {
        version: env!("CARGO_PKG_VERSION"),
        schema: Content::SCHEMA,
    })
}

static BUILD: OnceLock<Build> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_pretend_is_of_the_version_of_its_package() {
        assert_eq!(version(), env!("CARGO_PKG_VERSION"));
        assert_eq!(program().schema, Content::SCHEMA);
    }
}
