//! A token of SoftHSM for one test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::{env, fs};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{
    Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
};
use rustls::pki_types::CertificateDer;
use sso_sync::keeper::pkcs11::{PinSource, Token, TokenSettings};
use tempfile::NamedTempFile;

/// A token with a label of its own, and a file with its PIN.
#[derive(Debug)]
pub(crate) struct TestToken {
    pub(crate) label: String,
    pub(crate) pin: NamedTempFile,
}

impl TestToken {
    pub(crate) fn new() -> Self {
        let token = Self {
            label: random_label(),
            pin: NamedTempFile::new().unwrap(),
        };
        token.set_pin(PIN);
        token.make();
        token
    }

    /// Puts a PIN into the file; the token's own stays as it is.
    pub(crate) fn set_pin(&self, pin: &str) {
        fs::write(self.pin.path(), format!("{pin}\n")).unwrap();
    }

    /// As a server opens it when it starts.
    pub(crate) fn open(&self) -> Arc<Token> {
        let pin = PinSource::File(self.pin.path().into());
        Token::open(&TokenSettings::new(MODULE, &self.label, Some(pin))).unwrap()
    }

    /// A session beside those of the server.
    pub(crate) fn session(&self) -> Session {
        let session = alone(|library| library.open_rw_session(self.slot(library).0).unwrap());
        match session.login(UserType::User, Some(&AuthPin::from(PIN))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => session,
            Err(error) => panic!("{error}"),
        }
    }

    /// Where SoftHSM keeps it.
    pub(crate) fn folder(&self) -> PathBuf {
        let (_, info) = alone(|library| self.slot(library));
        let folders = fs::read_dir(token_folder()).unwrap();
        let mut paths = folders.map(|folder| folder.unwrap().path());
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.replace('-', "").ends_with(info.serial_number())
        };
        paths.find(is_ours).unwrap()
    }

    /// Lets the token make a key, and gives a certificate for it, which leads to [`root`].
    pub(crate) fn make_key(&self, label: &str, kind: Kind) -> CertificateDer<'static> {
        let mut public = kind.public_template();
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(kind == Kind::Rsa),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        public.extend([
            Attribute::Token(true),
            Attribute::Verify(true),
            Attribute::Label(label.as_bytes().to_vec()),
        ]);
        let session = self.session();
        let (public, _) = session
            .generate_key_pair(&kind.mechanism(), &public, &private)
            .unwrap();
        certificate(&kind.public_key(&session, public))
    }

    /// Puts a certificate onto the token.
    pub(crate) fn import_certificate(&self, label: &str, certificate: &CertificateDer<'_>) {
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Subject(Vec::new()),
            Attribute::Value(certificate.to_vec()),
        ];
        self.session().create_object(&template).unwrap();
    }

    /// What the token says of each AES key that it has.
    pub(crate) fn sealing_keys(&self, wanted: &[AttributeType]) -> Vec<Vec<Attribute>> {
        let session = self.session();
        let keys = session.find_objects(&[Attribute::KeyType(KeyType::AES)]);
        let keys = keys.unwrap().into_iter();
        keys.map(|key| session.get_attributes(key, wanted).unwrap())
            .collect()
    }

    fn make(&self) {
        let security_officer = AuthPin::from("security officer");
        let session = alone(|library| {
            let slots = library.get_slots_with_token().unwrap().into_iter();
            // Tests in processes of their own take theirs away.
            let is_free = |slot: &Slot| {
                let info = library.get_token_info(*slot);
                info.is_ok_and(|info| !info.token_initialized())
            };
            let free = slots.into_iter().find(is_free).unwrap();
            library
                .init_token(free, &security_officer, &self.label)
                .unwrap();
            library.open_rw_session(self.slot(library).0).unwrap()
        });
        session
            .login(UserType::So, Some(&security_officer))
            .unwrap();
        session.init_pin(&PIN.into()).unwrap();
    }

    fn slot(&self, library: &Pkcs11) -> (Slot, TokenInfo) {
        let slots = library.get_slots_with_token().unwrap().into_iter();
        let mut infos = slots.filter_map(|slot| Some((slot, library.get_token_info(slot).ok()?)));
        infos.find(|(_, info)| info.label() == self.label).unwrap()
    }
}

/// The kinds of keys that a server may have on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    P256,
    P384,
    Rsa,
}

