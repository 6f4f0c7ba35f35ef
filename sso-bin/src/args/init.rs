//! `init`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `init`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct InitArgs {
    /// Where browsers reach this service: https://HOST or https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub base_url: String,

    /// An identity provider, as NAME=FILE with the file of its metadata. May be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_named_file)]
    pub idp: Vec<NamedFile>,

    /// An origin, scheme, host and port, that browsers may be sent to after a sign-in. May be
    /// repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_dest: Vec<String>,
}

/// A name and the file it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedFile {
    /// Before the equals sign.
    pub name: String,
    /// Behind it.
    pub file: PathBuf,
}

fn parse_named_file(text: &str) -> Result<NamedFile, String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(NamedFile {
            name: name.into(),
            file: file.into(),
        }),
        _ => Err("expected NAME=FILE, as in corporate=metadata.xml".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_provider_is_given_as_name_and_file() {
        let named = NamedFile {
            name: "corporate".into(),
            file: "a=b.xml".into(),
        };
        assert_eq!(parse_named_file("corporate=a=b.xml"), Ok(named));
        for text in ["corporate", "=file", "corporate=", ""] {
            assert!(parse_named_file(text).is_err(), "{text}");
        }
    }
}
