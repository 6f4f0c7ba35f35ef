//! The files that an administrator names.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sso_core::cert::{Candidate, ImportError, Material};
use zeroize::Zeroizing;

use crate::args::CertificateImportArgs;
use crate::cli::Context;
use crate::failure::Failure;
use crate::terminal::{Hidden, Secret};

/// Reads all of them, and finds the key and its certificate.
pub(super) fn read(context: &Context, args: &CertificateImportArgs) -> Result<Candidate, Failure> {
    let mut material = Material::default();
    for file in args.files.iter().chain(&args.key) {
        material = material.join(open(context, args, file)?);
    }
    material.pair().map_err(|error| unusable(args, &error))
}

fn open(context: &Context, args: &CertificateImportArgs, file: &Path) -> Result<Material, Failure> {
    let bytes = bytes(file)?;
    let mut read = Material::read(&bytes, None);
    if read
        .as_ref()
        .is_err_and(|it| *it == ImportError::PasswordNeeded)
    {
        let question = format!("Passphrase of {}", file.display());
        read = with_passphrase(context, &bytes, &question, args.passphrase_file.as_deref())?;
    }
    read.map_err(|error| of_file(file, &error))
}

/// A person may mistype; a file says the same every time.
fn with_passphrase(
    context: &Context,
    bytes: &[u8],
    question: &str,
    file: Option<&Path>,
) -> Result<Result<Material, ImportError>, Failure> {
    let secret = Secret {
        question,
        option: "--passphrase-file",
        file,
        variable: "SSO_CONNECT_PASSPHRASE",
        times: Hidden::Once,
    };
    let is_given = secret.given(&context.environment)?.is_some();
    let mut tries = if is_given { 1 } else { TRIES };
    loop {
        let passphrase = secret.obtain(&*context.terminal, &context.environment)?;
        let read = Material::read(bytes, Some(&passphrase));
        tries -= 1;
        match read {
            Err(ImportError::WrongPassword) if tries > 0 => {
                context.terminal.remark("The passphrase is wrong.");
            }
            read => return Ok(read),
        }
    }
}

/// One byte more than any file may have is enough to see that it is too large.
fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|error| {
            Failure::refused(
                format!("{}: {error}", file.display()),
                format!("ls -l {}", file.display()),
            )
        })?;
    Ok(bytes)
}

fn of_file(file: &Path, error: &ImportError) -> Failure {
    let what = format!("{}: {error}", file.display());
    match error {
        ImportError::WrongPassword => {
            Failure::refused(what, "give the right one with --passphrase-file")
        }
        ImportError::Malformed { .. } | ImportError::Empty | ImportError::UnknownForm => {
            Failure::refused(what, "get the file again from who issued the certificate")
        }
        ImportError::TooCostly => Failure::refused(
            what,
            "export it again, with fewer rounds: openssl pkcs12 -export",
        ),
        _ => Failure::because(what),
    }
}

fn unusable(args: &CertificateImportArgs, error: &ImportError) -> Failure {
    let word = args.purpose.word();
    let fix = match error {
        ImportError::NoPrivateKey => format!("sso-connect certificate import {word} FILE --key KEY"),
        ImportError::NoCertificate => format!("sso-connect certificate import {word} FILE KEY"),
        ImportError::NotAPair => {
            "openssl x509 -in FILE -noout -pubkey must print the same as openssl pkey -in KEY -pubout"
                .into()
        }
        ImportError::SeveralPairs => {
            "export the one that is meant: keytool -importkeystore -srcalias ALIAS".into()
        }
        _ => return Failure::because(error.to_string()),
    };
    Failure::refused(error.to_string(), fix)
}

const TRIES: usize = 3;

/// More than any file may have.
const MOST_BYTES: u64 = 1024 * 1024;