impl Kind {
    const fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::P256 | Self::P384 => Mechanism::EccKeyPairGen,
            Self::Rsa => Mechanism::RsaPkcsKeyPairGen,
        }
    }

    fn public_template(self) -> Vec<Attribute> {
        match self {
            Self::P256 => vec![Attribute::EcParams(P256.to_vec())],
            Self::P384 => vec![Attribute::EcParams(P384.to_vec())],
            Self::Rsa => vec![
                Attribute::ModulusBits(2048.into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
                Attribute::Encrypt(true),
            ],
        }
    }

    fn public_key(self, session: &Session, key: ObjectHandle) -> PublicKey {
        let wanted = match self {
            Self::P256 | Self::P384 => AttributeType::EcPoint,
            Self::Rsa => AttributeType::Modulus,
        };
        let read = session.get_attributes(key, &[wanted]).unwrap();
        match (self, read.as_slice()) {
            // An octet string around the point.
            (Self::P256, [Attribute::EcPoint(point)]) => {
                PublicKey(&PKCS_ECDSA_P256_SHA256, point[2..].to_vec())
            }
            (Self::P384, [Attribute::EcPoint(point)]) => {
                PublicKey(&PKCS_ECDSA_P384_SHA384, point[2..].to_vec())
            }
            (Self::Rsa, [Attribute::Modulus(modulus)]) => {
                PublicKey(&PKCS_RSA_SHA256, [RSA_BEFORE, modulus, RSA_AFTER].concat())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A public key as it stands in a certificate.
#[derive(Debug)]
struct PublicKey(&'static SignatureAlgorithm, Vec<u8>);

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0
    }
}

/// The certificate of who issues the others.
pub(crate) fn root() -> CertificateDer<'static> {
    let (parameters, key) = &*ISSUER;
    parameters.self_signed(key).unwrap().der().clone()
}

/// A certificate for a key that is on no token.
pub(crate) fn foreign_certificate() -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    certificate(&key)
}

fn certificate(public: &impl PublicKeyData) -> CertificateDer<'static> {
    let (parameters, key) = &*ISSUER;
    let issuer = Issuer::from_params(parameters, key);
    let subject = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = subject.signed_by(public, &issuer).unwrap();
    certificate.der().clone()
}

static ISSUER: LazyLock<(CertificateParams, KeyPair)> = LazyLock::new(|| {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (parameters, KeyPair::generate().unwrap())
});

/// Runs `body` where ending the library disturbs no other test: this test, and no other, once more
/// as another process.
pub(crate) fn in_a_process_of_its_own(test: &str, body: impl AsyncFnOnce()) {
    if env::var_os(ALONE).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(body());
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

/// SoftHSM does not stand somebody who makes tokens or lists slots beside others.
fn alone<T>(work: impl FnOnce(&Pkcs11) -> T) -> T {
    let any = Token::open(&TokenSettings::new(MODULE, "any", None)).unwrap();
    any.alone(work)
}

/// The library as somebody else in this process uses it, where nobody is beside them.
pub(crate) fn library() -> Pkcs11 {
    let library = Pkcs11::new(MODULE).unwrap();
    let flags = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    match library.initialize(flags) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => library,
        Err(error) => panic!("{error}"),
    }
}

fn token_folder() -> PathBuf {
    let settings = env::var_os("SOFTHSM2_CONF").expect("run this by .ci/with-servers");
    let settings = fs::read_to_string(settings).unwrap();
    let mut lines = settings.lines();
    let folder = lines.find_map(|line| line.strip_prefix("directories.tokendir = "));
    Path::new(folder.unwrap()).into()
}

/// Labels have up to 32 characters.
fn random_label() -> String {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    format!("test {:016x}", u64::from_be_bytes(bytes))
}

/// The environment variable by which a test knows that it has a process of its own.
const ALONE: &str = "SSO_TEST_ALONE";

pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

pub(crate) const PIN: &str = "right 1234";

/// Object identifiers of the curves, in DER.
const P256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: [u8; 7] = [6, 5, 0x2b, 0x81, 4, 0, 0x22];

/// What is around a modulus of 2048 bits in an `RSAPublicKey` with the exponent 65537.
const RSA_BEFORE: &[u8] = &[0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0];
const RSA_AFTER: &[u8] = &[2, 3, 1, 0, 1];
