//! PEM as programs write it, with encrypted keys of both kinds.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

use super::{ImportError, Material, old_pem, pkcs12, unsupported};

/// Reads all sections of a file; those that are neither certificates nor keys are passed over.
pub(super) fn read(file: &[u8], password: Option<&str>) -> Result<Material, ImportError> {
    let text = std::str::from_utf8(file).map_err(|_| ImportError::UnknownForm)?;
    if !text.contains(BEGIN) {
        return Err(ImportError::UnknownForm);
    }
    let sections = sections(text)?;
    let encrypted = sections.iter().filter(|it| it.label == ENCRYPTED_KEY);
    if encrypted.count() > pkcs12::MOST_DERIVATIONS {
        return Err(ImportError::TooCostly);
    }
    let mut material = Material::default();
    for section in sections {
        take(&mut material, &section, password)?;
    }
    Ok(material)
}

fn take(
    material: &mut Material,
    section: &Section<'_>,
    password: Option<&str>,
) -> Result<(), ImportError> {
    let key = match section.label {
        "CERTIFICATE" | "X509 CERTIFICATE" => {
            let certificate = CertificateDer::from(section.der.to_vec());
            material.certificates.push(certificate);
            return Ok(());
        }
        ENCRYPTED_KEY => pkcs12::read_key(&section.der, password)?,
        "PRIVATE KEY" => PrivatePkcs8KeyDer::from(section.der.to_vec()).into(),
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(section.plain(password)?.to_vec()).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(section.plain(password)?.to_vec()).into(),
        "DSA PRIVATE KEY" => return Err(unsupported("a DSA key")),
        "OPENSSH PRIVATE KEY" => return Err(unsupported("a key of OpenSSH")),
        "PKCS7" | "CMS" => return Err(unsupported("PKCS#7")),
        "TRUSTED CERTIFICATE" => return Err(unsupported("a TRUSTED CERTIFICATE of OpenSSL")),
        _ => return Ok(()),
    };
    let key: PrivateKeyDer<'static> = key;
    material.keys.push(key);
    Ok(())
}

/// What is between a BEGIN line and its END line.
struct Section<'a> {
    label: &'a str,
    cipher: Option<&'a str>,
    der: Zeroizing<Vec<u8>>,
}

impl Section<'_> {
    fn plain(&self, password: Option<&str>) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        match self.cipher {
            None => Ok(self.der.clone()),
            Some(cipher) => {
                let password = password.ok_or(ImportError::PasswordNeeded)?;
                old_pem::decrypt(cipher, &self.der, password)
            }
        }
    }
}

fn sections(text: &str) -> Result<Vec<Section<'_>>, ImportError> {
    let mut sections = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(label) = line.strip_prefix(BEGIN) {
            let label = label.strip_suffix(DASHES);
            let label = label.ok_or_else(|| ImportError::malformed("a BEGIN line is malformed"))?;
            sections.push(section(label, &mut lines)?);
        }
    }
    Ok(sections)
}

fn section<'a>(
    label: &'a str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<Section<'a>, ImportError> {
    let mut body = Zeroizing::new(String::new());
    let mut cipher = None;
    for line in lines {
        if let Some(end) = line.strip_prefix(END) {
            if end.strip_suffix(DASHES) != Some(label) {
                return Err(ImportError::malformed("an END line does not fit its BEGIN"));
            }
            let der = BASE64_STANDARD.decode(body.as_bytes()).map(Zeroizing::new);
            let der = der.map_err(|_| ImportError::malformed("a PEM section is not base64"))?;
            return Ok(Section { label, cipher, der });
        }
        match line.split_once(':') {
            Some(("DEK-Info", value)) => cipher = Some(value.trim()),
            Some(_) => {}
            None => body.push_str(line),
        }
    }
    Err(ImportError::malformed("an END line is missing"))
}

const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
